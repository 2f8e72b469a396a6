"""The only room that touches the outside: Docker, registries, processes."""
