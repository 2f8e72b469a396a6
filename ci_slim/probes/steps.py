"""The probe kind `steps`: several requests in order, with cookies and values of earlier answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import quote

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import curl, http, keys
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judge import at_path, failures
from ci_slim.probes.judged import JudgedByRequest
from ci_slim.probes.model import Answer, Compare, Expect

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NAME = re.compile(r"\w+")

STEP: Section = Section(
    "steps",
    "",
    {
        **http.KEYS.keys,
        "save": Option(
            "save", Type.VALUES, "name → `json:PATH`, `header:NAME` or `regex:PATTERN`", {}
        ),
    },
)
KEYS: Section = Section(
    "steps",
    "",
    {
        "steps": Section("steps", "requests in order; {{NAME}} is a saved value", items=STEP),
        keys.NAME.name: keys.NAME,
    },
)


@dataclass(frozen=True, slots=True)
class StepsProbe(JudgedByRequest):
    """Requests in order. If a step fails, the later steps are not sent and have no answer."""

    kind: ClassVar[str] = "steps"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    steps: tuple[HttpProbe, ...]
    saves: tuple[Mapping[str, str], ...]
    """For each step: name to the place of the value in the answer."""
    expect: Expect = field(default_factory=Expect)
    timeout: float = 0.0
    """Not used: each step has its own."""
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def listener(self) -> bool:
        """Whether a step is sent to a port."""
        return any(step.listener for step in self.steps)

    def exchange(self, way: Way) -> Exchange:
        """Send step after step. Each has its own answer."""
        values: dict[str, str] = {}
        jar = curl.file_name("cookies", self.name.encode())
        for number, (step, saves) in enumerate(zip(self.steps, self.saves, strict=True)):
            filled = _filled(step, values)
            found = http.answer(filled, (yield _with_cookies(filled, way, jar, fresh=number == 0)))
            found, error = _saved(found, saves, values)
            if error and not failures(filled, found):
                found = replace(found, ok=False, error=error)
            # A saved value differs from run to run, so it is never in the name or the expectation.
            yield Answered(step, found)
            if failures(step, found):
                return

    def secrets(self) -> frozenset[str]:
        """The secrets of all steps."""
        return frozenset().union(*(step.secrets() for step in self.steps))


def read(given: Given) -> StepsProbe:
    """Make the probe from its settings."""
    if not given["steps"]:
        raise UsageError(
            "there are no steps", where=given.where("steps"), hint="write `- http: POST /login`"
        )
    steps: list[HttpProbe] = []
    saved: set[str] = set()
    for number, step in enumerate(given["steps"]):
        for name, source in step["save"].items():
            _check_save(name, source, step.where("save", name))
        if "http" not in step:
            raise UsageError("the step has no `http`", where=given.where("steps", number))
        steps.append(http.read(step))
        if missing := sorted(_wanted(steps[-1]) - saved):
            raise UsageError(
                f"no earlier step saves `{missing[0]}`",
                where=given.where("steps", number),
                hint=f'write `save: {{{missing[0]}: "json:PATH"}}` in the step whose answer has it',
            )
        saved |= step["save"].keys()
    name = keys.named(given, f"steps {steps[0].name}")
    named = tuple(
        # Without the steps before it, a step is another request.
        replace(step, name=f"{name}, step {number}: {step.name}", repeat=False)
        for number, step in enumerate(steps, 1)
    )
    return StepsProbe(name, named, tuple(step["save"] for step in given["steps"]))


def _check_save(name: str, source: str, where: str) -> None:
    kind, _, what = source.partition(":")
    if not _NAME.fullmatch(name):
        raise UsageError(f"`{name}` cannot be the name of a value", where=where)
    if kind not in ("json", "header", "regex") or not what:
        raise UsageError(
            f"`{source}` does not say where to find the value",
            where=where,
            hint="write json:token, header:Location or regex:PATTERN",
        )
    if kind == "regex":
        try:
            re.compile(what)
        except re.error as error:
            raise UsageError(
                f"`{what}` is not a regular expression: {error}", where=where
            ) from None


def _wanted(step: HttpProbe) -> set[str]:
    body = (step.body or b"").decode(errors="replace")
    parts = (step.path, body, *(value for _, value in step.headers))
    form = (part.value.decode(errors="replace") for part in step.form if not part.file_name)
    return {name for part in (*parts, *form) for name in _PLACE.findall(part)}


def _filled(step: HttpProbe, values: Mapping[str, str]) -> HttpProbe:
    def put(text: str) -> str:
        return _PLACE.sub(lambda match: values[match[1]], text)

    body = step.body
    if body is not None and _PLACE.search(body.decode(errors="replace")):
        body = put(body.decode(errors="replace")).encode()
    return replace(
        step,
        path=_PLACE.sub(lambda match: quote(values[match[1]], safe="/"), step.path),
        headers=tuple((name, put(value)) for name, value in step.headers),
        body=body,
        form=tuple(
            part if part.file_name else replace(part, value=put(part.value.decode()).encode())
            for part in step.form
        ),
    )


def _with_cookies(step: HttpProbe, way: Way, jar: str, *, fresh: bool) -> Any:
    """The call of curl, which stores cookies in a file in the sidecar's scratch folder."""
    call = http.request(step, way)
    path = f"{way.scratch.rstrip('/')}/{jar}"
    reads = ("--cookie", "/dev/null" if fresh else path)
    return replace(call, argv=(*call.argv, *reads, "--cookie-jar", path))


def _saved(found: Answer, saves: Mapping[str, str], values: dict[str, str]) -> tuple[Answer, str]:
    """Save values of an answer. Returns the answer and why a value could not be saved, or ""."""
    for name, source in saves.items():
        kind, _, what = source.partition(":")
        value = _value(found, kind, what)
        if value is None or any(character in value for character in "\r\n\0"):
            return found, f"the answer has no {source} to save as {name}"
        values[name] = value
    return found, ""


def _value(found: Answer, kind: str, what: str) -> str | None:
    if kind == "header":
        return found.headers.get(what.lower())
    text = found.body.decode(errors="replace")
    if kind == "regex":
        match = re.search(what, text)
        return match and match[match.lastindex or 0]
    try:
        value = at_path(json.loads(text), what)
    except (ValueError, LookupError, RecursionError):
        return None
    return value if isinstance(value, str) else json.dumps(value)
