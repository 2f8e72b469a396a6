"""The slim image as a Dockerfile that people own and build without ci-slim."""
