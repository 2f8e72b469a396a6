"""The user of a container's first process, as numbers. Pure."""

from dataclasses import dataclass

from ci_slim.image.config import ImageConfig


@dataclass(frozen=True, slots=True)
class Account:
    """A user and its first group. `given` is what the settings say instead of the image's user."""

    uid: int
    gid: int
    given: str | None = None


def account(given: str | None, config: ImageConfig, passwd: str) -> Account:
    """The account of the user in the settings or the image, from /etc/passwd. An unknown name
    counts as root, because Docker would not start the container."""
    user = given if given is not None else str(config.config.get("User") or "")
    name, _, group = user.partition(":")
    lines = [line.split(":") for line in passwd.splitlines()]
    known = [each for each in lines if len(each) >= 4 and each[2].isdecimal()]
    found = next((each for each in known if name in (each[0], each[2])), None)
    uid = int(found[2]) if found else int(name) if name.isdecimal() else 0
    gid = int(found[3]) if found and found[3].isdecimal() else 0
    if group.isdecimal():
        gid = int(group)
    return Account(uid, gid, given)
