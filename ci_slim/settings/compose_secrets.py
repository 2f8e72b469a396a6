"""The secrets of a service in a Compose file, where they are files: copied to `/run/secrets`. Pure.

A secret of the environment, of Docker Swarm or of another tool is refused: a job that may not know
it would start the service without it.
"""

from collections.abc import Iterator

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.compose_mounts import inside
from ci_slim.settings.compose_values import Values
from ci_slim.settings.document import Node, Sequence, Table
from ci_slim.settings.plans import Copied


def secrets_of(
    service: str, node: Node | None, secrets: Table, values: Values, folder: str
) -> Iterator[Copied]:
    """The files of the secrets that a service asks for; `secrets` are those of the file. Raises
    UsageError."""
    if node is None:
        return
    if not isinstance(node, Sequence):
        raise UsageError("`secrets` must be a list", where=node.where)
    for item in node.items:
        name, target = _asked(item, values)
        if name not in secrets.entries:
            raise UsageError(
                f"the service `{service}` has the secret `{name}`, which is not in the file",
                where=item.where,
                hint=shapes.nearest(name, secrets.entries),
            )
        table = shapes.mapping(secrets.entries[name], name)
        file = shapes.given(table, "file")
        if file is None:
            raise UsageError(
                f"the secret `{name}` is not a file",
                where=table.where,
                hint="write {file: ./NAME.txt}, with a file for tests below the Compose file",
            )
        path = inside(service, values.text(file), folder, file.where, "reads")
        place = target if target.startswith("/") else f"/run/secrets/{target}"
        if ".." in place.split("/"):
            raise UsageError(f"`{place}` is not a path in a container", where=item.where)
        yield Copied(path, place, folder)


def _asked(item: Node, values: Values) -> tuple[str, str]:
    """The name of a secret, and its name or path in the container."""
    if not isinstance(item, Table):
        name = values.text(item)
        return name, name
    source, target = shapes.given(item, "source"), shapes.given(item, "target")
    if source is None:
        raise UsageError("this entry of `secrets` has no `source`", where=item.where)
    name = values.text(source)
    return name, name if target is None else values.text(target)
