"""Makes /opt/odd: run once, in the build."""

import os
from pathlib import Path

odd = Path("/opt/odd")
odd.mkdir()
(odd / "one").write_text("three names, one file\n" * 1000)
(odd / "two").hardlink_to(odd / "one")
Path("/opt/third").hardlink_to(odd / "one")
os.mkfifo(odd / "pipe", 0o620)
(odd / "loop-a").symlink_to("loop-b")
(odd / "loop-b").symlink_to("loop-a")
(odd / "dangling").symlink_to("/opt/nowhere")
(odd / "relative").symlink_to("../odd/one")
for name in (
    b"with space",
    b"new\nline",
    b"tab\there",
    b"latin-\xe9\xff",
    b"::error::stop",
    b"|<b>@everyone",
    b"-rf",
    b"[0-9]*?",
    b"$(id)`id`",
    b"%s%n",
    b"back\\slash",
    b"quote'\"",
    "\u00e4\u6f22\U0001f600".encode(),
    b"n" * 200,
):
    (odd / os.fsdecode(name)).write_bytes(b"named " + name)
for mode in (0o400, 0o640, 0o1755, 0o600):
    path = odd / f"mode-{mode:o}"
    path.write_text("x")
    path.chmod(mode)
    os.chown(path, 1600, 42)
(odd / "empty").touch()
(odd / "deep" / "0750" / "0700").mkdir(parents=True)
(odd / "deep" / "0750" / "0700" / "file").write_text("deep\n")
for path, mode in (
    (odd / "deep/0750/0700", 0o700),
    (odd / "deep/0750", 0o750),
    (odd / "deep", 0o3775),
):
    os.chown(path, 1600, 42)
    path.chmod(mode)
os.chown(odd / "deep/0750/0700/file", 1600, 1600)
(odd / "old").write_text("from 1999\n")
os.utime(odd / "old", (930000000, 930000000))
(odd / "precise").write_text("to the nanosecond\n")
os.utime(odd / "precise", ns=(1234567890_123456789, 1234567890_123456789))
(odd / "deleted").write_text("gone later\n")
(odd / "rewritten").write_text("first version\n")
(odd / "moved").mkdir()
(odd / "moved" / "inside").write_text("moved with its folder\n")
