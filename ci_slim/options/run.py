"""Options of the container while it is probed, and its probes."""

from typing import Any

from ci_slim.options.commands import EXERCISES, MANY, SLIM
from ci_slim.options.option import Option, Type, in_file

PROBES = "images.*.probes"


def _adds(key: str) -> dict[str, Any]:
    """Each text of the option becomes a probe; the text fills this key of the probe."""
    return {"fills": PROBES, "probe": key}


OPTIONS: tuple[Option, ...] = (
    # How it runs
    in_file("images.*.run.env", Type.VALUES, "an environment variable of the container", {},
            name="env", flag="--env", metavar="KEY[=VALUE]", **MANY, **EXERCISES),
    in_file("images.*.run.command", Type.COMMAND, "arguments instead of the image's CMD",
            name="command", flag="--command", metavar="TEXT", **EXERCISES),
    in_file("images.*.run.entrypoint", Type.COMMAND, "program instead of the image's ENTRYPOINT",
            name="entrypoint", flag="--entrypoint", metavar="TEXT", **EXERCISES),
    in_file("images.*.run.user", Type.TEXT, "user instead of the image's USER",
            name="user", flag="--user", metavar="USER[:GROUP]", **EXERCISES),
    in_file("images.*.run.port", Type.PORT, "port for HTTP probes that do not name one",
            name="port", flag="--port", metavar="PORT", **EXERCISES),
    in_file("images.*.run.stop_grace", Type.DURATION, "time from the stop signal to the kill", 2.0,
            name="stop_grace", flag="--stop-grace", metavar="TIME", **EXERCISES),
    in_file("images.*.run.files.*.file", Type.TEXT, "the file to copy, relative to the settings "
            "file"),
    in_file("images.*.run.files.*.text", Type.SCALAR, "the text of the file"),
    in_file("images.*.run.files.*.mode", Type.TEXT, "its permissions, in octal", "0644"),
    in_file("images.*.run.volumes", Type.GLOBS, "folders of the container, each on its own volume",
            ()),
    in_file("images.*.run.tmpfs", Type.TEXTS, "folders in memory: `/run` or `/run:size=64m`", ()),
    in_file("images.*.run.devices", Type.TEXTS, "devices of the daemon's machine: `/dev/ttyUSB0` "
            "or `/dev/ttyUSB0:/dev/modem:rw`", ()),
    in_file("images.*.run.gpus", Type.TEXT, "`all`, or how many GPUs"),
    in_file("images.*.run.runtime", Type.TEXT, "the OCI runtime, such as `nvidia`"),
    in_file("images.*.run.cap_add", Type.TEXTS, "capabilities to add", ()),
    in_file("images.*.run.cap_drop", Type.TEXTS, "capabilities to remove", ()),
    in_file("images.*.run.read_only", Type.SWITCH, "the container cannot write to its own files",
            False),
    in_file("images.*.run.shm_size", Type.SIZE, "size of /dev/shm"),
    in_file("images.*.run.sysctls", Type.VALUES, "kernel parameters of the container", {}),
    in_file("images.*.run.extra_hosts", Type.VALUES, "host name → address", {}),
    in_file("images.*.run.hostname", Type.TEXT, "the container's host name"),
    in_file("images.*.run.init", Type.SWITCH, "an init process is PID 1, as with `docker run "
            "--init`", False),
    in_file("images.*.run.network", Type.CHOICE, "`none`: no network", "bridge",
            choices=("bridge", "none")),
    Option("observe_for", Type.DURATION, "after the probes, keep the fat image running under the "
           "tracer for this long, so that you can use it by hand", 0.0,
           file_key="images.*.run.observe_for", flag="--observe-for", metavar="TIME",
           commands=(SLIM,)),
    in_file("images.*.run.compose.file", Type.TEXT, "a Compose file, relative to the "
            "settings file"),
    in_file("images.*.run.compose.service", Type.TEXT, "the service that the image is in it; what "
            "it depends on is started as services"),
    in_file("images.*.run.compose.within", Type.DURATION, "longest wait until a service is healthy",
            120.0),
    in_file("images.*.run.services.*.image", Type.REFERENCE, "image of the service"),
    in_file("images.*.run.services.*.env", Type.VALUES, "environment of the service", {}),
    in_file("images.*.run.services.*.command", Type.COMMAND, "arguments of the service"),
    Option("ready", Type.READY, "when the container is ready: http:/path, port:5000, log:REGEX "
           "or none, each with @30s for the longest wait", file_key="images.*.run.ready",
           flag="--ready", metavar="CONDITION", **EXERCISES),
    in_file("images.*.run.ready.http", Type.TEXT, "ready when this path answers"),
    in_file("images.*.run.ready.port", Type.PORT, "ready when this port answers"),
    in_file("images.*.run.ready.log", Type.PATTERN, "ready when a line of the log matches this"),
    in_file("images.*.run.ready.within", Type.DURATION, "longest wait until it is ready", 60.0),
    # How it is probed
    in_file(PROBES, Type.PROBES, "what exercises the container", (),
            flag="--probes", metavar="YAML", **EXERCISES),
    Option("http_probe", Type.TEXTS, "send an HTTP request: 'POST /path'", (),
           flag="--http-probe", metavar="REQUEST", **MANY, **EXERCISES, **_adds("http")),
    Option("exec_probe", Type.TEXTS, "run a command in the container", (),
           flag="--exec-probe", metavar="COMMAND", **MANY, **EXERCISES, **_adds("exec")),
    Option("run_probe", Type.TEXTS, "run the image with these arguments, to its end", (),
           flag="--run-probe", metavar="ARGUMENTS", **MANY, **EXERCISES, **_adds("run")),
    Option("http_probe_cmd_file", Type.TEXTS, "send the requests of a DockerSlim probe file", (),
           flag="--http-probe-cmd-file", metavar="FILE", **MANY, **EXERCISES, **_adds("file")),
)  # fmt: skip
