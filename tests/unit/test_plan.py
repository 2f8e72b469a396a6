"""The plan: what this daemon can do of what is wanted, and why not the rest."""

from dataclasses import replace

import pytest

from ci_slim.errors import UsageError
from ci_slim.plan import ImagePlan, OtherDaemon, PlatformPlan, filled_tag, make_plan, platform_plan
from ci_slim.platforms import Platform
from ci_slim.platforms import parse as platform
from ci_slim.settings import Settings, parse, without_slimming

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")

TEXT = """\
version: 1
images:
  listener:
    build: {context: src, platforms: [linux/arm/v6, linux/arm64, linux/amd64]}
    tag: registry.example/listener:{version}
    run: {env: {A: b}, port: 5000}
    probes: [{http: /}]
    keep: [/etc/ssl/**]
    budget: {pull: 12 MB}
  other:
    image: other:1
"""


def settings() -> Settings:
    return parse(TEXT, "f.yml", {})


def test_a_plan_has_each_image_with_each_platform() -> None:
    plan = make_plan(settings(), AMD64, {"qemu-arm"}, version="1.2")
    listener, other = plan.images
    wanted, _ = settings().images
    assert listener == ImagePlan(
        name="listener",
        build=wanted.build,
        source=None,
        tag="registry.example/listener:1.2",
        platforms=(
            PlatformPlan(
                Platform("linux", "arm", "v6"),
                "emulated",
                "through qemu-arm, because the daemon is linux/amd64",
            ),
            PlatformPlan(
                ARM64,
                "skipped",
                "the daemon (linux/amd64) has no handler for linux/arm64 (qemu-aarch64); register "
                "it with `docker run --privileged --rm tonistiigi/binfmt --install arm64`",
            ),
            PlatformPlan(AMD64, "native", ""),
        ),
        run=wanted.run,
        probes=wanted.probes,
        slim=wanted.slim,
        budget=wanted.budget,
        templates=("registry.example/listener:{version}",),
    )
    assert (other.build, other.source, other.tag) == (None, "other:1", None)


def test_an_image_without_platforms_is_made_for_the_daemons_own() -> None:
    _, other = make_plan(settings(), Platform("linux", "aarch64"), ()).images
    assert other.platforms == (PlatformPlan(ARM64, "native"),)


@pytest.mark.parametrize(
    ("wanted", "daemon", "handlers", "native", "how"),
    [
        ("linux/amd64", "linux/amd64", (), (), "native"),
        ("linux/386", "linux/amd64", (), (), "native"),
        ("linux/arm64", "linux/amd64", ("qemu-aarch64",), (), "emulated"),
        ("linux/arm64", "linux/amd64", ("linux/arm64",), (), "emulated"),
        ("linux/arm64", "linux/amd64", ("qemu-arm",), (), "skipped"),
        ("linux/arm/v6", "linux/amd64", ("qemu-arm",), (), "emulated"),
        ("linux/arm/v7", "linux/amd64", ("linux/arm/v7",), (), "emulated"),
        ("linux/arm/v6", "linux/amd64", ("linux/arm/v7",), (), "skipped"),
        ("linux/arm/v7", "linux/arm64", (), (), "skipped"),
        ("linux/arm/v7", "linux/arm64", (), ("linux/arm/v7",), "native"),
        ("linux/amd64", "linux/arm64", ("rosetta",), (), "emulated"),
        ("linux/386", "linux/arm64", ("rosetta",), (), "skipped"),
    ],
)
def test_native_emulated_or_skipped(
    wanted: str, daemon: str, handlers: tuple[str, ...], native: tuple[str, ...], how: str
) -> None:
    known = [platform(text) for text in native]
    planned = platform_plan(platform(wanted), platform(daemon), handlers, known)
    assert (planned.platform, planned.how) == (platform(wanted), how)
    assert bool(planned.reason) is (how != "native")


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("linux/arm/v6", "arm"),
        ("linux/arm64", "arm64"),
        ("linux/386", "386"),
        ("linux/riscv64", "riscv64"),
    ],
)
def test_the_reason_names_the_one_command_that_registers_the_handler(
    wanted: str, word: str
) -> None:
    planned = platform_plan(platform(wanted), platform("linux/s390x"), ())
    assert planned.reason.endswith(
        f"`docker run --privileged --rm tonistiigi/binfmt --install {word}`"
    )


def test_a_platform_that_qemu_does_not_know_is_skipped_without_a_command() -> None:
    planned = platform_plan(Platform("linux", "wasm"), AMD64, ())
    assert planned == PlatformPlan(
        Platform("linux", "wasm"), "skipped", "QEMU has no emulator for linux/wasm"
    )


@pytest.mark.parametrize(
    ("tag", "version", "expected"),
    [
        (None, "1.2", None),
        ("app:1", "any/thing", "app:1"),
        ("app:{version}", "1.2-rc.1", "app:1.2-rc.1"),
        ("app:{version}-slim", "dev", "app:dev-slim"),
    ],
)
def test_the_version_is_filled_into_the_tag(
    tag: str | None, version: str, expected: str | None
) -> None:
    assert filled_tag(tag, version) == expected


@pytest.mark.parametrize(
    ("version", "hint"),
    [("feature/x y", "`feature-x-y`"), ("a" * 200, f"`{'a' * 100}`")],
)
def test_a_version_that_no_tag_may_hold_is_refused(version: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        filled_tag("app:{version}", version)
    assert caught.value.where == "--image-version"
    assert caught.value.hint.endswith(f"try {hint}")


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (("x", "x:latest"), "have the same tag"),
        (("x:dev", "x:{version}"), "have the same tag"),
        (("x", f"x:{'y' * 125}"), "is not a tag"),
    ],
)
def test_names_are_held_against_each_other_before_anything_is_built(
    tags: tuple[str, str], problem: str
) -> None:
    # Of two platforms each: then the names in the daemon are longer.
    platforms = "platforms: [linux/amd64, linux/arm64]"
    images = "".join(
        f"  i{n}: {{build: {{context: ., {platforms}}}, tag: '{tag}'}}\n"
        for n, tag in enumerate(tags)
    )
    settings = parse(f"version: 1\nimages:\n{images}", "s.yml", {})
    with pytest.raises(UsageError, match=problem):
        make_plan(settings, AMD64, ())


def test_a_platform_with_a_host_is_planned_for_that_daemon() -> None:
    armv6 = platform("linux/arm/v6")
    board = OtherDaemon("ssh://board", platform("linux/arm/v6"), {"linux/arm/v6"})
    server = OtherDaemon("tcp://server:2376", ARM64, {"linux/arm/v6"}, [])
    listener, _ = make_plan(settings(), AMD64, (), version="1", hosts={armv6: board}).images
    assert listener.platforms[0] == PlatformPlan(armv6, "native", "", "ssh://board")
    assert listener.platforms[1].how == "skipped"
    listener, _ = make_plan(settings(), AMD64, (), version="1", hosts={armv6: server}).images
    assert (listener.platforms[0].how, listener.platforms[0].host) == (
        "emulated",
        "tcp://server:2376",
    )
    native = replace(server, native=[armv6])
    listener, _ = make_plan(settings(), AMD64, (), version="1", hosts={armv6: native}).images
    assert listener.platforms[0].how == "native"


def test_what_is_only_built_uses_no_host() -> None:
    board = OtherDaemon("ssh://board", ARM64, ())
    only_built = without_slimming(settings())
    listener, _ = make_plan(only_built, AMD64, (), version="1", hosts={ARM64: board}).images
    assert [each.host for each in listener.platforms] == ["", "", ""]
