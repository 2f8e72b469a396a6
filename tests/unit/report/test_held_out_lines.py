from dataclasses import replace

from reports import replaced, sample

from ci_slim.report.markdown import to_markdown
from ci_slim.report.text import to_text
from ci_slim.result import HeldOut

PASSED = tuple(HeldOut(f"GET /{n}", True, {"own files": 1}, (), ()) for n in range(25))
LONG = ("answered 500; the fat image 200",)
FAILED = HeldOut("GET /late", False, {}, LONG, ("/srv/a/folder/with/a/long/name/late.txt",))


def test_each_held_out_probe_has_a_line_and_the_failed_ones_come_first() -> None:
    found = replaced(sample().images[0].platforms[0], held_out=(*PASSED, FAILED))
    image = replace(sample().images[0], platforms=(found,))
    report = replace(sample(), images=(image,))
    lines = [line.lstrip(" |") for line in to_text(report).splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("GET /late"))
    told = "GET /late: failed: answered 500; the fat image 200; missing: "
    assert lines[first] == f"{told}/srv/a/folder/with/a/long/name/late.txt"
    assert lines[first + 1] == "GET /0: passed; its files were kept by own files (1)"
    assert lines[first + 20] == "and 6 more in the report"
    assert f"{told}/srv/a/folder/with/a/long/name/late.txt" in to_markdown(report)
