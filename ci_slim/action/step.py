"""The entry point of the GitHub Action: it reads the inputs, runs ci-slim and shows the result.

With arguments it is `ci-slim` itself, so that the same image also works outside of GitHub. The step
removes its secrets from the environment before it reads or starts anything of the repository.
"""

import contextlib
import functools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim import certificates, cli
from ci_slim.action import checkout, inputs, step_request
from ci_slim.action.display import Display
from ci_slim.action.inputs import Inputs
from ci_slim.action.runner import Runner
from ci_slim.action.step_request import StepRequest
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import ended_by, exit_code, guarded
from ci_slim.engine import own_environment
from ci_slim.errors import CiSlimError, EngineError, Interrupted, UsageError
from ci_slim.forges import NotFound, parts
from ci_slim.forges.github.context import read
from ci_slim.forges.github.fork_code import refuse_fork_code
from ci_slim.requests import RunRequest

if TYPE_CHECKING:
    from ci_slim.action.job import Job
    from ci_slim.commands.push import Pushed
    from ci_slim.forges.github.pull_request import GitHub
    from ci_slim.result import Report

SOCKET = Path("/var/run/docker.sock")
_WORST_LAST = ("passed", "over-budget", "failed")


def main() -> None:
    """Run the step, or `ci-slim` if there are arguments."""
    cli.main(without_arguments=_run_step)


def _run_step(edge: Edge) -> int:
    """Run one step. Returns its exit code."""
    runner = Runner(edge.environment, edge.hide)
    try:
        if edge.environment.get("GITHUB_ACTIONS") != "true":
            raise UsageError(
                "this is not a job of GitHub Actions",
                hint="start it with arguments, as `ci-slim`: `docker run IMAGE run --help`",
            )
        given = inputs.read(edge.environment)
        runner.debug(given)
        step = Step(edge, given, runner)
    except CiSlimError as error:
        from ci_slim.action import results

        runner.annotate(results.annotations(ended_by(error, edge.hide), {}))
        runner.failed()
        raise
    return step.run()


