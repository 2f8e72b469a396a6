"""The entry point of the GitHub Action: inputs in, ci-slim run, and what GitHub shows out.

With arguments it is `ci-slim` itself, so that the same image serves other places. The step's
secrets are taken out of the environment before anything of the repository is read or started.
"""

import contextlib
import functools
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim import certificates, cli
from ci_slim.action import checkout, inputs, step_request
from ci_slim.action.inputs import Inputs
from ci_slim.action.runner import Runner
from ci_slim.action.step_request import StepRequest
from ci_slim.action.workflow_commands import Annotation
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import ended_by, exit_code, guarded
from ci_slim.engine import own_environment
from ci_slim.errors import CiSlimError, EngineError, Interrupted, UsageError
from ci_slim.forges import NotFound, Published, parts
from ci_slim.forges.github.context import read, refuse_fork_code
from ci_slim.requests import RunRequest

if TYPE_CHECKING:
    from ci_slim.action.job import Job
    from ci_slim.commands.push import Pushed, PushTarget
    from ci_slim.engine.login import Login
    from ci_slim.forges.github.pull_request import GitHub
    from ci_slim.result import Report

SOCKET = Path("/var/run/docker.sock")
_GRAVITY = ("passed", "over-budget", "failed")


def main() -> None:
    """The step, or `ci-slim` when there are arguments."""
    cli.main(without_arguments=_step)


