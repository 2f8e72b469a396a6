"""The section `remote` of the settings file, and the flag --remote-host: platform → Docker host."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ci_slim import platforms
from ci_slim.errors import UsageError
from ci_slim.options import Section
from ci_slim.platforms import Platform
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Table
from ci_slim.settings.values import RemoteSettings, Settings

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_SSH = re.compile(rf"ssh://(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?{_HOST}(?::[0-9]{{1,5}})?(?:/\S*)?")
_TCP = re.compile(rf"tcp://{_HOST}:[0-9]{{1,5}}/?")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_FORMS = "write ssh://user@host, tcp://host:2376, or the name of a docker context"


def remote_settings(table: Table, section: Section) -> RemoteSettings:
    """The settings of the section. Raises UsageError."""
    values = cleaning.leaves(table, section)
    places = shapes.child(table, "hosts").keys
    hosts: dict[Platform, str] = {}
    for name, host in values["hosts"].items():
        _add(hosts, name, host, places.get(name, table.where))
    return RemoteSettings(hosts, values["tools"])


def with_hosts(settings: Settings, given: Sequence[str], where: str) -> Settings:
    """The settings with the hosts in the texts `PLATFORM=HOST` instead of those in the file."""
    hosts: dict[Platform, str] = {}
    for text in given:
        name, equals, host = text.partition("=")
        if not equals:
            raise UsageError(
                "there is no host in it", where=where, hint="write linux/arm/v6=ssh://pi@board"
            )
        _add(hosts, name, host, where)
    merged: Mapping[Platform, str] = {**settings.remote.hosts, **hosts}
    return replace(settings, remote=replace(settings.remote, hosts=merged))


def _add(hosts: dict[Platform, str], name: str, host: str, where: str) -> None:
    """Check a host and add it. Messages do not quote it, because it may contain a password."""
    try:
        platform = platforms.parse(name)
    except UsageError as error:
        raise UsageError(error.message, where=where, hint=error.hint) from None
    if platform in hosts:
        raise UsageError(f"{platform} has two hosts", where=where, hint="remove one of them")
    if not any(form.fullmatch(host) for form in (_SSH, _TCP, _CONTEXT)):
        password = re.match(r"\w+://[^/@]*:[^/@]*@", host)
        raise UsageError(
            f"the Docker host of {platform} has a password in it"
            if password
            else f"this is no Docker host for {platform}",
            where=where,
            hint="remove it: ssh uses a key, and tcp a certificate" if password else _FORMS,
        )
    hosts[platform] = host
