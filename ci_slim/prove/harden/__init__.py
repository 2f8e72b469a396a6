"""Finds the fewest rights with which an image runs: decided from what it did, then proved."""
