"""State that messages keep current: pure classes, no I/O, no event loop."""
