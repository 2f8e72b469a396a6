"""Measures speed as ratios within one run, because the speed of a machine varies."""
