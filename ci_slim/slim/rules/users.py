"""Who runs the image, and what every program may ask about users."""

from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    if not keeping.once("users"):
        return
    keeping.add("/etc/passwd", "users: who is who")
    keeping.add("/etc/group", "users: who is who")
    home = _home(keeping, str(keeping.config.get("User") or "0").partition(":")[0])
    for folder in (home, keeping.env.get("HOME", "")):
        if folder.startswith("/"):
            keeping.add(folder, "users: home of the image's user")


def _home(keeping: Keeping, user: str) -> str:
    for line in keeping.text("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 6 and user in (fields[0], fields[2]):
            return fields[5]
    return ""
