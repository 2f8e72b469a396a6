"""The Dockerfile: the fat stages, the lists, the slim stage."""

import pytest

from ci_slim.errors import UsageError
from ci_slim.recipe.lists import Line
from ci_slim.recipe.write import SlimPlatform, from_image, with_slim_stage

CONFIG = ('ENV PATH="/bin"', 'ENTRYPOINT ["/app"]')
AMD64 = SlimPlatform(
    "linux-amd64",
    (
        (Line("/lib/x86", "elf", "needed by /app"), Line("/lib/y86", "elf", "needed by /z")),
        (Line("/app", "exec", "executed"), Line("/bin", "links")),
    ),
    CONFIG,
)
ARMV6 = SlimPlatform("linux-arm-v6", ((Line("/lib/arm", "elf", ""),), AMD64.lists[1]), CONFIG)
FAT = "FROM a AS build\nFROM debian:trixie-slim\nRUN make"


def between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def test_the_fat_stages_stay_and_two_follow() -> None:
    text = with_slim_stage(FAT, None, [AMD64, ARMV6], "Dockerfile")
    assert text.startswith("FROM a AS build\nFROM debian:trixie-slim AS ci-slim-fat\nRUN make\n")
    assert "--mount=type=bind,from=ci-slim-fat,target=/fat" in text
    assert text.endswith(
        "# The slim image.\nFROM scratch\n"
        "COPY --from=ci-slim-kept /kept/1/ /\nCOPY --from=ci-slim-kept /kept/2/ /\n"
        'ENV PATH="/bin"\nENTRYPOINT ["/app"]\n'
    )


def test_lists_hold_what_all_platforms_share_and_what_is_of_one() -> None:
    text = with_slim_stage(FAT, None, [AMD64, ARMV6], "Dockerfile")
    assert between(text, "COPY <<'KEEP' /keep/2/all\n", "KEEP\n") == (
        "# exec: executed\n/app\n# links\n/bin\n"
    )
    assert between(text, "COPY <<'KEEP' /keep/1/linux-amd64\n", "KEEP\n") == (
        "# elf: needed by /app, …\n/lib/x86\n/lib/y86\n"
    )
    assert between(text, "COPY <<'KEEP' /keep/1/linux-arm-v6\n", "KEEP\n") == "# elf\n/lib/arm\n"
    assert "/keep/2/linux-amd64" not in text
    assert "for layer in 1 2; do" in text
    for platform in (AMD64, ARMV6):
        assert f"COPY <<'KEEP' /keep/platforms/{platform.name}\nKEEP\n" in text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_foreign_name_in_a_reason_does_not_end_its_list(end: str) -> None:
    line = Line("/app", "literals", f"named in /etc/a{end}KEEP{end}RUN evil{end}COPY <<'KEEP' /b")
    platform = SlimPlatform("linux-amd64", ((line,),), CONFIG)
    lines = with_slim_stage(FAT, None, [platform], "Dockerfile").splitlines()
    assert "RUN evil" not in lines
    assert lines.count("KEEP") == 2  # of the list, and of the platform's mark


@pytest.mark.parametrize(
    ("dockerfile", "target", "named"),
    [
        ("FROM a AS Build\nFROM b\n", "build", "build"),
        ("FROM a\nFROM b\n", "0", "ci-slim-fat"),
        ("FROM a as last\n", None, "last"),
    ],
)
def test_the_stage_is_the_one_that_was_built(
    dockerfile: str, target: str | None, named: str
) -> None:
    text = with_slim_stage(dockerfile, target, [AMD64], "Dockerfile")
    assert f"from={named}," in text
    assert text.count(" AS ci-slim-fat") == (named == "ci-slim-fat")


def test_an_image_without_a_dockerfile_is_the_stage() -> None:
    text = from_image("registry.example/app:1", [AMD64], "app")
    assert text.startswith("FROM registry.example/app:1 AS ci-slim-fat\n")


@pytest.mark.parametrize("name", ["", "a b", "a\nRUN evil", "--platform=x", "$X"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="the image's name"):
        from_image(name, [AMD64], "app")


def test_what_cannot_be_extended_is_refused() -> None:
    with pytest.raises(UsageError, match="has no FROM"):
        with_slim_stage("# nothing\n", None, [AMD64], "Dockerfile")
    with pytest.raises(UsageError, match="another escape character"):
        with_slim_stage("# escape=`\nFROM a\n", None, [AMD64], "Dockerfile")
    other = SlimPlatform("linux-arm64", AMD64.lists, ('ENTRYPOINT ["/other"]',))
    with pytest.raises(UsageError, match="differs between the platforms"):
        with_slim_stage(FAT, None, [AMD64, other], "Dockerfile")