def _step(edge: Edge) -> int:
    """One step; its exit code."""
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
        self._shown = False
        self._environment = dict(edge.environment)
        self._trust(given.text("ca_bundle"))
        self._environment[parts.VARIABLE] = parts.from_zero(given.text("part"))
        event = Path(edge.environment.get("GITHUB_EVENT_PATH") or os.devnull)
        self._event = event.read_bytes() if event.is_file() or event.is_char_device() else b""
        self.context = read(self._environment, self._event)
        self.key = given.text("key") or self.context.key
        self.output = self._below(given.text("output") or "ci-slim")

    @functools.cached_property
    def request(self) -> StepRequest:
        """What the inputs ask for. Raises UsageError."""
        return step_request.request(self.given, str(self.output))

    @property
    def _report(self) -> Path:
        return self.output / "report.json"

    @functools.cached_property
    def forge(self) -> "GitHub":
        """GitHub's API; its client takes longer to import than all the rest, and waits for that."""
        from ci_slim.forges.github.pull_request import connect

        return connect(
            self._environment, self._event, self.given.text("token"), time.monotonic, time.sleep
        )

    def run(self) -> int:
        """What the event and the inputs ask for; the exit code. An error is shown on the file that
        it names, and where the report of this step would be."""
        try:
            request = self.request
            if self.context.follows:
                return self._follow()
            return self._join() if request.reports else self._build()
        except CiSlimError as error:
            self._ended(error)
            raise

    # -- the three things a step does -----------------------------------------------------------

    def _build(self) -> int:
        from ci_slim.action import job, results
        from ci_slim.report.hiding import redacted
        from ci_slim.report.json import from_json

        if not self._environment.get("DOCKER_HOST") and not SOCKET.exists():
            raise EngineError(
                f"there is no Docker here: {SOCKET} is not mounted",
                hint="run the job on a Linux runner with Docker; runners in Kubernetes that start "
                "containers through hooks have none: give DOCKER_HOST there",
            )
        if self.context.event == "issue_comment":  # which does not tell whose code it is about
            self.context = replace(self.context, pull=self.forge.head())
        for_builds = job.cache_service(self._environment, fork=self.context.fork)
        for_builds |= self.request.secrets
        self._edge.hide.learn(self.request.secrets.values())
        environment = job.withhold(self._environment)
        request = self.request
        with self._edge.held.scratch("ci-slim-step-") as folder:
            planned = job.planned(request.run, environment, self.top)
            refuse_fork_code(self.context, job.commits(planned, self.top))
            self._refuse_untagged(planned)
            self._log_in(planned.contexts, environment, folder)
            path = self._report
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                path.unlink()  # of an earlier step
            code = self._ci_slim(environment, for_builds)
            checkout.change_owner(self.output, self.top)
            if not path.is_file():
                self._runner.failed()
                return code
            report = redacted(from_json(path.read_bytes(), str(path)), self._runner.hide)
            notes = results.annotations(report, planned.dockerfiles)
            self._show(report, notes, results.references(report))
            push = code == 0 and request.push
            reports = [(report, self.output)]
            done = self._push(reports, planned.pushable, environment, folder) if push else {}
            self._pushed(done)
        return code

    def _push(
        self,
        reports: "Sequence[tuple[Report, Path]]",
        wanted: "Sequence[PushTarget]",
        environment: Mapping[str, str],
        scratch: Path,
    ) -> "Mapping[str, Pushed]":
        from ci_slim.attest.provenance import origin
        from ci_slim.commands.push import Attestation, push_images

        if self.context.fork:
            self._runner.note("nothing is pushed for a pull request from a fork")
            return {}
        attestation = Attestation(scratch, origin(environment)) if self.request.attest else None
        return push_images(reports, wanted, environment, self._runner.line, attestation)

    def _pushed(self, done: "Mapping[str, Pushed]") -> None:
        """The outputs about what was pushed; the digest and the tags have the names that users of
        docker/build-push-action know."""
        from ci_slim.action.results import metadata

        self._runner.output("pushed", json.dumps({name: str(each) for name, each in done.items()}))
        self._runner.output("digest", next((each.digest for each in done.values()), ""))
        self._runner.output("tags", "\n".join(tag for each in done.values() for tag in each.names))
        self._runner.output("metadata", metadata(done))

    def _join(self) -> int:
        """Reports of earlier jobs, shown as one."""
        from ci_slim.action import results
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
        self._show(report, results.annotations(report, {}))
        code = exit_code(report, (), self.request.run.fail_on)
        self._pushed(self._push_parts(parts) if code == 0 and self.request.push else {})
        return code

    def _push_parts(self, parts: "Sequence[tuple[Report, Path]]") -> "Mapping[str, Pushed]":
        """Push what earlier jobs left: their reports, each with the folder of its OCI layouts."""
        from ci_slim.action import job

        environment = job.withhold(self._environment)
        with self._edge.held.scratch("ci-slim-step-") as folder:
            planned = job.planned(self.request.run, environment, self.top)
            self._refuse_untagged(planned)
            self._log_in(planned.contexts, environment, folder)
            return self._push(parts, planned.pushable, environment, folder)

    def _follow(self) -> int:
        """Post what a run without rights to do so has kept. Nothing of it is run or believed."""
        from ci_slim.report.hiding import redacted
        from ci_slim.report.json import from_json
        from ci_slim.report.markdown import to_markdown

        found = self.forge.triggering_reports(self.given.text("key"))
        if isinstance(found, NotFound):
            self._runner.note(f"nothing to post: {found.reason}")
            return 0
        outcomes, urls = [], []
        for key, each in found.items():
            report = redacted(from_json(each.content, each.source), self._runner.hide)
            report = replace(report, origin=self.context.origin)
            text = to_markdown(report, key)
            self._runner.summary(text)
            outcomes.append(report.outcome)
            urls.append(self._comment(text, key))
        self._runner.output("outcome", max(outcomes, key=_GRAVITY.index))
        self._runner.output("comment_url", next(filter(None, urls), ""))
        return 0

    def _ended(self, error: CiSlimError) -> None:
        """Show what ended the step: else the comment of an earlier one would go on saying that all
        is well. A follow-up posts only what was reported."""
        from ci_slim.action import results
        from ci_slim.deliver import write_text
        from ci_slim.report.json import to_json

        report = ended_by(error, self._edge.hide, parts.part_of(self._environment))
        report = replace(report, origin=self.context.origin)
        self._runner.annotate(results.annotations(report, {}))
        late = self._shown or isinstance(error, Interrupted)
        if not late and not self.context.follows:
            # That nothing can be written, or the forge not be reached, may be the error itself.
            with contextlib.suppress(CiSlimError):
                write_text(self._report, to_json(report))
                checkout.change_owner(self.output, self.top)
                self._show(report, [])
        self._runner.failed()

    # -- what goes in ---------------------------------------------------------------------------

    def _trust(self, bundle: str) -> None:
        """These certificates too, for all that this step talks to: Python's clients and Go's."""
        if not bundle.strip():
            return
        self._bundle = certificates.write_ca_bundle(bundle, self.top, self._environment)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            own_environment.give(name, self._bundle.name)
            self._environment[name] = self._bundle.name

    def _below(self, name: str) -> Path:
        path = (self.top / name).resolve()
        if not path.is_relative_to(self.top.resolve()) or path == self.top.resolve():
            raise UsageError(
                f"`{name}` is not below the workspace",
                where="the input `output`",
                hint="name a folder such as ci-slim",
            )
        return path

    def _refuse_untagged(self, planned: "Job") -> None:
        if self.request.push and not self.context.fork and not planned.pushable:
            raise UsageError(
                "there is no image with a tag to push",
                where="the input `push`",
                hint="name it with the input `tag`, or with `tag:` in .ci-slim.yml",
            )

    def _log_in(self, contexts: Sequence[str], environment: dict[str, str], scratch: Path) -> None:
        """Let docker's client and the registry client use the logins of the inputs."""
        from ci_slim.action import login

        earlier = environment.get("DOCKER_CONFIG")
        login.refuse_in_context(earlier, contexts, self.top)
        if config := login.log_in(self._logins(), scratch, earlier):
            own_environment.give("DOCKER_CONFIG", config)
            environment["DOCKER_CONFIG"] = config

    def _logins(self) -> "dict[str, Login]":
        from ci_slim.action import login

        withheld = self.context.fork or self._environment.get("GITHUB_ACTOR") == login.DEPENDABOT
        given, without = login.usable(login.logins(self.request), withheld=withheld)
        if without:
            who = ", ".join(registry or "Docker Hub" for registry in without)
            self._runner.warn(
                f"no login at {who}: GitHub gives no secrets to runs for forks and Dependabot; "
                "images there are pulled anonymously"
            )
        return given

    def _ci_slim(self, environment: Mapping[str, str], for_builds: Mapping[str, str]) -> int:
        """Run ci-slim; no line that it prints is a command to the runner meanwhile."""
        from ci_slim.commands.build import build
        from ci_slim.commands.run import run

        request = self.request.run
        # The token is withheld from the run: reports of earlier ones are fetched by this step.
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

    def _show(
        self,
        report: "Report",
        notes: list[Annotation],
        images: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Annotations, summary, comment and outputs, from the report, which was written and holds
        no secret."""
        from ci_slim.report.markdown import to_markdown

        self._shown = True
        text = to_markdown(report, self.key)
        self._runner.annotate(notes)
        self._runner.summary(text)
        path = str(self._report.relative_to(self.top.resolve()))
        self._runner.results(report, path, self.key)
        self._runner.output("images", json.dumps(images or {}))
        self._runner.output("comment_url", self._comment(text, self.key))

    def _comment(self, text: str, key: str) -> str:
        """The address of the comment; '' where none is wanted, and with a notice where there is
        none."""
        known = self.context.pull is not None or self.context.follows
        if not known or not self.request.comment:
            return ""
        done = self.forge.publish_comment(text, key)
        if isinstance(done, Published):
            self._runner.line(f"comment {done.how}: {done.url}")
            return done.url
        hint = f" → {done.hint}" if done.hint else ""
        self._runner.note(f"no comment: {done.reason}{hint}")
        return ""


if __name__ == "__main__":
    main()
