"""Where the files of an image come from, and what the files of no package need."""

import io
import tarfile

from small_elf import elf_file

from ci_slim.advise.origins import SAME_FROM, Origins, Same, origins
from ci_slim.image.files import FileIndex, LayerContents, read_layer

TWICE = b"x" * SAME_FROM
BASE = {
    "usr/lib/libc.so.6": b"",
    "var/lib/dpkg/info/libc6:amd64.list": b"/usr/lib/libc.so.6\n",
    "big": TWICE,
}
INSTALLED = {
    "usr/lib/libsqlite3.so.0.8": b"",
    "usr/bin/python3": b"",
    "var/lib/dpkg/info/libsqlite3-0.list": b"/usr/lib/libsqlite3.so.0.8\n",
    "var/lib/dpkg/info/python3-minimal.list": b"/usr/bin/python3\n",
    "var/lib/dpkg/info/libc6:amd64.list": b"/usr/lib/libc.so.6\n",
}
MADE = {
    "usr/local/bin/version": elf_file("libsqlite3.so.0", "libc.so.6", "libgone.so.1"),
    "usr/local/lib/plugin.so": elf_file("libc.so.6", machine=183),
    "usr/local/bin/serve": b"#!/usr/bin/env -S PYTHONPATH=/a python3\nx",
    "usr/local/bin/run": b"#!/bin/sh -e\n",
    "usr/local/share/note": b"#!/no/program\n",
    "copy": TWICE,
}


def made() -> Origins:
    tars = []
    for number, files in enumerate((BASE, INSTALLED, MADE)):
        tars.append(io.BytesIO())
        with tarfile.open(fileobj=tars[-1], mode="w") as tar:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(data), 0o755 if "/bin/" in name else 0o644
                tar.addfile(member, io.BytesIO(data))
            if number == 1:
                link = tarfile.TarInfo("usr/lib/libsqlite3.so.0")
                link.type, link.linkname = tarfile.SYMTYPE, "libsqlite3.so.0.8"
                tar.addfile(link)
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    return origins(index, LayerContents(index, tars))


def test_files_of_no_package_need_packages() -> None:
    assert made().needs == {
        "/usr/local/bin/version": ("libc6", "libsqlite3-0"),
        "/usr/local/lib/plugin.so": ("libc6",),
    }
    assert made().machines == {"EM_X86_64", "EM_AARCH64"}


def test_scripts_in_a_folder_bin_have_an_interpreter() -> None:
    assert made().interpreters == {
        "/usr/local/bin/serve": "python3",
        "/usr/local/bin/run": "/bin/sh",
    }


def test_a_package_is_of_the_lowest_layer_that_had_it() -> None:
    found = made()
    assert found.installed == {"libc6": 0, "libsqlite3-0": 1, "python3-minimal": 1}
    assert (found.layers, found.files["/usr/local/bin/run"]) == (3, 2)
    assert found.package("/usr/bin/python3") == "python3-minimal"
    assert found.package("/usr/bin/none") == ""


def test_large_files_with_the_same_content() -> None:
    assert made().same == (Same(SAME_FROM, ("/big", "/copy")),)
