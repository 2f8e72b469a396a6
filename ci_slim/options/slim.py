"""Options of the slim image: what it keeps, what is written, what it may weigh."""

from ci_slim.options.commands import JUDGED, MANY, RUNS
from ci_slim.options.option import Option, Type, in_file

RULE_NAMES = (
    "state", "own files", "literals", "children", "commands", "companions", "named packages",
    "plugins", "installed applications", "library folders", "data packages", "system data",
    "python modules", "node modules", "ruby libraries", "perl modules", "php libraries",
    "lua modules", "tcl packages", "package data", "pages", "locales", "small packages",
    "other names", "console", "whole packages",
)  # fmt: skip
"""The rules that keep more than what the run used, named as in the reasons."""

OPTIONS: tuple[Option, ...] = (
    # How it is slimmed
    in_file("images.*.keep", Type.GLOBS, "paths that are always kept", (),
            flag="--keep", metavar="GLOB", **MANY, **RUNS),
    in_file("images.*.drop", Type.GLOBS, "paths that are always dropped", (),
            flag="--drop", metavar="GLOB", **MANY, **RUNS),
    in_file("images.*.slim.enabled", Type.SWITCH, "false: only build and judge this image", True),
    in_file("images.*.slim.layers", Type.CHOICE, "the layers: those of the fat image "
            "(preserve), one for each group of files that change together (split), these with "
            "common layers for the images of the settings file (shared), or only one (merge)",
            "preserve", name="layers", flag="--layers",
            choices=("preserve", "split", "shared", "merge"), **RUNS),
    in_file("images.*.slim.compression", Type.CHOICE,
            "compression of the layers; zstd is smaller, but slower, and needs Docker 23 or newer",
            "gzip", name="compression", flag="--compression", choices=("gzip", "zstd"), **RUNS),
    in_file("images.*.slim.safety", Type.CHOICE,
            "what is kept besides the files that the run used: tight, nothing; balanced, the "
            "application's own files and what they name; safe, also whole language packages",
            "balanced", name="safety", flag="--safety", choices=("tight", "balanced", "safe"),
            **RUNS),
    in_file("images.*.slim.without", Type.CHOICES, "a rule of the closure to switch off", (),
            name="without", choices=RULE_NAMES),
    in_file("images.*.slim.packages", Type.SWITCH, "keep the package lists that vulnerability "
            "scanners read", True, name="packages", flag="--packages/--no-packages", **RUNS),
    in_file("images.*.slim.profiles", Type.SWITCH, "write seccomp and AppArmor profiles into the "
            "output folder; two more runs prove the image under the seccomp profile", False,
            name="profiles", flag="--profiles/--no-profiles", **RUNS),
    in_file("images.*.slim.hold_out", Type.CHOICE, "measure what the probes miss: slim without one "
            "probe, then send it, for each probe; the flag means report", "off", name="hold_out",
            flag="--hold-out", choices=("off", "report", "fail"), alone="report", **RUNS),
    in_file("images.*.slim.observation", Type.TEXTS, "a file with observations of earlier runs of "
            "this image; the run reads all these files and adds its own observation to the first",
            (), name="observation", flag="--observation", metavar="FILE", **MANY, **RUNS),
    in_file("images.*.slim.across_platforms", Type.SWITCH, "also use what these files say about "
            "other platforms of the image", False, name="across_platforms",
            flag="--across-platforms", **RUNS),
    in_file("images.*.slim.pack.strip", Type.SWITCH, "remove symbols and debug information from "
            "the kept programs and libraries", False, name="strip",
            flag="--strip/--no-strip", **RUNS),
    in_file("images.*.slim.pack.upx", Type.GLOBS, "executables to pack with UPX", (), name="upx",
            flag="--upx", metavar="GLOB", **MANY, **RUNS),
    in_file("images.*.slim.pack.upx_level", Type.COUNT, "how hard UPX tries: 9 gives the smallest "
            "files and takes twice as long as 7", 7, most=9),
    in_file("images.*.slim.pack.image", Type.REFERENCE, "an image that has strip and upx; by "
            "default, ci-slim uses those of this machine"),
    Option("explain", Type.TEXTS, "explain why the slim image keeps or drops this path", (),
           flag="--explain", metavar="PATH", **MANY, **RUNS),
    Option("why", Type.SWITCH, "list what is largest in the slim image, why it is kept and how to "
           "drop it", False, flag="--why", **RUNS),
    # What it may weigh
    Option("budget", Type.BUDGET, "limits as in the settings file: 'pull: 12 MB'",
           file_key="images.*.budget", flag="--budget", metavar="YAML", **JUDGED),
)  # fmt: skip
