"""What the shorter commands do. Arguments, files' bytes and the environment come from `cli`."""
