"""Order books that streams keep current."""
