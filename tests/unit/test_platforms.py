"""Platforms: parsed, normalised, compared; native or emulated."""

import pytest

from ci_slim.errors import UsageError
from ci_slim.platforms import Platform, emulated, handler_name, normalised, parse, same

SPELLINGS = [
    ("linux/amd64", "linux/amd64"),
    ("linux/x86_64", "linux/amd64"),
    ("x86_64", "linux/amd64"),
    ("linux/amd64/v1", "linux/amd64"),
    ("linux/amd64/v3", "linux/amd64/v3"),
    ("linux/arm64", "linux/arm64"),
    ("linux/aarch64", "linux/arm64"),
    ("linux/arm64/v8", "linux/arm64"),
    ("linux/arm64/8", "linux/arm64"),
    ("arm64/v8", "linux/arm64"),
    ("linux/arm", "linux/arm/v7"),
    ("arm", "linux/arm/v7"),
    ("linux/arm/v6", "linux/arm/v6"),
    ("linux/arm/6", "linux/arm/v6"),
    ("arm/v6", "linux/arm/v6"),
    ("armhf", "linux/arm/v7"),
    ("armel", "linux/arm/v6"),
    ("armv7l", "linux/arm/v7"),
    ("Linux/ARM64", "linux/arm64"),
    (" linux/386 ", "linux/386"),
    ("i686", "linux/386"),
    ("linux/riscv64", "linux/riscv64"),
]


@pytest.mark.parametrize(("text", "expected"), SPELLINGS)
def test_every_spelling_parses_to_one_platform(text: str, expected: str) -> None:
    assert str(parse(text)) == expected


@pytest.mark.parametrize("text", sorted({expected for _, expected in SPELLINGS}))
def test_what_is_printed_parses_to_itself(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "`` is not a platform", "write it as os/architecture[/variant]"),
        ("linux/", "`linux/` is not a platform", "write it as"),
        ("linux/arm/v6/x", "`linux/arm/v6/x` is not a platform", "write it as"),
        ("windows/amd64", "`windows/amd64` is not a Linux platform", "ci-slim slims Linux images"),
        ("linux/amr64", "`linux/amr64` names no known", "did you mean `linux/arm64`?"),
        ("linux/armv6", "`linux/armv6` names no known", "did you mean `linux/arm/v6`?"),
        ("linux/zx81", "`linux/zx81` names no known architecture", "write it as"),
        ("linux/arm/v9", "names no known variant", "there is linux/arm/v5, linux/arm/v6"),
        ("linux/386/v2", "names no known variant", "there is linux/386"),
    ],
)
def test_what_is_no_platform_is_refused_with_a_hint(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_an_unknown_platform_of_an_index_survives_normalising() -> None:
    assert str(normalised(Platform("unknown", "unknown"))) == "unknown/unknown"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Platform("linux", "arm64", "v8"), Platform("linux", "aarch64"), True),
        (Platform("linux", "arm"), Platform("linux", "arm", "v7"), True),
        (Platform("linux", "arm", "v6"), Platform("linux", "arm", "v7"), False),
        (Platform("linux", "arm64"), Platform("linux", "arm"), False),
        (Platform("linux", "amd64"), Platform("windows", "amd64"), False),
    ],
)
def test_the_variant_is_part_of_the_identity(a: Platform, b: Platform, expected: bool) -> None:
    assert same(a, b) is expected


@pytest.mark.parametrize(
    ("platform", "daemon", "native", "expected"),
    [
        ("linux/amd64", "linux/amd64", (), False),
        ("linux/386", "linux/amd64", (), False),
        ("linux/amd64", "linux/386", (), True),
        ("linux/amd64/v3", "linux/amd64", (), False),
        ("linux/arm64", "linux/amd64", (), True),
        ("linux/arm/v6", "linux/amd64", (), True),
        ("linux/arm/v7", "linux/arm64", (), True),
        ("linux/arm/v7", "linux/arm64", ("linux/arm/v7",), False),
        ("linux/arm/v6", "linux/arm/v7", (), False),
        ("linux/arm/v7", "linux/arm/v6", (), True),
    ],
)
def test_native_or_emulated(
    platform: str, daemon: str, native: tuple[str, ...], expected: bool
) -> None:
    known = [parse(text) for text in native]
    assert emulated(parse(platform), parse(daemon), known) is expected


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        (Platform("linux", "arm", "v6"), "qemu-arm"),
        (Platform("linux", "arm", "v7"), "qemu-arm"),
        (Platform("linux", "arm64"), "qemu-aarch64"),
        (Platform("linux", "amd64"), "qemu-x86_64"),
        (Platform("linux", "386"), "qemu-i386"),
        (Platform("linux", "ppc64le"), "qemu-ppc64le"),
        (Platform("linux", "wasm"), None),
    ],
)
def test_the_handler_is_named_as_binfmt_misc_has_it(
    platform: Platform, expected: str | None
) -> None:
    assert handler_name(platform) == expected
