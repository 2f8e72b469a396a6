"""A release of what lies in this folder, made by .github/workflows/release.yml under act.

The registry and the repositories are on this machine; everything else is what GitHub would run.
One release is made of the same sources, whoever asks and in whichever test run: it takes minutes,
most of them for zstd. So it lies in build/released, and its image stays in the daemon until another
replaces it.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from registries import served

ROOT = Path(__file__).parents[2]
VERSION = "1.0.0"
REPOSITORY = "ci-slim/ci-slim"
IMAGES = "ci-slim-released"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_SHIPPED = (
    ".ci-slim.yml", ".dockerignore", ".github/workflows/release.yml", "Dockerfile", "LICENSE",
    "README.md", "action.yml", "ci_slim", "docker-packages.sha256", "gitlab", "pyproject.toml",
    "requirements.txt",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """The results of a release: the folder of a registry, two bare repositories, the log of the
    run."""

    image: str
    """The slim image in the daemon, pulled from the registry without a login."""
    folder: Path

    @property
    def registry(self) -> Path:
        return self.folder / "registry"

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    @property
    def component(self) -> Path:
        return self.folder / "component"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def made(platforms: str = "linux/amd64") -> Release:
    """The release of the present sources. It is made if there is none."""
    folder = ROOT / "build/released"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        key = _key(platforms)
        release = Release(f"{IMAGES}:{key}", folder / key)
        if not (release.folder / "done").exists() or not _in_daemon(release.image):
            for old in folder.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
                    _docker("rmi", "--force", f"{IMAGES}:{old.name}", check=False)
            release.folder.mkdir()
            _make(release, platforms)
            (release.folder / "done").touch()
    return release


def _key(platforms: str) -> str:
    listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_SHIPPED)
    digest = hashlib.sha256(platforms.encode())
    for name in sorted(set(filter(None, listed.split("\0")))):
        if (ROOT / name).exists():
            digest.update(
                f"{name}\0{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}\0".encode()
            )
    return digest.hexdigest()[:12]


def _make(release: Release, platforms: str) -> None:
    fat = f"{IMAGES}-fat:{release.folder.name}"
    secret = ["--secret", f"id=ca,src={AUTHORITIES}"] if AUTHORITIES.exists() else []
    _docker("buildx", "build", "--load", "--quiet", "--tag", fat, *secret, str(ROOT))
    work = release.folder / "work"
    try:
        _repository(work, release, fat)
        _stand_in_for_service()
        with served(release.registry) as registry:
            host = registry.host
            done = _act(work, release, host, platforms)
            (release.folder / "log").write_text(done.stdout)
            assert done.returncode == 0, done.stdout
            pushed = f"{host}/{REPOSITORY}:{VERSION}"
            _docker("pull", "--quiet", "--platform", "linux/amd64", pushed)
            _docker("tag", pushed, release.image)
            _docker("rmi", pushed, f"{host}/{REPOSITORY}-update:{VERSION}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
        _docker("rmi", "--force", fat, check=False)


def _stand_in_for_service() -> None:
    """docker:dind cannot be pulled where there is only the mirror of stand-ins: any image will do,
    since only its digest is asked for."""
    template = (ROOT / "gitlab/templates/ci-slim.yml").read_text()
    (name,) = re.findall(r"^      default: (docker:\S+)$", template, re.MULTILINE)
    if _docker("manifest", "inspect", name, check=False).returncode == 0:
        return
    library = "docker://127.0.0.1:5055/library"
    subprocess.run(
        ["skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false",
         f"{library}/debian:trixie-slim", f"{library}/{name}"],
        check=True,
    )  # fmt: skip


def _repository(work: Path, release: Release, fat: str) -> None:
    """What lies here, on main; the action that its workflow uses is the built image."""
    work.mkdir()
    listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, work / name)
    # act would build the action from Dockerfile without the secret that pip wants on this machine.
    action = work / "fat-action/action.yml"
    action.parent.mkdir()
    text = (ROOT / "action.yml").read_text()
    assert "image: Dockerfile" in text
    action.write_text(text.replace("image: Dockerfile", f"image: docker://{fat}"))
    workflow = work / ".github/workflows/release.yml"
    text = workflow.read_text()
    assert text.count("uses: ./\n") == 2
    workflow.write_text(text.replace("uses: ./\n", "uses: ./fat-action\n"))
    _git(work, "init", "--quiet", "--initial-branch=main")
    for name in ("origin", "component"):
        _git(release.folder, "init", "--quiet", "--bare", "--initial-branch=main", name)
    _git(work, "add", "--all")
    _git(work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=all")
    _git(work, "remote", "add", "origin", str(release.origin))
    _git(work, "push", "--quiet", "origin", "main")


def _act(
    work: Path, release: Release, host: str, platforms: str
) -> "subprocess.CompletedProcess[str]":
    event = release.folder / "event.json"
    event.write_text(json.dumps({"inputs": {"version": VERSION}}))
    cache = release.folder / "cache"
    # The build's pip trusts what this machine trusts, as on a company's own runners.
    trusted = f" -v {AUTHORITIES}:{AUTHORITIES}:ro" if AUTHORITIES.exists() else ""
    command = [
        str(Path(sys.executable).parent / "act"), "workflow_dispatch",
        "--workflows", ".github/workflows/release.yml", "--eventpath", str(event),
        "--platform", "ubuntu-24.04=-self-hosted", "--pull=false", "--insecure-secrets",
        "--container-options", f"--network host -v {cache}:{cache}{trusted}",
        "--secret", "GITHUB_TOKEN=token", "--secret", "GITLAB_COMPONENT_TOKEN=token",
        "--env", f"GITHUB_REPOSITORY={REPOSITORY}",
        "--var", f"RELEASE_REGISTRY={host}", "--var", f"RELEASE_PLATFORMS={platforms}",
        "--var", f"GITLAB_COMPONENT={release.component}",
    ]  # fmt: skip
    known = {"PATH", "HOME", "DOCKER_HOST"} & os.environ.keys()
    return subprocess.run(
        command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**{name: os.environ[name] for name in known}, "XDG_CACHE_HOME": str(cache)},
        timeout=3000,
    )  # fmt: skip


def _in_daemon(image: str) -> bool:
    return _docker("image", "inspect", image, check=False).returncode == 0


def _docker(*words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"docker {' '.join(words)}: {done.stderr}"
    return done


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True
    ).stdout
