"""Updates of devices: verified deltas between releases, what images share, what fits."""
