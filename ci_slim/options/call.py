"""Options of one call: what to do, where to write, what to show."""

from ci_slim.options.commands import (
    ADVISE,
    ALL,
    BUILD,
    CHECK,
    CLEAN,
    COMMENT,
    DELTA,
    DIFF,
    DOCKERFILE,
    FORMS,
    HARDEN,
    HISTORY,
    INIT,
    MANY,
    MEASURE,
    PUSH,
    REPORT,
    RUN,
    SETTINGS_FILE,
    SLIM,
)
from ci_slim.options.option import Option, Type

OPTIONS: tuple[Option, ...] = (
    Option("jobs", Type.COUNT, "how many platforms run side by side; by default as many as this "
           "machine has processors, and memory for", flag="--jobs", metavar="NUMBER", most=64,
           **ALL),
    Option("remote_host", Type.TEXTS, "prove this platform on this Docker host: ssh://, tcp:// "
           "with TLS, or a docker context", (), flag="--remote-host", metavar="PLATFORM=HOST",
           commands=(RUN, SLIM), **MANY),
    Option("config", Type.TEXT, "the settings file", SETTINGS_FILE, flag="--config",
           metavar="FILE", commands=(RUN, BUILD, CHECK, PUSH, ADVISE, HARDEN)),
    Option("images", Type.TEXTS, "an image of the settings file; by default all", (),
           flag="--image", metavar="NAME", commands=(RUN, BUILD, PUSH, ADVISE, HARDEN), **MANY),
    Option("image_version", Type.TEXT, "the value of {version} in a tag; by default the name of "
           "the git tag, else the short commit; outside of CI, dev",
           flag="--image-version", metavar="VERSION", commands=(RUN, BUILD, SLIM, PUSH)),
    Option("output", Type.TEXT, "folder for OCI layouts, reports and profiles",
           flag="--output", metavar="FOLDER", **ALL),
    Option("load", Type.SWITCH, "load the result into the daemon; by default when --tag is given",
           flag="--load/--no-load", **ALL),
    Option("report", Type.TEXT, "write the report as JSON to this file",
           flag="--report", metavar="FILE", **ALL),
    Option("format", Type.CHOICE, "how the result is shown on stdout", "text", flag="--format",
           choices=FORMS, commands=(RUN, BUILD, SLIM, CHECK, DIFF, ADVISE)),
    Option("format", Type.CHOICE, "how the result is shown on stdout", "text", flag="--format",
           choices=("text", "json"), commands=(MEASURE, DELTA, HARDEN)),
    Option("format", Type.CHOICE, "what the report is rendered as", "text", flag="--format",
           choices=(*FORMS, "html", "codequality", "metrics", "junit", "dotenv"),
           commands=(REPORT,)),
    Option("format", Type.CHOICE, "a table, a chart for Markdown, or a picture", "text",
           flag="--format", choices=("text", "markdown", "svg"), commands=(HISTORY,)),
    Option("output", Type.TEXT, "folder for seccomp profiles; without it, only a profile that the "
           "report names is used", flag="--output", metavar="FOLDER", commands=(HARDEN,)),
    Option("quiet", Type.SWITCH, "no progress on stderr", False, flag="--quiet",
           commands=(RUN, BUILD, SLIM, INIT, ADVISE, HARDEN)),
    Option("emulators", Type.REFERENCE, "image that registers missing QEMU handlers on the "
           "daemon's machine; it runs there privileged; by default none is registered",
           flag="--emulators", metavar="IMAGE", commands=(RUN, BUILD, SLIM, ADVISE)),
    Option("platform", Type.TEXT, "the platform to read; by default all platforms of the image",
           flag="--platform", metavar="OS/ARCH[/VARIANT]", commands=(MEASURE, DIFF, DELTA)),
    Option("output", Type.TEXT, "folder for the deltas: one OCI layout for each platform",
           "ci-slim-delta", flag="--output", metavar="FOLDER", commands=(DELTA,)),
    Option("image", Type.TEXT, "the image of the report; needed if it has several", flag="--image",
           metavar="NAME", commands=(DOCKERFILE,)),
    Option("dockerfile", Type.TEXT, "the Dockerfile of the fat image; by default the one that the "
           "report names", flag="--dockerfile", metavar="FILE", commands=(DOCKERFILE,)),
    Option("target", Type.TEXT, "the stage of the fat image; by default the last one",
           flag="--target", metavar="STAGE", commands=(DOCKERFILE,)),
    Option("output", Type.TEXT, "the file to write; by default it is shown on stdout",
           flag="--output", metavar="FILE", commands=(DOCKERFILE,)),
    Option("tar_diff", Type.CHOICE, "version of the tar-diff format: 2 is smaller, 1 is for "
           "programs that read only version 1", "2", flag="--tar-diff", choices=("1", "2"),
           commands=(DELTA,)),
    Option("read", Type.SWITCH, "fetch the layers of docker:// images as well", False,
           flag="--read", commands=(MEASURE, DIFF)),
    Option("platform", Type.PLATFORMS, "a platform that the reports must have, instead of the "
           "platforms of the settings file", (), flag="--platform", metavar="OS/ARCH[/VARIANT]",
           commands=(PUSH,), fills="images.*.platforms", **MANY),
    Option("attest", Type.SWITCH, "push an SBOM and provenance with each image", True,
           flag="--attest/--no-attest", commands=(PUSH,)),
    Option("prune_deltas", Type.SWITCH, "remove deltas to older releases, and deltas from releases "
           "that `deltas.from` no longer covers", False, flag="--prune-deltas", commands=(PUSH,)),
    Option("key", Type.TEXT, "key of the comment: each key has its own comment; by default the "
           "key of the report", flag="--key", commands=(COMMENT,)),
    Option("remove", Type.SWITCH, "remove the leftovers of runs that have ended", False,
           flag="--remove", commands=(CLEAN,)),
    Option("yes", Type.SWITCH, "ask nothing, and write the files", False, flag="--yes",
           commands=(INIT,)),
    Option("build", Type.SWITCH, "build and slim each image once, to propose budgets and to try "
           "the probes", True, flag="--build/--no-build", commands=(INIT,)),
    Option("budget_headroom", Type.GROWTH, "how far a proposed limit is above the measured size, "
           "in percent or as a size; by default 15%", flag="--budget-headroom", metavar="SIZE",
           commands=(INIT,)),
    Option("platform", Type.PLATFORMS, "a platform to build; by default the platforms that "
           "workflows or the Compose file name", (), flag="--platform",
           metavar="OS/ARCH[/VARIANT]", commands=(INIT,), **MANY),
    Option("forge", Type.CHOICE, "where the pipeline runs; by default the git remote decides",
           flag="--forge", choices=("github", "gitlab", "none"), commands=(INIT,)),
    Option("advice", Type.TEXTS, "show the proven changes of this file in the comment: it is what "
           "`ci-slim advise --format json` wrote", (), flag="--advice", metavar="FILE",
           commands=(RUN, COMMENT), **MANY),
    Option("write", Type.SWITCH, "write the changes that were proven into the files", False,
           flag="--write", commands=(ADVISE,)),
    Option("all", Type.SWITCH, "also show changes that failed or save too little", False,
           flag="--all", commands=(ADVISE,)),
    Option("quick", Type.SWITCH, "build nothing: estimates from an image that is in the daemon",
           False, flag="--quick", commands=(ADVISE,)),
    Option("built", Type.REFERENCE, "the image of this Dockerfile that --quick reads; by default "
           "the one under the image's `tag`", flag="--built", metavar="IMAGE",
           commands=(ADVISE,)),
    Option("budget_minutes", Type.COUNT, "longest time for all builds and probes", 15,
           flag="--budget-minutes", metavar="MINUTES", commands=(ADVISE,)),
    Option("at_least", Type.TEXT, "what a change must save to be shown, such as 2% or 1MB; by "
           "default 1 % or 500 kB", flag="--at-least", metavar="SIZE", commands=(ADVISE,)),
)  # fmt: skip
