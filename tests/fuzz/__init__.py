"""Fuzzes the readers of foreign files. See `__main__`."""
