"""The only rooms that touch the outside: Docker, registries, processes."""
