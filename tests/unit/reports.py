"""Reports for the tests of the renderings: three platforms, one over budget, one skipped."""

from dataclasses import replace

from ci_slim.image.sizes import ImageSizes, LayerSize
from ci_slim.judge.budget import BudgetRules, Limits, judge
from ci_slim.platforms import Platform
from ci_slim.result import (
    Artifacts,
    ImageReport,
    Kept,
    PlatformReport,
    ProbeReport,
    ProbeRun,
    Report,
    Seconds,
    Tool,
)

ARMV6 = Platform("linux", "arm", "v6")
ARM64 = Platform("linux", "arm64")
AMD64 = Platform("linux", "amd64")

RULES = BudgetRules(
    Limits(pull=12_000_000, disk=30_000_000, layers=10), {ARM64: Limits(pull=3_000_000)}
)


def digest(letter: str) -> str:
    """A digest of one letter, `a` to `f` or a number."""
    return "sha256:" + letter * 64


def sizes(
    letter: str, pull: int | None, disk: int, *, files: int = 5, layers: int = 2, exact: bool = True
) -> ImageSizes:
    """An image all of whose bytes are in its first layer."""
    return ImageSizes(
        reference=f"listener:{letter}",
        digest=digest(letter),
        pull_bytes=pull,
        pull_exact=exact,
        disk_bytes=disk,
        disk_exact=True,
        files=files,
        layers=tuple(
            LayerSize(digest(str(n)), 0 if n else pull, 0 if n else disk, f"COPY part{n} /")
            for n in range(layers)
        ),
    )


def slimmed(platform: Platform, fat: ImageSizes, slim: ImageSizes) -> PlatformReport:
    """A platform where all went well, judged by `RULES`."""
    return PlatformReport(
        platform=platform,
        emulated=platform != AMD64,
        outcome="slimmed",
        fat=fat,
        slim=slim,
        verified=True,
        rounds=1,
        probes=(
            ProbeReport("POST /poc/api/v1.0/post", "http", ProbeRun(True, 200, 12), _OK),
            ProbeReport("listener --version", "exec", ProbeRun(True, 0, 31), ProbeRun(True, 0, 30)),
        ),
        kept=Kept(9, {"exec": 1, "folder of a kept path": 6, "always: users and groups": 2}),
        verdicts=judge(slim, RULES, platform),
        seconds=Seconds(build=41.2, observe=6.04, closure=0.12, write=0.9, replay=4.5),
        timings={"start": 1.5, "probes": 0.4},
        artifacts=Artifacts(oci_layout="listener/linux-arm-v6"),
    )


_OK = ProbeRun(True, 200, 9)


def sample() -> Report:
    """One image: arm/v6 within budget, arm64 over it and healed, amd64 skipped."""
    arm64 = slimmed(
        ARM64, sizes("c", 341_200_000, 912_345_678, exact=False), sizes("d", 3_100_000, 6_900_000)
    )
    return Report(
        tool=Tool("0.1.0"),
        created="2026-11-23T10:20:30Z",
        images=(
            ImageReport(
                "listener",
                (
                    slimmed(
                        ARMV6,
                        sizes("a", 302_700_000, 871_000_001),
                        sizes("b", 2_800_000, 6_700_000),
                    ),
                    replaced(arm64, healed=("/etc/ssl/certs/ca.pem", "/lib/libz.so.1"), rounds=2),
                    PlatformReport(
                        platform=AMD64,
                        outcome="skipped",
                        reason="no handler is registered",
                        verdicts=judge(None, RULES, AMD64, why_unknown="the platform was skipped"),
                    ),
                ),
            ),
        ),
    )


def replaced(p: PlatformReport, **changes: object) -> PlatformReport:
    """The platform with other values."""
    return replace(p, **changes)  # type: ignore[arg-type]


def of(*platforms: PlatformReport, name: str = "listener") -> Report:
    """A report of one image."""
    return Report(Tool("0.1.0"), "2026-11-23T10:20:30Z", (ImageReport(name, platforms),))
