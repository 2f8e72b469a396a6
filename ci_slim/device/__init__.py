"""What a device feels: verified deltas between releases, what images share, what fits."""
