"""Keeps the user database and the home folder of the user that runs the image."""

from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("users"):
        return
    builder.add("/etc/passwd", "users: who is who")
    builder.add("/etc/group", "users: who is who")
    home = _home(builder, str(builder.config.get("User") or "0").partition(":")[0])
    for folder in (home, builder.env.get("HOME", "")):
        if folder.startswith("/"):
            builder.add(folder, "users: home of the image's user")


def _home(builder: KeepSetBuilder, user: str) -> str:
    for line in builder.text("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 6 and user in (fields[0], fields[2]):
            return fields[5]
    return ""
