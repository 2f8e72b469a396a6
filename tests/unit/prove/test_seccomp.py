"""Tests making a seccomp profile from system calls."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.observe.syscalls import TABLES, named
from ci_slim.platforms import Platform, parse
from ci_slim.prove.profiles.seccomp import RUNTIME, allowed, known, profile

AMD64, ARM64, ARMV6 = parse("linux/amd64"), parse("linux/arm64"), parse("linux/arm/v6")
PLATFORMS = [parse(each) for each in TABLES]

seen = st.sets(st.sampled_from(sorted(set().union(*TABLES.values()))), max_size=30)


def rules(platform: Platform, *names: str) -> dict[str, list[dict[str, Any]]]:
    """The rules of a profile by name."""
    document = json.loads(profile(platform, names))
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in document["syscalls"]:
        for name in rule["names"]:
            found.setdefault(name, []).append(rule)
    return found


@pytest.mark.parametrize(
    ("platform", "architectures"),
    [
        (AMD64, ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
        (ARM64, ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]),
        (ARMV6, ["SCMP_ARCH_ARM"]),
        (parse("linux/386"), ["SCMP_ARCH_X86"]),
        (parse("linux/riscv64"), ["SCMP_ARCH_RISCV64"]),
    ],
)
def test_a_profile_is_for_its_platform_and_refuses_what_it_does_not_name(
    platform: Platform, architectures: list[str]
) -> None:
    document = json.loads(profile(platform, ["socket"]))
    assert document["architectures"] == architectures
    assert document["defaultAction"] == "SCMP_ACT_ERRNO"
    assert set(document) == {"defaultAction", "architectures", "syscalls"}


@given(st.sampled_from(PLATFORMS), seen)
def test_a_profile_has_the_observed_calls_and_no_unknown_names(
    platform: Platform, names: set[str]
) -> None:
    found = allowed(platform, names)
    assert found <= set().union(*TABLES.values())
    withheld = names & known(platform) - found
    # refused by Docker's own profile, in any case
    assert all(name not in allowed(platform, [name]) for name in withheld)
    assert names & known(platform) - withheld <= found


@given(st.sampled_from(PLATFORMS), seen)
def test_the_same_calls_give_the_same_text_in_any_order(
    platform: Platform, names: set[str]
) -> None:
    text = profile(platform, sorted(names))
    assert text == profile(platform, sorted(names, reverse=True))
    plain = json.loads(text)["syscalls"][0]["names"]
    assert plain == sorted(set(plain))


@pytest.mark.parametrize("name", ["mount", "unshare", "bpf", "keyctl", "io_uring_setup", "setns"])
@pytest.mark.parametrize("platform", [AMD64, ARM64, ARMV6])
def test_nothing_is_allowed_that_docker_s_own_profile_refuses(
    platform: Platform, name: str
) -> None:
    assert name not in rules(platform, name)


def test_namespaces_cannot_be_created() -> None:
    found = rules(AMD64, "clone", "clone3")
    (clone,), (clone3,) = found["clone"], found["clone3"]
    assert clone["args"] == [
        {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    ]
    # Not EPERM: the C library falls back to clone for this error only.
    assert (clone3["action"], clone3["errnoRet"]) == ("SCMP_ACT_ERRNO", 38)
    (other,) = rules(parse("linux/s390x"), "clone")["clone"]
    assert other["args"][0]["index"] == 1


def test_sockets_have_any_family_that_docker_allows() -> None:
    found = [rule["args"][0] for rule in rules(AMD64, "socket")["socket"]]
    assert [(each["op"], each["value"]) for each in found] == [
        ("SCMP_CMP_LT", 38),
        ("SCMP_CMP_EQ", 39),
        ("SCMP_CMP_GT", 40),
    ]
    assert "socket" not in rules(AMD64)


@pytest.mark.parametrize(
    ("platform", "name", "others"),
    [
        (AMD64, "accept", {"accept4"}),
        (AMD64, "mkdir", {"mkdirat"}),
        (AMD64, "poll", {"ppoll"}),
        (AMD64, "unlink", {"unlinkat", "rmdir"}),
        (ARM64, "renameat", {"renameat2"}),
        (ARM64, "ppoll", set()),
        (ARMV6, "poll", {"ppoll", "ppoll_time64"}),
        (ARMV6, "ppoll_time64", {"poll", "ppoll"}),
        (ARMV6, "timerfd_settime", {"timerfd_settime64"}),
        (ARMV6, "sendfile", {"sendfile64", "copy_file_range"}),
        (ARMV6, "fstatfs64", {"fstatfs"}),
        (ARMV6, "getgroups", {"getgroups32"}),
        (parse("linux/386"), "socket", {"socketcall"}),
        (parse("linux/386"), "socketcall", {"socket", "sendmsg", "recvmmsg_time64"}),
    ],
)
def test_the_alternatives_of_a_call_are_allowed_with_it(
    platform: Platform, name: str, others: set[str]
) -> None:
    without, found = allowed(platform, ()), allowed(platform, [name])
    assert {name, *others} <= found
    assert others.isdisjoint(without) or others <= RUNTIME


def test_names_of_32_bit_programs_come_only_where_one_ran() -> None:
    assert {"socketcall", "_llseek", "mmap2"}.isdisjoint(allowed(AMD64, ["socket", "read"]))
    assert {"socketcall", "_llseek", "mmap2"} <= allowed(AMD64, ["socket", "mmap2"])


def test_the_clock_may_be_asked_where_the_kernel_has_no_vdso() -> None:
    assert {"clock_gettime", "clock_gettime64", "gettimeofday"} <= allowed(ARMV6, ())


def test_runc_s_calls_on_a_64_bit_board_are_in_a_32_bit_profile() -> None:
    assert {"newfstatat", "mmap", "set_tls", "fstatat64"} <= allowed(ARMV6, ())
    assert "mmap" in allowed(parse("linux/386"), ())


@pytest.mark.parametrize(
    ("architecture", "number", "name"),
    [
        ("arm", 414, "ppoll_time64"),
        ("arm", 415, None),
        ("arm", 392, "preadv2"),
        ("arm", 341, "arm_sync_file_range"),
        ("arm64", 435, "clone3"),
        ("arm64", 286, "preadv2"),
        ("arm64", 462, "mseal"),
        ("arm64", 463, None),
        ("mips64le", 5435, "clone3"),
        ("ppc64le", 386, "pkey_mprotect"),
        ("arm", 7, None),
    ],
)
def test_a_number_has_its_name(architecture: str, number: int, name: str | None) -> None:
    assert named(architecture, number) == name
