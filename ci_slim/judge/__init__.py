"""Sizes against budgets and baselines."""
