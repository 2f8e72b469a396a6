"""A project with the listener of examples/ for three platforms, and a file that it never reads."""

import shutil
from pathlib import Path

DOCKERFILE = """\
FROM scratch
ARG TARGETARCH
COPY ballast ${TARGETARCH}/listener /
EXPOSE 5000
ENTRYPOINT ["/listener"]
"""
SETTINGS = """\
version: 1
images:
  app:
    build: {{platforms: [{platforms}]}}
    run:
      env: {{MY_NODE_NAME: n, MONGO_CONN: "mongodb://mongo:80"}}
    probes: [{{http: GET /}}]
    slim: {{safety: tight}}
"""


def write_project(programs: Path, app: Path, platforms: tuple[str, ...], more: str = "") -> str:
    """Write it into the folder `app`, with `more` at the end of its settings. Returns the path of
    the settings file."""
    for architecture in ("amd64", "arm64", "arm"):
        (app / architecture).mkdir(parents=True, exist_ok=True)
        shutil.copy2(programs / architecture / "listener", app / architecture)
    (app / "ballast").write_bytes(bytes(range(256)) * 12_000)
    (app / "Dockerfile").write_text(DOCKERFILE)
    path = app / ".ci-slim.yml"
    path.write_text(SETTINGS.format(platforms=", ".join(platforms)) + more)
    return str(path)
