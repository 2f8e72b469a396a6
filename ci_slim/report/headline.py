"""The first line of a report: the verdict, what this change did, and the size now."""

from collections.abc import Sequence

from ci_slim.report.cells import growth
from ci_slim.report.summary import Mark, short, standing
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.units import count, factor, size

_NAMED = 3
"""The most platforms that a headline names. It counts the others."""


def headline(report: Report) -> tuple[Mark, str]:
    """The verdict, then what this change did to the pull size, then the pull size."""
    several = len(report.images) > 1
    places = [
        (f"{image.name} {short(p)}" if several else short(p), p)
        for image in report.images
        for p in image.platforms
    ]
    gate = report.gate
    mark: Mark = "good"
    if report.outcome != "passed":
        mark = "bad"
    elif (gate and gate.loosened) or any(standing(p).mark != "good" for _, p in places):
        mark = "warn"
    words, measured = ", ".join(_verdict(report, places)), _change(places)
    return mark, f"{words}; {measured}" if measured else words


_Places = Sequence[tuple[str, PlatformReport]]
"""The name of each platform, and the platform."""


def _verdict(report: Report, places: _Places) -> list[str]:
    words = [standing(p).word for _, p in places]
    on = {word: _on([name for name, p in places if standing(p).word == word], len(places))
          for word in words}  # fmt: skip
    parts = []
    if report.gate is not None and (report.gate.loosened or report.gate.failed):
        parts.append("loosens the rules of the target branch")
    if not report.images and report.outcome == "failed":
        parts.append("nothing was measured")
    elif "failed" in on:
        parts.append("failed" + on["failed"])
    elif report.outcome == "failed" and set(words) == {"skipped"}:
        parts.append("no platform was measured")
    if report.problems and report.images:
        parts.append(
            f"incomplete: {count(len(report.problems), 'job')} ended before anything was measured"
        )
    if "over budget" in on:
        parts.append("over budget" + on["over budget"])
    if report.outcome == "passed":
        if {"within budget", "close to the limit"} & set(words):
            parts.append("within budget")
        elif "budget unknown" not in words:
            parts.append("measured, no budget is set")
    for word in ("close to the limit", "budget unknown", "skipped", "not verified"):
        if word in on and (word != "close to the limit" or report.outcome == "passed"):
            parts.append(word + on[word])
    return parts


def _on(names: Sequence[str], total: int) -> str:
    """The platforms of a verdict, in words; "" if there is only one platform."""
    if total == 1:
        return ""
    if len(names) == total:
        return f" on all {total} platforms"
    if len(names) > _NAMED:
        return f" on {len(names)} of {total} platforms"
    return f" on {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}"


def _change(places: _Places) -> str:
    """The largest growth of all: `pull +49 kB (+2.1 %) on arm/v6, 2.31 MB to 2.45 MB in total`."""
    known = [
        (name, p.baseline.pull_bytes if p.baseline else None, p.result.pull_bytes)
        for name, p in places
        if p.result is not None and p.result.pull_bytes is not None
    ]
    sizes = [now for _, _, now in known if now is not None]
    if not sizes:
        return ""
    least, most = size(min(sizes)), size(max(sizes))
    total = least if least == most else f"{least} to {most}"
    changed = [
        ((now - before) / before, name, growth(before, now))
        for name, before, now in known
        if before and now is not None
    ]
    if not changed:
        return f"pull {total}"
    if all(words == "no change" for _, _, words in changed):
        return f"pull unchanged, {total} in total"
    grew = max(changed)
    _, _, words = grew if grew[0] > 0 else min(changed)
    where = _on([name for _, name, said in changed if said == words], len(places))
    return f"pull {words}{where}, {total} in total"


def slimming(image: ImageReport) -> str:
    """One line about slimming: the smallest and the largest factor, and how it was proved."""
    slimmed = [p for p in image.platforms if p.outcome == "slimmed"]
    smaller = _smaller(slimmed)
    if not smaller:
        return ""
    number = _probes(slimmed)
    proved = f", verified with {number}" if number and all(p.verified for p in slimmed) else ""
    return f"Slimming makes it {smaller}{proved}."


def _probes(slimmed: Sequence[PlatformReport]) -> str:
    """How many probes the slim images answered as expected: `2 probes`, `1 to 2 probes`, or `1 of 2
    probes` if some failed, as on the fat image. "" if there are none."""
    answered = {
        (sum(probe.slim is not None and probe.slim.ok for probe in p.probes), len(p.probes))
        for p in slimmed
    }
    failed = sorted((good, every) for good, every in answered if good < every)
    if failed:
        good, every = failed[0]
        return f"{good} of {count(every, 'probe')}"
    least, most = min(answered)[0], max(answered)[0]
    if least == most:
        return count(least, "probe") if most else ""
    return f"{least} to {most} probes"


def _smaller(platforms: list[PlatformReport]) -> str:
    """The factors by pull size; by disk size if no pull size is known."""
    for words, name in (("to pull", "pull_bytes"), ("on disk", "disk_bytes")):
        pairs = []
        for p in platforms:
            before, after = getattr(p.fat, name), getattr(p.slim, name)
            if before and after:
                pairs.append((before / after, factor(before, after)))
        if pairs:
            least, most = min(pairs)[1], max(pairs)[1]
            return f"{least if least == most else f'{least} to {most}'} smaller {words}"
    return ""
