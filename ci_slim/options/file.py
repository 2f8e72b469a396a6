"""Options of the settings file as a whole: its version, the baseline, what fails a run."""

from ci_slim.options.commands import FAILURES, JUDGED
from ci_slim.options.option import Option, Type, in_file

OPTIONS: tuple[Option, ...] = (
    in_file("version", Type.COUNT, "version of the settings format: always 1", 1),
    in_file("baseline.from", Type.CHOICES, "places to look for the baseline, in this order",
            ("registry", "artifact", "file"), choices=("registry", "artifact", "file")),
    in_file("baseline.ref", Type.TEXT, "the branch to compare with; by default the target branch "
            "of the change"),
    in_file("baseline.file", Type.TEXT, "the report to compare with, if `from` contains file",
            "ci-slim-baseline.json"),
    Option("baseline", Type.TEXT, "the report to compare with, or `none`; by default ci-slim "
           "looks where the settings file says", flag="--baseline",
           metavar="FILE|none", **JUDGED),
    Option("fail_on", Type.CHOICES, "what fails the run besides errors: budget, warning, unknown, "
           "skipped, never; separate several with commas", ("budget",), flag="--fail-on",
           metavar="WHAT", choices=FAILURES, **JUDGED),
    in_file("fail_on", Type.CHOICES, "what fails the run besides errors, if no flag or input "
            "says it", (), choices=FAILURES),
    in_file("protect", Type.SWITCH, "judge a change by the target branch's settings; fail if the "
            "change loosens them without approval", False),
    in_file("approval.label", Type.TEXT, "a pull or merge request with this label is approved"),
    in_file("approval.users", Type.TEXTS, "users whose approval of the pull or merge request "
            "counts", ()),
    in_file("advise.bases", Type.CANDIDATES, "base images that `ci-slim advise` tries: "
            "name of the present base, with `*` for any text → images to try in its place; {tag} "
            "is the tag of the present base", {}),
    in_file("advise.without_bases", Type.TEXTS, "base images of ci-slim's own table that `ci-slim "
            "advise` does not try, such as `*-alpine`; `*` is for all of them", ()),
    in_file("remote.hosts", Type.VALUES, "platform → the Docker host to prove it on: ssh://, "
            "tcp:// with TLS, or a docker context", {}),
    in_file("remote.tools", Type.REFERENCE, "image with strace, tar, find, curl and coreutils, for "
            "hosts of another architecture than this machine; by default the image of ci-slim"),
)  # fmt: skip
