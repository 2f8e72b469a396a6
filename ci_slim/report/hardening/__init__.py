"""How to run a proved image with few rights in Docker, Compose and Kubernetes. Pure."""
