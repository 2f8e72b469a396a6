"""The probe kind `concurrent`: one request that is sent many times, several at once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import http, keys
from ci_slim.probes.batch import LARGEST, at_once, batched_answers
from ci_slim.probes.exchange import Answered, Exchange, Ran, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import worse_status
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.section(
    "concurrent",
    Option("concurrent", Type.TEXT, "method and path that several clients ask for at once"),
    keys.NAME,
    keys.PORT,
    Option("clients", Type.COUNT, "requests at the same time", 4, most=16),
    Option("requests", Type.COUNT, "total number of requests", 20, most=LARGEST),
    keys.TIMEOUT,
    expect=(keys.STATUS,),
)


@dataclass(frozen=True, slots=True)
class ConcurrentProbe:
    """The same request from several clients at once. Its answer is the worst of all answers,
    without a body, because bodies may come in any order."""

    kind: ClassVar[str] = "concurrent"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    method: str = "GET"
    path: str = "/"
    port: int | None = None
    clients: int = 4
    requests: int = 20
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "status"

    @property
    def repeatable(self) -> bool:
        """It is many requests already."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """One call of curl that sends all of them."""
        request = (self._request, http.request(self._request, way))
        ran = yield at_once([request] * self.requests, self.clients)
        yield Answered(self, self._answer(ran))

    @property
    def _request(self) -> HttpProbe:
        return HttpProbe(
            self.name,
            self.method,
            self.path,
            port=self.port,
            timeout=self.timeout,
            expect=self.expect,
        )

    def _answer(self, ran: Ran) -> Answer:
        if ran.error:
            return Answer.none(ran.error)
        found = batched_answers([self._request] * self.requests, b"", ran.stderr, bodies=False)
        if found is None:
            return Answer.none("curl gave no result", ran.ms)
        failed = Counter(each.error or f"answered {each.status}" for each in found if not each.ok)
        told = ", ".join(f"{count} of {self.requests} {what}" for what, count in failed.items())
        status = max((each.status or 0 for each in found), default=0)
        return settled(self, Answer(False, status or None, ran.ms, error=told))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Each request was judged separately."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the worst status differs."""
        return worse_status(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return found.error or str(found.status)

    def final_after(self, found: Answer) -> float | None:
        """Never. What answers wrongly during the start may answer correctly later."""
        return None

    def secrets(self) -> frozenset[str]:
        """It sends no secret."""
        return frozenset()


def read(given: Given) -> ConcurrentProbe:
    """Make the probe from its settings."""
    method, path, _ = http.request_line(given["concurrent"], given.where("concurrent"))
    if method == "HEAD":
        hint = "write GET"
        raise UsageError("HEAD has no answer", where=given.where("concurrent"), hint=hint)
    clients = given["clients"]
    return ConcurrentProbe(
        keys.named(given, f"{method} {path}, {clients} at once"),
        method,
        path,
        given["port"],
        clients,
        given["requests"],
        timeout=given["timeout"],
        expect=keys.expectation(given),
    )
