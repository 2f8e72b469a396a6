"""Property tests have no time limit for a single example: machines are busy at times."""

from hypothesis import settings

settings.register_profile("ci-slim", deadline=None)
settings.load_profile("ci-slim")