class Step:
    """One step of a job."""

    def __init__(self, edge: Edge, given: Inputs, runner: Runner) -> None:
        self.given = given
        self.top = Path.cwd()
        self._edge = edge
        self._runner = runner
        self._environment = dict(edge.environment)
        self._trust(given.text("ca_bundle"))
        self._environment[parts.VARIABLE] = parts.from_zero(given.text("part"))
        event = Path(edge.environment.get("GITHUB_EVENT_PATH") or os.devnull)
        self._event = event.read_bytes() if event.is_file() or event.is_char_device() else b""
        self.context = read(self._environment, self._event)
        self.key = given.text("key") or self.context.key
        self.output = self._below(given.text("output") or "ci-slim")
        report = self._report.relative_to(self.top.resolve())
        self._display = Display(runner, report, self.key, self._comments, lambda: self.forge)

    @functools.cached_property
    def request(self) -> StepRequest:
        """The request that the inputs make. Raises UsageError."""
        return step_request.request(self.given, str(self.output))

    @property
    def _report(self) -> Path:
        return self.output / "report.json"

    @functools.cached_property
    def forge(self) -> "GitHub":
        """GitHub's API. Its client is slow to import, so it is imported only if it is used."""
        from ci_slim.forges.github.pull_request import connect

        return connect(
            self._environment, self._event, self.given.text("token"), time.monotonic, time.sleep
        )

    def _comments(self) -> bool:
        """Whether there is something to comment on, and a comment is wanted."""
        reviewed = self.context.pull is not None or self.context.follows
        return reviewed and self.request.comment

    def run(self) -> int:
        """Do what the event and the inputs ask for. Returns the exit code.

        An error is shown on the file that it names, and in the places where the report would be.
        """
        try:
            request = self.request
            if self.context.follows:
                return self._follow()
            return self._join() if request.reports else self._build()
        except CiSlimError as error:
            self._show_error(error)
            raise

    # -- the three things a step can do ---------------------------------------------------------

    def _build(self) -> int:
        """Build and slim images, show the report, and push if that is asked for."""
        from ci_slim.action import job, push, results
        from ci_slim.report.hiding import redacted
        from ci_slim.report.json import from_json

        if not self._environment.get("DOCKER_HOST") and not SOCKET.exists():
            raise EngineError(
                f"there is no Docker here: {SOCKET} is not mounted",
                hint="run the job on a Linux runner with Docker; a runner in Kubernetes that "
                "starts containers through hooks has no Docker: set DOCKER_HOST there",
            )
        if self.context.event == "issue_comment":  # the event does not say whose code it is about
            self.context = replace(self.context, pull=self.forge.head())
        for_builds = job.cache_service(self._environment, fork=self.context.fork)
        for_builds |= self.request.secrets
        self._edge.hide.learn(self.request.secrets.values())
        with self._planned() as (planned, environment, scratch):
            path = self._report
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                path.unlink()  # the report of an earlier step
            code = self._run_ci_slim(environment, for_builds)
            checkout.change_owner(self.output, self.top)
            if not path.is_file():
                self._runner.failed()
                return code
            report = redacted(from_json(path.read_bytes(), str(path)), self._runner.hide)
            notes = results.annotations(report, planned.dockerfiles)
            self._display.show(report, notes, results.references(report))
            wanted = code == 0 and self.request.push
            reports = [(report, self.output)]
            done = self._push(reports, planned, environment, scratch) if wanted else {}
            push.write_outputs(done, self._runner)
        return code

    def _join(self) -> int:
        """Merge the reports of earlier jobs, show them as one, and push if that is asked for."""
        from ci_slim.action import push, results
        from ci_slim.deliver import write_text
        from ci_slim.report import merge
        from ci_slim.report.hiding import redacted
        from ci_slim.report.json import from_json, to_json

        found = checkout.reports(self.request.reports, self.top)
        parts = [(from_json(path.read_bytes(), str(path)), path.parent) for path in found]
        report = redacted(merge([part for part, _ in parts]), self._runner.hide)
        report = replace(report, origin=self.context.origin)
        write_text(self._report, to_json(report))
        checkout.change_owner(self.output, self.top)
        self._display.show(report, results.annotations(report, {}))
        code = exit_code(report, (), self.request.run.fail_on)
        done: Mapping[str, Pushed] = {}
        if code == 0 and self.request.push:
            with self._planned(builds=False) as (planned, environment, scratch):
                done = self._push(parts, planned, environment, scratch)
        push.write_outputs(done, self._runner)
        return code

    def _follow(self) -> int:
        """Post the reports of a run that had no right to post them. Runs nothing from that run,
        and checks what it reads."""
        from ci_slim.report.hiding import redacted
        from ci_slim.report.json import from_json

        found = self.forge.triggering_reports(self.given.text("key"))
        if isinstance(found, NotFound):
            self._runner.note(f"nothing to post: {found.reason}")
            return 0
        outcomes, urls = [], []
        for key, each in found.items():
            report = redacted(from_json(each.content, each.source), self._runner.hide)
            report = replace(report, origin=self.context.origin)
            outcomes.append(report.outcome)
            urls.append(self._display.post(report, key))
        self._runner.output("outcome", max(outcomes, key=_WORST_LAST.index))
        self._runner.output("comment_url", next(filter(None, urls), ""))
        return 0

    # -- what goes in ---------------------------------------------------------------------------

    def _trust(self, bundle: str) -> None:
        """Let all clients of this step, in Python and in Go, trust these certificates too."""
        if not bundle.strip():
            return
        self._bundle = certificates.write_ca_bundle(bundle, self.top, self._environment)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            own_environment.give(name, self._bundle.name)
            self._environment[name] = self._bundle.name

    def _below(self, name: str) -> Path:
        """A folder below the workspace. Raises UsageError if it is outside."""
        path = (self.top / name).resolve()
        if not path.is_relative_to(self.top.resolve()) or path == self.top.resolve():
            raise UsageError(
                f"`{name}` is not below the workspace",
                where="the input `output`",
                hint="name a folder such as ci-slim",
            )
        return path

    @contextlib.contextmanager
    def _planned(self, *, builds: bool = True) -> "Iterator[tuple[Job, dict[str, str], Path]]":
        """The plan of the job, an environment without secrets but with the logins, and a temporary
        folder. With `builds`, code of a fork that would get secrets is refused."""
        from ci_slim.action import job, login, push

        environment = job.withhold(self._environment)
        with self._edge.held.scratch("ci-slim-step-") as scratch:
            planned = job.planned(self.request.run, environment, self.top)
            if builds:
                refuse_fork_code(self.context, job.commits(planned, self.top))
            if self.request.push and not self.context.fork:
                push.refuse_untagged(planned)
            earlier = environment.get("DOCKER_CONFIG")
            login.refuse_in_context(earlier, planned.contexts, self.top)
            actor = self._environment.get("GITHUB_ACTOR")
            withheld = self.context.fork or actor == login.DEPENDABOT
            logins = login.usable_logins(self.request, self._runner, withheld=withheld)
            if config := login.log_in(logins, scratch, earlier):
                own_environment.give("DOCKER_CONFIG", config)
                environment["DOCKER_CONFIG"] = config
            yield planned, environment, scratch

    def _run_ci_slim(self, environment: Mapping[str, str], for_builds: Mapping[str, str]) -> int:
        """Run ci-slim. Meanwhile the runner takes no printed line for a command."""
        from ci_slim.commands.build import build
        from ci_slim.commands.run import run

        request = self.request.run
        # The run does not get the token, so this step fetches the reports of earlier runs.
        edge = replace(
            self._edge,
            environment=environment,
            for_builds=for_builds,
            artifact=lambda ref: self.forge.baseline(self.key, ref),
            own_forge=lambda: self.forge,
        )
        with self._runner.paused():
            if isinstance(request, RunRequest):
                return guarded(functools.partial(run, request), edge)
            return guarded(functools.partial(build, request), edge)

    # -- what comes out -------------------------------------------------------------------------

    def _push(
        self,
        reports: "Sequence[tuple[Report, Path]]",
        planned: "Job",
        environment: Mapping[str, str],
        scratch: Path,
    ) -> "Mapping[str, Pushed]":
        from ci_slim.action import push

        if self.context.fork:
            self._runner.note("nothing is pushed for a pull request from a fork")
            return {}
        attest = self.request.attest
        return push.push_reports(
            reports, planned, environment, self._runner, scratch, attest=attest
        )

    def _show_error(self, error: CiSlimError) -> None:
        """Show the error that ended the step, also in the comment: the comment of an earlier run
        may say that all is well. A follow-up run posts only what was reported."""
        from ci_slim.action import results
        from ci_slim.deliver import write_text
        from ci_slim.report.json import to_json

        report = ended_by(error, self._edge.hide, parts.part_of(self._environment))
        report = replace(report, origin=self.context.origin)
        self._runner.annotate(results.annotations(report, {}))
        late = self._display.used or isinstance(error, Interrupted)
        if not late and not self.context.follows:
            # The error itself may be that files cannot be written or that GitHub does not answer.
            with contextlib.suppress(CiSlimError):
                write_text(self._report, to_json(report))
                checkout.change_owner(self.output, self.top)
                self._display.show(report, [])
        self._runner.failed()


if __name__ == "__main__":
    main()
