"""The sections of the settings file about how an image is made: build, platforms, tag."""

import re

from ci_slim.errors import UsageError
from ci_slim.options import Section
from ci_slim.platforms import Platform
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Node, Sequence, Table
from ci_slim.settings.files import Files, is_flag, is_remote, join
from ci_slim.settings.plans import BuilderPlan, BuildPlan

_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = re.compile(
    rf"((?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*)(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?"
)
"""A repository with an optional tag, by the grammar of distribution/reference."""
_LONGEST = 255


def build_plan(
    table: Table, section: Section, files: Files
) -> tuple[BuildPlan, tuple[Platform, ...]]:
    """The build, with paths relative to the working folder, and its platforms."""
    values = cleaning.leaves(table, section)
    platforms: tuple[Platform, ...] = values.pop("platforms")
    values["context"] = files.path(values["context"], shapes.given(table, "context"))
    dockerfile = shapes.given(table, "dockerfile")
    if not is_flag(dockerfile) and not is_remote(values["context"]):
        values["dockerfile"] = join(values["context"], values["dockerfile"])
    contexts = shapes.child(table, "contexts").entries
    values["contexts"] = {
        name: files.path(value, contexts[name]) for name, value in values["contexts"].items()
    }
    secrets = shapes.given(table, "secrets")
    if isinstance(secrets, Sequence):
        pairs = zip(values["secrets"], secrets.items, strict=True)
        values["secrets"] = tuple(_secret(text, node, files) for text, node in pairs)
    given = cleaning.leaves(shapes.child(table, "builder"), section.section("builder"))
    values["builder"] = BuilderPlan(**{key: value for key, value in given.items() if value})
    return BuildPlan(**values), platforms


def _secret(text: str, node: Node, files: Files) -> str:
    """A secret in the syntax of buildx, with its file relative to the working folder."""
    fields = [(key, value) for key, _, value in (part.partition("=") for part in text.split(","))]
    for key, value in fields:
        if key not in ("id", "src", "source", "env", "type") or not value:
            raise UsageError(
                f"`{text}` is not a secret: `{key}` is unknown or has no value",
                where=node.where,
                hint="write id=NAME,src=FILE or id=NAME,env=VARIABLE",
            )
    if "id" not in dict(fields):
        raise UsageError(
            f"the secret `{text}` has no id", where=node.where, hint=f"write id=NAME,{text}"
        )
    return ",".join(
        f"{key}={files.path(value, node) if key in ('src', 'source') else value}"
        for key, value in fields
    )


def chosen_platforms(
    image: tuple[Platform, ...], build: tuple[Platform, ...], table: Table
) -> tuple[Platform, ...]:
    """The platforms of an image that is built: those of the flag, else those of `build`."""
    node = shapes.given(table, "platforms")
    if node is None:
        return build
    if not is_flag(node):
        raise UsageError(
            "`platforms` belongs into `build` if the image is built",
            where=table.keys["platforms"],
            hint="move it below `build:`",
        )
    return image


def check_tag(tag: str, where: str) -> None:
    """Raise UsageError if a tag with `{version}` filled in is not a repository and a tag."""
    filled = tag.replace("{version}", "0")
    fits = _TAG.fullmatch(filled)
    if fits and len(fits[1]) <= _LONGEST:
        return
    hint = "write it as registry.example/name:tag"
    if fits:
        hint = f"a name has at most {_LONGEST} characters before its tag"
    elif unknown := re.search(r"\{[^}]*\}?", filled):
        hint = f"only {{version}} is filled in, not `{unknown[0]}`"
    elif "@" in filled:
        hint = "a digest cannot be chosen: remove everything from the `@` on"
    elif _TAG.fullmatch(filled.lower()):
        hint = f"write the repository in lower case: `{tag.lower()}`"
    raise UsageError(f"`{tag}` is not a name for an image", where=where, hint=hint)
