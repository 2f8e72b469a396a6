"""Tests what a program needs to start: loaders, libraries, interpreters."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.observe.observation import How

LOADER = "/lib64/ld-linux-x86-64.so.2"


def test_the_loader_and_all_libraries_of_a_program_are_kept() -> None:
    image = SmallImage(
        {
            "/lib": "-> usr/lib",
            "/lib64": "-> usr/lib64",
            "/usr/sbin/nginx": elf_file("liba.so.1", "libc.so.6", interpreter=LOADER),
            "/usr/lib64/ld-linux-x86-64.so.2": "-> ../lib/x86_64-linux-gnu/ld.so",
            "/usr/lib/x86_64-linux-gnu/ld.so": elf_file(),
            "/usr/lib/x86_64-linux-gnu/liba.so.1": "-> liba.so.1.2",
            "/usr/lib/x86_64-linux-gnu/liba.so.1.2": elf_file("libb.so", "libnowhere.so"),
            "/usr/lib/libb.so": elf_file(),
            "/usr/lib/x86_64-linux-gnu/libc.so.6": elf_file(),
            "/usr/lib/x86_64-linux-gnu/libother.so": elf_file(),
            "/etc/ld.so.cache": "cache",
        }
    )
    assert image.kept("/usr/sbin/nginx", how=How.EXEC) == set(image.files) - {
        "/usr/lib/x86_64-linux-gnu/libother.so"
    }
    keep = image.keep("/usr/sbin/nginx", how=How.EXEC)
    assert keep.reasons["/usr/lib/libb.so"] == (
        "elf: needed by /usr/lib/x86_64-linux-gnu/liba.so.1.2",
    )
    assert keep.reasons["/lib64"] == (f"links: on the way to {LOADER}",)
    assert keep.reasons["/usr/lib/x86_64-linux-gnu/ld.so"] == ("elf: starts /usr/sbin/nginx",)


@pytest.mark.parametrize(
    ("program", "files", "found"),
    [
        (elf_file("l.so", runpath="$ORIGIN/../lib"), {"/opt/app/lib/l.so"}, "/opt/app/lib/l.so"),
        (elf_file("l.so", rpath="${ORIGIN}/x"), {"/opt/app/bin/x/l.so"}, "/opt/app/bin/x/l.so"),
        (elf_file("l.so", runpath="/a:/b"), {"/b/l.so", "/usr/lib/l.so"}, "/b/l.so"),
        (elf_file("l.so", runpath="/a"), {"/env/l.so", "/a/l.so"}, "/env/l.so"),
        (elf_file("l.so", rpath="/a"), {"/env/l.so", "/a/l.so"}, "/a/l.so"),
        (elf_file("l.so"), {"/conf/l.so", "/lib/l.so"}, "/conf/l.so"),
        (elf_file("l.so"), {"/lib/l.so"}, "/lib/l.so"),
        (elf_file("/opt/l.so"), {"/opt/l.so"}, "/opt/l.so"),
        (elf_file("l.so", runpath="/opt/$LIB"), {"/opt/lib64/l.so"}, "/opt/lib64/l.so"),
    ],
)
def test_libraries_are_searched_in_the_loaders_order(
    program: bytes, files: set[str], found: str
) -> None:
    image = SmallImage(
        {
            "/opt/app/bin/run": program,
            "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n# no /more\n",
            "/etc/ld.so.conf.d/x.conf": "/conf\n",
            "/etc/ld.so.conf.d/x.bak": "/never\n",
            **dict.fromkeys(files, elf_file()),
        },
        config={"Env": ["LD_LIBRARY_PATH=/env"]},
    )
    assert image.kept("/opt/app/bin/run") == {"/opt/app/bin/run", found}


@pytest.mark.parametrize(
    ("machine", "bits", "folder"),
    [
        (62, 64, "x86_64-linux-gnu"),
        (183, 64, "aarch64-linux-gnu"),
        (40, 32, "arm-linux-gnueabihf"),
        (40, 32, "arm-linux-gnueabi"),
    ],
)
def test_libraries_for_another_machine_are_skipped(machine: int, bits: int, folder: str) -> None:
    others = {"x86_64-linux-gnu": 62, "aarch64-linux-gnu": 183, "arm-linux-gnueabihf": 40}
    image = SmallImage(
        {
            "/bin/x": elf_file("l.so", machine=machine, bits=bits),
            "/lib/l.so": elf_file(machine=3, bits=32),
            **{
                f"/usr/lib/{name}/l.so": elf_file(machine=number, bits=32 if number == 40 else 64)
                for name, number in others.items()
                if number != machine
            },
            f"/usr/lib/{folder}/l.so": elf_file(machine=machine, bits=bits),
        }
    )
    assert image.kept("/bin/x") == {"/bin/x", f"/usr/lib/{folder}/l.so"}


def test_musl_programs_need_no_cache_and_use_musls_search_path() -> None:
    image = SmallImage(
        {
            "/bin/x": elf_file("l.so", interpreter="/lib/ld-musl-aarch64.so.1", machine=183),
            "/lib/ld-musl-aarch64.so.1": elf_file(machine=183),
            "/etc/ld-musl-aarch64.path": "/special\n/lib\n",
            "/special/l.so": elf_file(machine=183),
            "/lib/l.so": elf_file(machine=183),
            "/etc/ld.so.cache": "x",
            "/etc/hosts": "x",
            "/etc/nsswitch.conf": "x",
        }
    )
    assert image.kept("/bin/x") == {
        "/bin/x",
        "/lib/ld-musl-aarch64.so.1",
        "/special/l.so",
        "/etc/hosts",
    }


def test_broken_elf_files_are_kept_as_they_are() -> None:
    image = SmallImage({"/bin/x": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\xff" * 48})
    assert image.kept("/bin/x") == {"/bin/x"}


def test_libraries_may_need_each_other() -> None:
    image = SmallImage({"/lib/a.so": elf_file("b.so"), "/lib/b.so": elf_file("a.so")})
    assert image.kept("/lib/a.so") == {"/lib/a.so", "/lib/b.so"}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("#!/bin/sh\n", {"/bin/sh", "/bin/dash"}),
        ("#! /bin/sh -e\n", {"/bin/sh", "/bin/dash"}),
        ("#!/usr/bin/env python3\n", {"/usr/bin/env", "/opt/bin/python3"}),
        ("#!/usr/bin/env -S A=1 python3 -u\n", {"/usr/bin/env", "/opt/bin/python3"}),
        ("#!/missing\n", set()),
        ("#!\n", set()),
        ("#", set()),
        ("no script", set()),
    ],
)
def test_the_interpreter_of_a_script_is_kept(line: str, kept: set[str]) -> None:
    image = SmallImage(
        {
            "/run.sh": line,
            "/bin/sh": "-> dash",
            "/bin/dash": "x",
            "/usr/bin/env": "x",
            "/opt/bin/python3": "x",
            "/usr/bin/python3": "not the first in PATH",
        },
        config={"Env": ["PATH=/opt/bin:/usr/bin"]},
    )
    assert image.kept("/run.sh", how=How.EXEC) == {"/run.sh"} | kept


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({"Entrypoint": ["/bin/sh", "-c", "app"], "Cmd": ["x"]}, {"/bin/sh"}),
        ({"Cmd": ["app", "--serve"]}, {"/usr/bin/app"}),
        ({"Cmd": ["./run"], "WorkingDir": "/srv"}, {"/srv/run"}),
        ({"Healthcheck": {"Test": ["CMD", "curl", "-f"]}}, {"/usr/bin/curl"}),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://x || app -1"]}},
            {"/bin/sh", "/usr/bin/curl", "/usr/bin/app"},
        ),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "app"]}, "Shell": ["/bin/bash", "-c"]},
            {"/bin/bash", "/usr/bin/app"},
        ),
        ({"Healthcheck": {"Test": ["NONE"]}}, set()),
        ({"Healthcheck": None, "Cmd": None, "Entrypoint": None, "Env": None}, set()),
        ({"Cmd": ["not-there"]}, set()),
    ],
)
def test_what_starts_the_image_and_its_health_check_is_kept(
    config: dict[str, object], kept: set[str]
) -> None:
    image = SmallImage(
        dict.fromkeys(
            ("/bin/sh", "/bin/bash", "/usr/bin/app", "/usr/bin/curl", "/srv/run", "/usr/bin/other"),
            "x",
        ),
        config=config,
    )
    assert image.kept() == kept
