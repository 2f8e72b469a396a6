"""How a proved image is run with few rights: for Docker, Compose and Kubernetes. Pure."""
