"""Servers that tests start, each on a free port, each ended by the test that started it."""
