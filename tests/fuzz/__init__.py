"""Readers of what others wrote, fuzzed: see `__main__`."""
