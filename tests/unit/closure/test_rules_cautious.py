"""Tests the rules for files that no probe used. Each can be switched off."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from small_class import class_file
from small_elf import elf_file
from small_image import SmallImage, program

from ci_slim.closure.close import KeepSet
from ci_slim.closure.rules import CAUTIOUS, RULES, SAFE
from ci_slim.closure.rules.named_packages import installed
from ci_slim.closure.safety import SAFETIES, Safety, at_least
from ci_slim.closure.steps import Step, steps
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How
from ci_slim.options import RULE_NAMES

SITE = "/usr/lib/python3/dist-packages"
WEB = "/usr/share/web"
VENV = "/venv/lib/python3.13/site-packages"
LIB = "/usr/lib/python3.13"
RUBY = "/usr/lib/ruby/vendor_ruby"
PERL = "/usr/share/perl5"
GNU = "/usr/lib/x86_64-linux-gnu"
GO_STRINGS = (
    bytes(3) + b"/-xdf, : ;map%w cdfptrnilintbashboolchanfuncall goroutines are asleep - deadlock!"
)
"""Strings of one to four letters. `cd` and `hboo` are parts of others."""

COPIED = ({"created_by": "base"}, {"created_by": "COPY . /app # buildkit"})
"""The history of an image with two layers. All its files are in one layer here."""

SMALL = "small packages"

LAYER = ({"created_by": "COPY . / # buildkit"},)
"""The history of an image with one copied layer."""

STATUS = """\
Package: tools
Status: install ok installed
Depends: tools-data (= 1), other

Package: tools-data
Source: tools (1)
Status: install ok installed

Package: other
Status: install ok installed
"""


def by_apt(names: str) -> tuple[Mapping[str, object], ...]:
    """The history of an image with one layer of installed packages."""
    return ({"created_by": f"RUN /bin/sh -c apt-get install -y {names} # buildkit"},)


@dataclass(frozen=True)
class Case:
    """The files of an image, of which `used` were used. The rule keeps `kept`. It does not keep
    `not_kept` at `balanced` (at `safe` for a rule of `safe`)."""

    rule: str
    files: dict[str, bytes | str | None]
    used: str | tuple[str, ...]
    kept: set[str]
    not_kept: set[str] = field(default_factory=set)
    history: tuple[Mapping[str, object], ...] = ()
    config: dict[str, object] = field(default_factory=dict)
    how: How = How.OPEN

    @property
    def safety(self) -> Safety:
        """The lowest level at which the rule applies."""
        return "safe" if self.rule in SAFE else "balanced"

    def keep(self, safety: Safety, without: tuple[str, ...] = ()) -> KeepSet:
        """What the image keeps."""
        image = SmallImage(self.files, config=self.config, history=self.history)
        used = (self.used,) if isinstance(self.used, str) else self.used
        others = () if self.rule == SMALL else (SMALL,)  # it would keep what other rules leave out
        return image.keep(*used, how=self.how, safety=safety, without=(*without, *others))


CASES = {
    "a template that no probe asked for": Case(
        "own files",
        {"/app/main.bin": "x", "/app/views/error.html": "x", "/app/.git/HEAD": "x",
         "/app/node_modules/a/index.css": "x", "/app/main.go": "x", "/app/Dockerfile": "x"},
        "/app/main.bin",
        {"/app/views/error.html"},
        {"/app/.git/HEAD", "/app/node_modules/a/index.css", "/app/main.go", "/app/Dockerfile"},
        history=COPIED,
    ),
    "a hook of a repository, and no sample of one": Case(
        "own files",
        {"/srv/tea.git/HEAD": "x", "/srv/tea.git/hooks/update": "x",
         "/srv/tea.git/hooks/update.sample": "x", "/srv/tea.git/settings.sample": "x"},
        "/srv/tea.git/HEAD",
        {"/srv/tea.git/hooks/update", "/srv/tea.git/settings.sample"},
        {"/srv/tea.git/hooks/update.sample"},
    ),
    "a layer that was copied": Case(
        "own files",
        {"/usr/share/a": "x", "/var/lib/b": "x", "/usr/bin/tool": "x",
         "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n"},
        "/usr/share/a",
        {"/var/lib/b"},
        {"/usr/bin/tool"},
        history=LAYER,
    ),
    "what a later step compiled": Case(
        "own files",
        {"/src/main.go": "x", "/src/go.mod": "x", "/src/README.md": "x", "/site/a.html": "x",
         "/usr/local/bin/served": "x"},
        "/usr/local/bin/served",
        {"/site/a.html"},
        {"/src/main.go", "/src/go.mod", "/src/README.md"},
        history=LAYER,
    ),
    "what COPY brought and a later step gave another owner, and what users have": Case(
        "own files",
        {"/used": "x", "/var/mail/all/ada/1": "x", "/home/git/.ssh/keys": "x",
         "/home/git/.cache/a": "x", "/var/lib/a/b": "x"},
        "/used",
        {"/var/mail/all/ada/1", "/home/git/.ssh/keys"},
        {"/home/git/.cache/a", "/var/lib/a/b"},
        history=({"created_by": "COPY a.eml /var/mail/all/ada/1 # buildkit"},
                 {"created_by": "RUN /bin/sh -c chown -R mail /var/mail # buildkit"}),
    ),
    "what lies below the working folder": Case(
        "own files",
        {"/srv/app/run": "x", "/srv/app/data/cities.csv": "x", "/srv/other": "x"},
        "/srv/app/run",
        {"/srv/app/data/cities.csv"},
        {"/srv/other"},
        config={"WorkingDir": "/srv/app"},
    ),
    "a virtual environment without what installs into it": Case(
        "own files",
        {"/venv/bin/serve": "x", "/venv/bin/check": "x", "/venv/bin/pip3.13": "x",
         "/venv/bin/activate.fish": "x", "/venv/share/pip": "x"},
        "/venv/bin/serve",
        {"/venv/bin/check", "/venv/share/pip"},
        {"/venv/bin/pip3.13", "/venv/bin/activate.fish"},
    ),
    "what lies beside the program that is started": Case(
        "own files",
        {"/opt/server/server": "x", "/opt/server/pages/a": "x", "/usr/bin/tool": "x"},
        "/opt/server/server",
        {"/opt/server/pages/a"},
        {"/usr/bin/tool"},
        config={"Cmd": ["/opt/server/server"]},
    ),
    "what a step put into a folder of its own": Case(
        "own files",
        {"/srv/git/demo/HEAD": "x", "/srv/git/demo/objects/0": "x", "/srv/other/a": "x",
         "/data/a": "x", "/usr/lib/a": "x"},
        "/srv/git/demo/HEAD",
        {"/srv/git/demo/objects/0"},
        {"/srv/other/a", "/data/a", "/usr/lib/a"},
    ),
    "what a step names, moves or copies": Case(
        "own files",
        {"/used": "x", "/root/.ssh/id": "x", "/etc/tls/key.pem": "x", "/etc/rotate.d/site": "x",
         "/usr/lib/helper": "/usr/share/help.txt", "/usr/share/help.txt": "x",
         "/tmp/a.tgz": "x", "/usr/bin/tool": "x", "/etc/other": "x",
         "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n"},
        "/used",
        {"/root/.ssh/id", "/etc/tls/key.pem", "/etc/rotate.d/site", "/usr/lib/helper"},
        {"/tmp/a.tgz", "/usr/bin/tool", "/etc/other", "/usr/share/help.txt"},
        history=({"created_by": "RUN /bin/sh -c ssh-keygen -f ~/.ssh/id && ls >/tmp/a.tgz;"
                  " openssl req --keyout=/etc/tls/key.pem && mv /conf/site /etc/rotate.d"
                  " && cp -a /build/helper /usr/lib/ && chmod +x /usr/bin/tool # buildkit"},),
    ),
    "a page that configuration names": Case(
        "literals",
        {"/etc/web/web.conf": "error_page 502 /usr/share/web/50x.html;\nroot /usr/share/web/site;",
         "/usr/share/web/50x.html": "x", "/usr/share/web/site/a.css": "x",
         "/usr/share/web/other.html": "x"},
        "/etc/web/web.conf",
        {"/usr/share/web/50x.html", "/usr/share/web/site/a.css"},
        {"/usr/share/web/other.html"},
    ),
    "an include with a pattern": Case(
        "literals",
        {"/etc/web/web.conf": "include conf.d/*.conf\n", "/etc/web/conf.d/a.conf": "x",
         "/etc/web/conf.d/a.bak": "x"},
        "/etc/web/web.conf",
        {"/etc/web/conf.d/a.conf"},
        {"/etc/web/conf.d/a.bak"},
    ),
    "a file that a program names": Case(
        "literals",
        {"/usr/sbin/served": program() + b"\0/usr/share/served/magic.dat\0/usr/share/doc/a/b\0",
         "/usr/share/served/magic.dat": "x", "/usr/share/doc/a/b": "x"},
        "/usr/sbin/served",
        {"/usr/share/served/magic.dat"},
        {"/usr/share/doc/a/b"},
        how=How.EXEC,
    ),
    "a script that configuration names, but not an interpreter of megabytes for it": Case(
        "literals",
        {"/etc/web/conf.d/web.conf": "on = /usr/sbin/rotate\nadmin = /usr/sbin/enable-mod\n",
         "/usr/sbin/rotate": "#!/bin/sh\n", "/bin/sh": b"x",
         "/usr/sbin/enable-mod": "#!/usr/bin/perl -w\n", "/usr/bin/perl": b"p" * 2_100_000},
        "/etc/web/conf.d/web.conf",
        {"/usr/sbin/rotate"},
        {"/usr/sbin/enable-mod", "/usr/bin/perl"},
    ),
    "what configuration names, and not what its README does": Case(
        "literals",
        {"/etc/web/conf.d/web.conf": "page = /usr/share/web/a.html # /etc/web/conf.d/README\n",
         "/etc/web/conf.d/README": "see /usr/share/web/b.html\n",
         "/usr/share/web/a.html": "x", "/usr/share/web/b.html": "x"},
        "/etc/web/conf.d/web.conf",
        {"/usr/share/web/a.html", "/etc/web/conf.d/README"},
        {"/usr/share/web/b.html"},
    ),
    "programs of a pipeline in a shell script": Case(
        "children",
        {"/opt/backup.sh": "#!/bin/sh\nsqlite3 db .dump | gzip -9 >o # not rm\nfor i in $(seq 3)\n"
         "case $1 in a) find /x | xargs -r stat ;; esac",
         "/usr/bin/sqlite3": "x", "/usr/bin/gzip": "x", "/usr/bin/seq": "x", "/usr/bin/rm": "x",
         "/usr/bin/find": "x", "/usr/bin/stat": "x"},
        "/opt/backup.sh",
        {"/usr/bin/sqlite3", "/usr/bin/gzip", "/usr/bin/seq", "/usr/bin/find", "/usr/bin/stat"},
        {"/usr/bin/rm"},
        how=How.EXEC,
    ),
    "a program that Python starts": Case(
        "children",
        {"/app/main.py": 'import subprocess\nsubprocess.run(["df", "-k"])\nos.system("du|tail")',
         "/usr/bin/df": "x", "/usr/bin/du": "x", "/usr/bin/tail": "x", "/usr/bin/main": "x"},
        "/app/main.py",
        {"/usr/bin/df", "/usr/bin/du", "/usr/bin/tail"},
        {"/usr/bin/main"},
        history=COPIED,
    ),
    "a program that a compiled program starts": Case(
        "commands",
        {"/opt/served": elf_file() + b"\0execvp\0df\0gzip -9\0xrm\0", "/usr/bin/df": "x",
         "/usr/bin/gzip": "x", "/usr/bin/rm": "x"},
        "/opt/served",
        {"/usr/bin/df", "/usr/bin/gzip"},
        {"/usr/bin/rm"},
        how=How.EXEC,
    ),
    "a program that a Go program starts": Case(
        "commands",
        {"/opt/served": elf_file(go=True) + b"os/exec.(*Cmd).Start\0" + GO_STRINGS,
         "/usr/bin/df": "x", "/usr/bin/cd": "x", "/usr/bin/bash": "x", "/usr/bin/hboo": "x"},
        "/opt/served",
        {"/usr/bin/df", "/usr/bin/bash"},
        {"/usr/bin/cd", "/usr/bin/hboo"},
        how=How.EXEC,
    ),
    "what a tool starts that the application calls": Case(
        "commands",
        {"/app/run.sh": "#!/bin/sh\ntar czf x\n", "/bin/sh": "x", "/usr/bin/tar":
         elf_file() + b"\0execvp\0unlzip\0xz\0", "/usr/bin/lzip": "x", "/usr/bin/xz": "x",
         "/usr/bin/zip": "x"},
        "/app/run.sh",
        {"/usr/bin/lzip", "/usr/bin/xz"},
        {"/usr/bin/zip"},
        history=COPIED,
    ),
    "the programs of a package, but no script in a Python that nothing else needs": Case(
        "named packages",
        {"/app/run": "x", "/usr/bin/warp": elf_file(), "/usr/bin/calc": "#!/usr/bin/python3\n",
         "/usr/bin/python3": "-> python3.13", "/usr/bin/python3.13": elf_file(),
         "/usr/lib/python3.13/os.py": "x", "/usr/lib/python3/dist-packages/gdal.py": "x",
         "/var/lib/dpkg/info/gdal.list":
         "/usr/bin/warp\n/usr/bin/calc\n/usr/lib/python3/dist-packages/gdal.py\n"},
        "/app/run",
        {"/usr/bin/warp"},
        {"/usr/bin/calc", "/usr/bin/python3.13", "/usr/lib/python3.13/os.py",
         "/usr/lib/python3/dist-packages/gdal.py"},
        history=by_apt("gdal"),
    ),
    "what a program that the Dockerfile names starts by a path": Case(
        "commands",
        {"/app/run": "x", "/usr/sbin/rotate": elf_file() + b"\0execvp\0/bin/gzip -9\0sort\0",
         "/bin": "-> usr/bin", "/usr/bin/gzip": "x", "/usr/bin/sort": "x",
         "/var/lib/dpkg/info/rotate.list": "/usr/sbin/rotate\n",
         "/var/lib/dpkg/info/others.list": "/usr/bin/gzip\n/usr/bin/sort\n"},
        "/app/run",
        {"/usr/bin/gzip"},
        {"/usr/bin/sort"},
        history=by_apt("rotate"),
    ),
    "a program that a class of Java starts": Case(
        "commands",
        {"/app/App.class": class_file("java/lang/ProcessBuilder", "start", literals=("sort -r",)),
         "/app/Other.class": class_file("java/util/List", literals=("join",)),
         "/usr/bin/sort": "x", "/usr/bin/start": "x", "/usr/bin/join": "x"},
        "/app/App.class",
        {"/usr/bin/sort"},
        {"/usr/bin/start", "/usr/bin/join"},
        history=COPIED,
    ),
    "the other programs of the package that is started": Case(
        "companions",
        {"/usr/sbin/brokerd": "x", "/usr/bin/broker_passwd": "x", "/usr/bin/large": "x" * 600_000,
         "/usr/lib/broker/notes.txt": "x", "/usr/bin/other": "x",
         "/var/lib/dpkg/info/broker.list": "/usr/sbin/brokerd\n/usr/bin/broker_passwd\n"
         "/usr/lib/broker/notes.txt\n/usr/bin/large\n",
         "/var/lib/dpkg/info/other.list": "/usr/bin/other\n"},
        "/usr/sbin/brokerd",
        {"/usr/bin/broker_passwd"},
        {"/usr/bin/large", "/usr/bin/other"},
        how=How.EXEC,
    ),
    "what a script of the package that is started calls": Case(
        "children",
        {"/usr/sbin/brokerd": "x", "/usr/bin/broker_tool": "#!/bin/sh\ndumper | huge\n",
         "/bin/sh": "x", "/usr/bin/dumper": "x", "/usr/bin/huge": "x" * 600_000,
         "/var/lib/dpkg/info/broker.list": "/usr/sbin/brokerd\n/usr/bin/broker_tool\n"},
        "/usr/sbin/brokerd",
        {"/usr/bin/dumper"},
        {"/usr/bin/huge"},
        how=How.EXEC,
    ),
    "no program that brings large libraries, for a script of a package": Case(
        "children",
        {"/usr/sbin/brokerd": "x", "/usr/bin/broker_tool": "#!/bin/sh\nsmall | journal\n",
         "/bin/sh": "x", "/usr/bin/journal": elf_file("libcrypto.so.3"),
         "/usr/bin/small": elf_file(), f"{GNU}/libcrypto.so.3": elf_file() + b"x" * 600_000,
         "/usr/lib/systemd/system-shutdown/broker": "x", "/usr/lib/broker/late": "x",
         "/var/lib/dpkg/info/broker.list": "/usr/sbin/brokerd\n/usr/bin/broker_tool\n"
         "/usr/lib/systemd/system-shutdown/broker\n/usr/lib/broker/late\n"},
        "/usr/sbin/brokerd",
        {"/usr/bin/small"},
        {"/usr/bin/journal", "/usr/lib/systemd/system-shutdown/broker"},
        how=How.EXEC,
    ),
    "a small program that a loaded module of a package calls": Case(
        "children",
        {"/app/node_modules/disk/index.js":
         "const { execFile } = require('child_process');\nrun(['df', '-k', path]); ['large', 1]",
         "/app/node_modules/disk/late.js": "require('child_process').exec('sort')",
         "/app/node_modules/list/index.js": "show(['wc', 'x'])", "/usr/bin/df": "x",
         "/usr/bin/large": "x" * 600_000, "/usr/bin/wc": "x", "/usr/bin/sort": "x"},
        ("/app/node_modules/disk/index.js", "/app/node_modules/list/index.js"),
        {"/usr/bin/df"},
        {"/usr/bin/large", "/usr/bin/wc", "/usr/bin/sort"},
    ),
    "a program that a setting calls": Case(
        "children",
        {"/app/play.yml": "- hosts: a\n  tasks:\n  - ansible.builtin.shell: tar czf x\n"
         "  - name: sort things\n    post_run_hook: [\"wc\", \"-l\"]\n",
         "/usr/bin/tar": "x", "/usr/bin/wc": "x", "/usr/bin/sort": "x"},
        "/app/play.yml",
        {"/usr/bin/tar", "/usr/bin/wc"},
        {"/usr/bin/sort"},
        history=COPIED,
    ),
    "a small shell for people": Case(
        "console",
        {"/usr/bin/server": "x", "/usr/bin/dash": elf_file("libc.so.6"), "/bin/sh": "-> dash",
         "/bin/dash": "-> ../usr/bin/dash", f"{GNU}/libc.so.6": elf_file() + b"x" * 400_000},
        ("/usr/bin/server", f"{GNU}/libc.so.6"),
        {"/bin/sh", "/usr/bin/dash"},
    ),
    "small tools beside the shell": Case(
        "console",
        {"/usr/bin/dash": elf_file("libc.so.6"), "/bin/sh": "-> /usr/bin/dash",
         "/usr/bin/cat": elf_file("libc.so.6"), "/usr/bin/ls": elf_file("libselinux.so.1"),
         "/usr/bin/head": elf_file("libc.so.6"), "/usr/bin/perl": elf_file("libc.so.6"),
         "/usr/bin/tail": elf_file("libc.so.6") + b"x" * 300_000,
         f"{GNU}/libselinux.so.1": elf_file() + b"x" * 300_000,
         f"{GNU}/libc.so.6": elf_file() + b"x" * 400_000},
        "/usr/bin/dash",
        {"/usr/bin/cat", "/usr/bin/head"},
        {"/usr/bin/ls", f"{GNU}/libselinux.so.1", "/usr/bin/tail", "/usr/bin/perl"},
        how=How.EXEC,
    ),
    "all names of busybox that people type": Case(
        "console",
        {"/bin/busybox": elf_file("libc.musl-x86_64.so.1") + b"x" * 800_000,
         "/bin/sh": "-> /bin/busybox", "/bin/ls": "-> /bin/busybox",
         "/usr/bin/find": "-> /bin/busybox", "/usr/bin/telnet": "-> /bin/busybox",
         **{f"/usr/bin/applet{n}": "-> /bin/busybox" for n in range(20)}},
        "/bin/sh",
        {"/bin/ls", "/usr/bin/find"},
        {"/usr/bin/telnet"},
    ),
    "the rest of a database that the run wrote to": Case(
        "state",
        {"/var/lib/db/main/1": "x", "/var/lib/db/main/2": "x" * 6_000_000, "/var/lib/db/log/3": "x",
         "/var/lib/dpkg/status": "", "/var/lib/dpkg/info/db.list": "/var/lib/db/sample\n",
         "/var/lib/db/sample": "x", "/var/lib/other/1": "x"},
        "/var/lib/db/main/1",
        {"/var/lib/db/main/2", "/var/lib/db/log/3"},
        {"/var/lib/db/sample", "/var/lib/other/1"},
        how=How.WRITE | How.OPEN,
    ),
    "data beside that which the run wrote to in an application's folder": Case(
        "state",
        {"/data/main/a/1": "x", "/data/main/b/2": "x", "/data/main/c/3": "x" * 6_000_000,
         "/data/other": "x" * 6_000_000},
        ("/data/main/a/1", "/data/main/b/2"),
        {"/data/main/c/3"},
        {"/data/other"},
        how=How.WRITE,
    ),
    "a repository of git of which the run looked up objects": Case(
        "state",
        {**{f"/srv/{name}/.git/{each}": None for name in ("code", "version")
            for each in ("refs", "objects")},
         "/srv/code/.git/HEAD": "x", "/srv/version/.git/HEAD": "x",
         "/srv/version/.git/objects/83/ff4c": "x",
         "/srv/code/.git/objects/83/ff4c": "x", "/srv/code/.git/refs/heads/main": "x",
         "/srv/code/.git/hooks/update.sample": "x", "/srv/no/objects": None, "/srv/no/HEAD": "x"},
        ("/srv/code/.git/HEAD", "/srv/code/.git/objects", "/srv/version/.git/HEAD",
         "/srv/no/objects"),
        {"/srv/code/.git/objects/83/ff4c", "/srv/code/.git/refs/heads/main"},
        {"/srv/code/.git/hooks/update.sample", "/srv/version/.git/objects/83/ff4c"},
    ),
    "programs beside the one that is started, with the same first word": Case(
        "companions",
        {"/usr/local/bin/redis-server": "x", "/usr/local/bin/redis-cli": "x",
         "/usr/local/bin/gosu": "x"},
        "/usr/local/bin/redis-server",
        {"/usr/local/bin/redis-cli"},
        {"/usr/local/bin/gosu"},
        how=How.EXEC,
    ),
    "a plugin beside one that was loaded": Case(
        "plugins",
        {"/usr/lib/image/coders/png.so": elf_file(), "/usr/lib/image/coders/gif.so": elf_file(),
         "/usr/lib/image/coders/gif.la": "x", "/usr/lib/image/coders/arm.so": elf_file(machine=40),
         "/usr/lib/image/coders/notes": "x", "/usr/lib/image/coders/raw.so":
         elf_file("libraw.so"), "/usr/lib/libraw.so": elf_file() + b"x" * 2_100_000},
        "/usr/lib/image/coders/png.so",
        {"/usr/lib/image/coders/gif.so", "/usr/lib/image/coders/gif.la"},
        {"/usr/lib/image/coders/arm.so", "/usr/lib/image/coders/notes",
         "/usr/lib/image/coders/raw.so", "/usr/lib/libraw.so"},
    ),
    "plugins that configuration names for a later use": Case(
        "plugins",
        {"/usr/sbin/files": elf_file(), f"{GNU}/files/vfs/recycle.so": elf_file("libbin.so"),
         f"{GNU}/files/vfs/audit.so": elf_file(), f"{GNU}/libbin.so": elf_file(),
         f"{GNU}/files/lib90_sieve_plugin.so": elf_file(), f"{GNU}/recycle.so": elf_file(),
         f"{GNU}/others/recycle.so": elf_file(), "/etc/files": None,
         "/etc/files/files.conf": "objects = recycle sieve",
         "/var/lib/dpkg/status": "Package: files\nSource: suite\n\nPackage: files-more\n"
         "Source: suite\n\nPackage: others\n",
         "/var/lib/dpkg/info/files.list": f"/usr/sbin/files\n{GNU}/files/vfs/audit.so\n",
         "/var/lib/dpkg/info/files-more.list": f"{GNU}/files/vfs/recycle.so\n{GNU}/recycle.so\n"
         f"{GNU}/files/lib90_sieve_plugin.so\n",
         "/var/lib/dpkg/info/others.list": f"{GNU}/others/recycle.so\n"},
        ("/usr/sbin/files", "/etc/files/files.conf"),
        {f"{GNU}/files/vfs/recycle.so", f"{GNU}/files/lib90_sieve_plugin.so"},
        {f"{GNU}/files/vfs/audit.so", f"{GNU}/recycle.so", f"{GNU}/others/recycle.so"},
        how=How.EXEC | How.OPEN,
    ),
    "plugins of a program that the run loaded none of": Case(
        "plugins",
        {"/usr/bin/sound": elf_file(), f"{GNU}/sound/flac.so": elf_file("libflac.so"),
         f"{GNU}/libflac.so": elf_file(), f"{GNU}/other/a.so": elf_file(),
         "/usr/bin/chosen": elf_file(), f"{GNU}/chosen/b.so": elf_file(), "/etc/chosen": None,
         "/var/lib/dpkg/info/sound.list": "/usr/bin/sound\n/usr/bin/chosen\n"},
        ("/usr/bin/sound", "/usr/bin/chosen"),
        {f"{GNU}/sound/flac.so"},
        {f"{GNU}/other/a.so", f"{GNU}/chosen/b.so"},
        how=How.EXEC,
    ),
    "data of a library's package in a folder apart": Case(
        "package data",
        {f"{RUBY}/width.rb": "x", "/usr/lib/ruby/data/width.marshal.gz": "x",
         "/usr/lib/ruby/data/other.gz": "x", "/usr/share/doc/ruby-width/data/a": "x",
         "/usr/share/ruby-width/wide.gz": "x", "/usr/share/ruby-width/examples/a": "x",
         "/var/lib/dpkg/info/ruby-width.list": f"{RUBY}/width.rb\n"
         "/usr/lib/ruby/data/width.marshal.gz\n/usr/share/doc/ruby-width/data/a\n"
         "/usr/share/ruby-width/wide.gz\n/usr/share/ruby-width/examples/a\n"},
        f"{RUBY}/width.rb",
        {"/usr/lib/ruby/data/width.marshal.gz", "/usr/share/ruby-width/wide.gz"},
        {"/usr/lib/ruby/data/other.gz", "/usr/share/doc/ruby-width/data/a",
         "/usr/share/ruby-width/examples/a"},
    ),
    "what a late library of PHP loads": Case(
        "php libraries",
        {"/usr/share/php/A/autoload.php":
         "require_once '/usr/share/php/B/autoload.php';", "/usr/share/php/B/autoload.php":
         "include('/usr/share/php/C/autoload.php');", "/usr/share/php/C/autoload.php": "",
         "/usr/share/php/D/autoload.php": ""},
        "/usr/share/php/A/autoload.php",
        {"/usr/share/php/B/autoload.php", "/usr/share/php/C/autoload.php"},
        {"/usr/share/php/D/autoload.php"},
    ),
    "names of ports": Case(
        "system data",
        {f"{GNU}/libc.so.6": elf_file(), "/etc/services": "x", "/etc/rpc": "x"},
        f"{GNU}/libc.so.6",
        {"/etc/services"},
        {"/etc/rpc"},
    ),
    "a key store, and not the library of megabytes for another": Case(
        "system data",
        {f"{GNU}/libsasl2.so.2": elf_file(), f"{GNU}/sasl2/libplain.so": elf_file(),
         f"{GNU}/sasl2/libsql.so": elf_file("libpq.so"),
         f"{GNU}/libpq.so": elf_file() + b"x" * 600_000},
        f"{GNU}/libsasl2.so.2",
        {f"{GNU}/sasl2/libplain.so"},
        {f"{GNU}/sasl2/libsql.so", f"{GNU}/libpq.so"},
    ),
    "the modules of a way to log in": Case(
        "system data",
        {f"{GNU}/libpam.so.0": elf_file(), f"{GNU}/security/pam_unix.so": elf_file(),
         f"{GNU}/security/pam_radius.so": elf_file(), "/etc/pam.d/login": "auth pam_unix.so\n"},
        f"{GNU}/libpam.so.0",
        {f"{GNU}/security/pam_unix.so", "/etc/pam.d/login"},
        {f"{GNU}/security/pam_radius.so"},
    ),
    "the time zones, if an own file names one": Case(
        "system data",
        {"/app/a.tcl": "clock format 0 -timezone :Asia/Tokyo", "/usr/share/zoneinfo/UTC": "x",
         "/usr/share/zoneinfo/Asia/Tokyo": "x", "/usr/share/zoneinfo/tzdata.zi": "x"},
        "/app/a.tcl",
        {"/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/Asia/Tokyo"},
        {"/usr/share/zoneinfo/tzdata.zi"},
        history=COPIED,
    ),
    "descriptions of terminals below a linked folder": Case(
        "system data",
        {"/lib": "-> usr/lib", f"{GNU}/libtinfo.so.6": elf_file(),
         "/usr/lib/terminfo/x/xterm": "x", "/usr/lib/terminfo/w/wyse": "x",
         "/usr/share/terminfo": "-> ../lib/terminfo"},
        f"{GNU}/libtinfo.so.6",
        {"/usr/lib/terminfo/x/xterm"},
        {"/usr/lib/terminfo/w/wyse"},
    ),
    "the time zones that own files name, if all are too large": Case(
        "system data",
        {"/app/a.py": "TZ=Europe/Berlin 'Asia/Tokyo'", "/usr/share/zoneinfo/UTC": "x" * 1_000_000,
         "/usr/share/zoneinfo/Asia/Tokyo": "x", "/usr/share/zoneinfo/Europe/Berlin": "x"},
        "/app/a.py",
        {"/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin"},
        {"/usr/share/zoneinfo/UTC"},
        history=COPIED,
    ),
    "the time zones once, if a distribution has them twice": Case(
        "system data",
        {"/app/a.py": "'Asia/Tokyo'", "/usr/share/zoneinfo/Europe/Berlin": "x" * 600_000,
         "/usr/share/zoneinfo/Asia/Tokyo": "x",
         "/usr/share/zoneinfo/posix/Europe/Berlin": "x" * 600_000},
        "/app/a.py",
        {"/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin"},
        {"/usr/share/zoneinfo/posix/Europe/Berlin"},
        history=COPIED,
    ),
    "what rubygems loads for the first gem": Case(
        "ruby libraries",
        {"/usr/lib/ruby/vendor_ruby/rubygems.rb": "x",
         "/usr/lib/ruby/vendor_ruby/rubygems/dependency.rb": "x",
         "/usr/lib/ruby/vendor_ruby/rubygems/installer.rb": "x"},
        "/usr/lib/ruby/vendor_ruby/rubygems.rb",
        {"/usr/lib/ruby/vendor_ruby/rubygems/dependency.rb"},
        {"/usr/lib/ruby/vendor_ruby/rubygems/installer.rb"},
    ),
    "the part of Perl for files in memory": Case(
        "perl modules",
        {"/app/a.pl": "sub f { open my $f, '<', \\$text or die }", f"{PERL}/PerlIO.pm": "1",
         f"{PERL}/PerlIO/scalar.pm": "1", f"{PERL}/PerlIO/via.pm": "1",
         f"{PERL}/auto/PerlIO/scalar/scalar.so": elf_file()},
        "/app/a.pl",
        {f"{PERL}/PerlIO/scalar.pm", f"{PERL}/auto/PerlIO/scalar/scalar.so"},
        {f"{PERL}/PerlIO/via.pm"},
        history=COPIED,
    ),
    "the compiled parts of a library of Ruby in another folder": Case(
        "ruby libraries",
        {"/app/a.rb": "require 'digest'", "/usr/lib/ruby/2.7.0/digest.rb": "x",
         "/usr/lib/x86_64-linux-gnu/ruby/2.7.0/digest/sha2.so": elf_file(),
         "/usr/lib/x86_64-linux-gnu/ruby/2.7.0/other/sha2.so": elf_file()},
        "/app/a.rb",
        {"/usr/lib/ruby/2.7.0/digest.rb", "/usr/lib/x86_64-linux-gnu/ruby/2.7.0/digest/sha2.so"},
        {"/usr/lib/x86_64-linux-gnu/ruby/2.7.0/other/sha2.so"},
        history=COPIED,
    ),
    "programs of a shell line that a function of the application gets": Case(
        "children",
        {"/app/a.py": "run('cd /tmp && git status | wc -l')\nsay('gzip or tar')",
         "/usr/bin/git": "x", "/usr/bin/wc": "x", "/usr/bin/gzip": "x", "/usr/bin/tar": "x"},
        "/app/a.py",
        {"/usr/bin/git", "/usr/bin/wc"},
        {"/usr/bin/gzip", "/usr/bin/tar"},
        history=COPIED,
    ),
    "the media types that a module of Python reads": Case(
        "system data",
        {"/usr/lib/python3.9/mimetypes.py": "x", "/etc/mime.types": "x", "/etc/mailcap": "x"},
        "/usr/lib/python3.9/mimetypes.py",
        {"/etc/mime.types"},
        {"/etc/mailcap"},
    ),
    "the only database of a library, up to a third of the image": Case(
        "system data",
        {"/usr/lib/libmagic.so.1": elf_file() + b"x" * 9_000_000,
         "/usr/lib/file/magic.mgc": "x" * 3_000_000,
         "/usr/share/misc/magic.mgc": "-> ../../lib/file/magic.mgc",
         "/usr/lib/libhunspell-1.so": elf_file(), "/usr/share/hunspell/a.dic": "x" * 6_000_000},
        ("/usr/lib/libmagic.so.1", "/usr/lib/libhunspell-1.so"),
        {"/usr/lib/file/magic.mgc", "/usr/share/misc/magic.mgc"},
        {"/usr/share/hunspell/a.dic"},
    ),
    "a database only where it is not most of the image": Case(
        "system data",
        {"/usr/lib/libmagic.so.1": elf_file() + b"x" * 5_000_000, "/etc/magic": "# own",
         "/usr/lib/file/magic.mgc": "x" * 3_000_000,
         "/usr/share/misc/magic.mgc": "-> ../../lib/file/magic.mgc"},
        "/usr/lib/libmagic.so.1",
        {"/etc/magic"},
        {"/usr/lib/file/magic.mgc", "/usr/share/misc/magic.mgc"},
    ),
    "the compiled part of a part of a module": Case(
        "perl modules",
        {f"{PERL}/A.pm": "my @parts = ('XS', 'PP');", f"{PERL}/A/XS.pm": "1",
         f"{PERL}/A/PP.pm": "1", f"{PERL}/auto/A/XS/XS.so": elf_file()},
        f"{PERL}/A.pm",
        {f"{PERL}/A/XS.pm", f"{PERL}/A/PP.pm", f"{PERL}/auto/A/XS/XS.so"},
    ),
    "what ActiveSupport and Zeitwerk find by the name of a constant": Case(
        "ruby libraries",
        {f"{RUBY}/jobs.rb": "module Jobs\n  extend ActiveSupport::Autoload\n  eager_autoload do\n"
         "    autoload :ConfiguredJob\n    autoload :HTTPLog # late\n  end\n"
         "  autoload(:TestCase)\n  autoload :Other, \"elsewhere\"\nend\n",
         f"{RUBY}/jobs/configured_job.rb": "", f"{RUBY}/jobs/log/http_log.rb": "",
         f"{RUBY}/jobs/test_case.rb": "", f"{RUBY}/jobs/other.rb": "", f"{RUBY}/elsewhere.rb": "",
         f"{RUBY}/gem.rb": "loader = Zeitwerk::Loader.for_gem\nloader.setup\n",
         f"{RUBY}/gem/late.rb": ""},
        (f"{RUBY}/jobs.rb", f"{RUBY}/gem.rb"),
        {f"{RUBY}/jobs/configured_job.rb", f"{RUBY}/jobs/log/http_log.rb",
         f"{RUBY}/jobs/test_case.rb", f"{RUBY}/elsewhere.rb", f"{RUBY}/gem/late.rb"},
        {f"{RUBY}/jobs/other.rb"},
    ),
    "the modules of a script that an own file names": Case(
        "perl modules",
        {"/app/site.cgi": "exec /usr/bin/wiki",
         "/usr/bin/wiki": "#!/usr/bin/perl\nuse Wiki::Page;\n", "/usr/bin/perl": "x",
         f"{PERL}/Wiki/Page.pm": "1;", f"{PERL}/Wiki/Never.pm": "1;",
         "/var/lib/dpkg/info/wiki.list": f"/usr/bin/wiki\n{PERL}/Wiki/Page.pm\n"},
        "/app/site.cgi",
        {f"{PERL}/Wiki/Page.pm"},
        {f"{PERL}/Wiki/Never.pm"},
        history=COPIED,
    ),
    "another name of the folder of kept modules": Case(
        "other names",
        {"/app/a.pl": "sub f { require Late }", "/usr/share/perl/5.40.1/Late.pm": "1",
         "/usr/share/perl/5.40": "-> 5.40.1", "/usr/share/perl/cross": "-> 5.40.0",
         "/usr/share/perl/5.40.0": None, "/usr/share/perl/file": "-> a.txt",
         "/usr/share/perl/a.txt": "x"},
        "/app/a.pl",
        {"/usr/share/perl/5.40"},
        {"/usr/share/perl/cross", "/usr/share/perl/file"},
        history=COPIED,
    ),
    "the rest of a language's library of which the run opened several files": Case(
        "library folders",
        {**dict.fromkeys((f"/usr/lib/scheme/library/{name}.scm"
                          for name in ("lists", "sets", "pairs", "http")), "x"),
         "/usr/lib/scheme/library/late.scm": "x", "/usr/lib/scheme/library/MANUAL.txt": "x",
         "/usr/lib/scheme/library/large.scm": "x" * 2_000_000, "/usr/lib/scheme/other/few.scm": "x",
         "/var/lib/dpkg/status": "", "/var/lib/dpkg/info/scheme.list":
         "".join(f"/usr/lib/scheme/library/{name}.scm\n" for name in
                 ("lists", "sets", "pairs", "http", "late", "large"))},
        tuple(f"/usr/lib/scheme/library/{name}.scm" for name in ("lists", "sets", "pairs", "http")),
        {"/usr/lib/scheme/library/late.scm"},
        {"/usr/lib/scheme/library/MANUAL.txt", "/usr/lib/scheme/library/large.scm",
         "/usr/lib/scheme/other/few.scm"},
    ),
    "the other classes of an application that a package brought": Case(
        "installed applications",
        {**dict.fromkeys((f"/usr/share/wiki/{name}.php" for name in "abcd"), "x"),
         "/usr/share/wiki/includes/Late.php": "x", "/usr/share/wiki/pages/error.html": "x",
         "/usr/share/wiki/tests/Test.php": "x", "/usr/share/wiki/film.mp4": "x",
         "/usr/share/wiki/Large.php": "x" * 5_000_001, "/usr/share/other/few.php": "x",
         "/var/lib/dpkg/status": "", "/var/lib/dpkg/info/other.list": "/usr/share/other/few.php\n",
         "/var/lib/dpkg/info/wiki.list": "".join(
             f"/usr/share/wiki/{name}\n" for name in
             ("a.php", "b.php", "c.php", "d.php", "includes/Late.php", "pages/error.html",
              "tests/Test.php", "film.mp4", "Large.php"))},
        tuple(f"/usr/share/wiki/{name}.php" for name in "abcd"),
        {"/usr/share/wiki/includes/Late.php", "/usr/share/wiki/pages/error.html"},
        {"/usr/share/wiki/tests/Test.php", "/usr/share/wiki/film.mp4",
         "/usr/share/wiki/Large.php", "/usr/share/other/few.php"},
    ),
    "what scripts of an installed application name in folders above": Case(
        "installed applications",
        {**dict.fromkeys((f"/usr/share/wiki/src/{name}.php" for name in "abc"), "x"),
         "/usr/share/wiki/src/d.php":
         "f(__DIR__ . '/limit.bin'); g(\"$IP/all.lock\", 'rest/routes.dat', 'no.lock')",
         **dict.fromkeys((f"/usr/share/wiki/{name}" for name in
                          ("src/limit.bin", "all.lock", "rest/routes.dat", "rest/no.lock")), "x"),
         "/var/lib/dpkg/status": "",
         "/var/lib/dpkg/info/wiki.list": "".join(
             f"/usr/share/wiki/{name}\n" for name in
             ("src/a.php", "src/b.php", "src/c.php", "src/d.php", "src/limit.bin", "all.lock",
              "rest/routes.dat", "rest/no.lock"))},
        tuple(f"/usr/share/wiki/src/{name}.php" for name in "abcd"),
        {"/usr/share/wiki/src/limit.bin", "/usr/share/wiki/all.lock",
         "/usr/share/wiki/rest/routes.dat"},
        {"/usr/share/wiki/rest/no.lock"},
    ),
    "what a module of Node.js names by its own place": Case(
        "node modules",
        {"/app/node_modules/io/package.json": "{}",
         "/app/node_modules/io/dist/index.js":
         "f(path.join(__dirname, '../client-dist/', name)); g(__dirname + '/../page.tpl');"
         "h(path.resolve(__dirname, '..')); i(path.join(__dirname, '../../other/more.tpl'))",
         "/app/node_modules/io/dist/esm.mjs":
         "new URL('./grammar.bnf', import.meta.url); j(import.meta.dirname, 'views')",
         "/app/node_modules/io/dist/grammar.bnf": "x", "/app/node_modules/io/dist/views/a.tpl": "x",
         **dict.fromkeys((f"/app/node_modules/io/client-dist/{name}" for name in
                          ("io.min.js", "io.min.js.map", "README.md", "docs/guide.js")), "x"),
         "/app/node_modules/io/client-dist/large.min.js": "x" * 1_100_000,
         "/app/node_modules/io/much.js": "x" * 600_000,
         "/app/node_modules/io/page.tpl": "x", "/app/node_modules/io/rest.tpl": "x",
         "/app/node_modules/other/more.tpl": "x"},
        ("/app/node_modules/io/dist/index.js", "/app/node_modules/io/dist/esm.mjs"),
        {"/app/node_modules/io/client-dist/io.min.js", "/app/node_modules/io/page.tpl",
         "/app/node_modules/io/dist/grammar.bnf", "/app/node_modules/io/dist/views/a.tpl"},
        {"/app/node_modules/io/client-dist/io.min.js.map", "/app/node_modules/io/rest.tpl",
         "/app/node_modules/io/client-dist/README.md", "/app/node_modules/other/more.tpl",
         "/app/node_modules/io/client-dist/docs/guide.js",
         "/app/node_modules/io/client-dist/large.min.js"},
    ),
    "what a page of a package names, and what that names": Case(
        "pages",
        {f"{WEB}/ui/index.html":
         "<link href='/ui/style.css?v=3'><script src=lib/app.min.js></script><img src='a%20b.png'>"
         "<a href=more/two.html#x><a href=//elsewhere/x.js><a href='https:lib/not.js'>"
         "<script src='/served/as/lib/late.js'></script>{{ x }} <img src={{ y }}>",
         f"{WEB}/ui/style.css": "@import 'print.css'; a { b: url( \"img/i.svg\" ) }",
         f"{WEB}/ui/print.css": "a { b: url(f.woff2) url(data:x) }", f"{WEB}/ui/f.woff2": "x",
         f"{WEB}/ui/img/i.svg": "x", f"{WEB}/ui/a b.png": "x",
         f"{WEB}/ui/lib/app.min.js": "import('./part.js'); g('lib/chunk.js', 'x.js')",
         **dict.fromkeys((f"{WEB}/ui/lib/{name}.js" for name in
                          ("part", "chunk", "late", "not", "unnamed")), "x"),
         f"{WEB}/ui/more/two.html": "<img src=../three.gif>", f"{WEB}/ui/three.gif": "x",
         "/usr/share/doc/x/a.html": "<img src=b.gif>", "/usr/share/doc/x/b.gif": "x"},
        (f"{WEB}/ui/index.html", "/usr/share/doc/x/a.html"),
        {f"{WEB}/ui/style.css", f"{WEB}/ui/print.css", f"{WEB}/ui/f.woff2",
         f"{WEB}/ui/img/i.svg", f"{WEB}/ui/a b.png", f"{WEB}/ui/lib/app.min.js",
         f"{WEB}/ui/lib/part.js", f"{WEB}/ui/lib/chunk.js", f"{WEB}/ui/lib/late.js",
         f"{WEB}/ui/more/two.html", f"{WEB}/ui/three.gif"},
        {f"{WEB}/ui/lib/not.js", f"{WEB}/ui/lib/unnamed.js", "/usr/share/doc/x/b.gif"},
    ),
    "what pages name, up to a size, and other pages last": Case(
        "pages",
        {f"{WEB}/a.html": "<a href=b.html><img src=c.gif><img src=d.gif>",
         f"{WEB}/b.html": "x" * 500_000, f"{WEB}/c.gif": "x" * 800_000,
         f"{WEB}/d.gif": "x" * 900_000},
        f"{WEB}/a.html",
        {f"{WEB}/c.gif"},
        {f"{WEB}/b.html", f"{WEB}/d.gif"},
    ),
    "small packages that an installed application of Node.js may do without": Case(
        "node modules",
        {"/opt/lib/node_modules/mail/bin/mail": "#!/usr/bin/env node\n",
         "/opt/lib/node_modules/mail/package.json":
         '{"optionalDependencies": {"mail-dkim": "1", "mail-large": "1", "none": "1"}}',
         "/opt/lib/node_modules/mail/node_modules/mail-dkim/index.js": "",
         "/opt/lib/node_modules/mail/node_modules/mail-dkim/test/index.js": "",
         "/opt/lib/node_modules/mail/node_modules/mail-large/index.js": "x" * 600_000,
         "/opt/lib/node_modules/mail/node_modules/other/index.js": ""},
        "/opt/lib/node_modules/mail/bin/mail",
        {"/opt/lib/node_modules/mail/node_modules/mail-dkim/index.js"},
        {"/opt/lib/node_modules/mail/node_modules/mail-dkim/test/index.js",
         "/opt/lib/node_modules/mail/node_modules/mail-large/index.js",
         "/opt/lib/node_modules/mail/node_modules/other/index.js"},
        how=How.EXEC,
    ),
    "the modules of a package whose own program ran, and not those of a library": Case(
        "installed applications",
        {"/usr/bin/photos": "#!/usr/bin/perl\n", "/usr/bin/perl": "x",
         **dict.fromkeys((f"{PERL}/{name}/{each}.pm" for name in ("Photos", "Library")
                          for each in ("A", "B", "C", "D", "Late")), "1;"),
         "/var/lib/dpkg/status": "",
         "/var/lib/dpkg/info/photos.list": "/usr/bin/photos\n" + "".join(
             f"{PERL}/Photos/{each}.pm\n" for each in ("A", "B", "C", "D", "Late")),
         "/var/lib/dpkg/info/library.list": "".join(
             f"{PERL}/Library/{each}.pm\n" for each in ("A", "B", "C", "D", "Late"))},
        tuple(f"{PERL}/{name}/{each}.pm" for name in ("Photos", "Library") for each in "ABCD"),
        {f"{PERL}/Photos/Late.pm"},
        {f"{PERL}/Library/Late.pm"},
        config={"Entrypoint": ["/usr/bin/photos"]},
    ),
    "data that a library in use depends on, but not a part of another kind": Case(
        "data packages",
        {f"{GNU}/libconf.so.1": elf_file(), f"{GNU}/libidle.so.1": elf_file(),
         "/usr/share/conf/a.aug": "x", "/usr/share/conf/large.aug": "x" * 1_100_000,
         "/usr/share/doc/conf-data/README": "x", "/usr/share/parts/a.txt": "x",
         "/usr/share/idle/a.txt": "x", "/usr/lib/parts/b.so": elf_file(),
         "/var/lib/dpkg/status": "Package: libconf1\nDepends: conf-data (>= 1), parts\n\n"
         "Package: libidle1\nDepends: idle-data\n",
         "/var/lib/dpkg/info/libconf1.list": f"{GNU}/libconf.so.1\n",
         "/var/lib/dpkg/info/libidle1.list": f"{GNU}/libidle.so.1\n",
         "/var/lib/dpkg/info/conf-data.list": "/usr/share/conf/a.aug\n/usr/share/conf/large.aug\n"
         "/usr/share/doc/conf-data/README\n",
         "/var/lib/dpkg/info/parts.list": "/usr/share/parts/a.txt\n/usr/lib/parts/b.so\n",
         "/var/lib/dpkg/info/idle-data.list": "/usr/share/idle/a.txt\n"},
        f"{GNU}/libconf.so.1",
        {"/usr/share/conf/a.aug"},
        {"/usr/share/conf/large.aug", "/usr/share/doc/conf-data/README", "/usr/share/parts/a.txt",
         "/usr/share/idle/a.txt"},
    ),
    "the machine code of a package of a language that no rule knows": Case(
        "library folders",
        {"/usr/lib/erlang/lib/xml-1/ebin/xml.beam": "x", f"{GNU}/libxml-1.so": elf_file(),
         "/usr/lib/erlang/lib/xml-1/priv/xml.so": elf_file(),
         "/usr/lib/erlang/lib/db-1/priv/db.so": elf_file() + b"x" * 600_000,
         "/usr/lib/erlang/lib/db-1/ebin/db.beam": "x",
         "/var/lib/dpkg/info/xml.list": "/usr/lib/erlang/lib/xml-1/ebin/xml.beam\n"
         f"/usr/lib/erlang/lib/xml-1/priv/xml.so\n{GNU}/libxml-1.so\n",
         "/var/lib/dpkg/info/db.list":
         "/usr/lib/erlang/lib/db-1/ebin/db.beam\n/usr/lib/erlang/lib/db-1/priv/db.so\n"},
        ("/usr/lib/erlang/lib/xml-1/ebin/xml.beam", "/usr/lib/erlang/lib/db-1/ebin/db.beam"),
        {"/usr/lib/erlang/lib/xml-1/priv/xml.so"},
        {"/usr/lib/erlang/lib/db-1/priv/db.so", f"{GNU}/libxml-1.so"},
    ),
    "all of the few names of a program, in a folder that PATH has twice": Case(
        "other names",
        {"/usr/bin/busy": elf_file() + b"x" * 600_000, "/bin": "-> usr/bin",
         **{f"/usr/bin/busy{n}": "-> busy" for n in range(20)}},
        "/usr/bin/busy",
        {f"/usr/bin/busy{n}" for n in range(20)},
        how=How.EXEC,
    ),
    "the commands that npm linked to a kept package": Case(
        "other names",
        {"/usr/lib/node_modules/hub/index.js": "", "/usr/lib/node_modules/hub/package.json": "{}",
         "/usr/lib/node_modules/hub/bin/token": "#!/usr/bin/env node\n",
         "/usr/bin/hub-token": "-> ../lib/node_modules/hub/bin/token",
         "/usr/bin/hub": "-> ../lib/node_modules/hub",
         "/usr/bin/none": "-> ../lib/node_modules/other/bin/none"},
        ("/usr/lib/node_modules/hub/index.js", "/usr/lib/node_modules/hub/bin/token"),
        {"/usr/bin/hub-token"},
        {"/usr/bin/hub", "/usr/bin/none"},
    ),
    "the locales that own files name": Case(
        "locales",
        {"/app/a.py": "setlocale(LC_ALL, 'de_DE.UTF-8'); x = 'C.UTF-8', \"fr_FR\", nl_NL, 'it'",
         "/usr/lib/locale/de_DE.utf8/LC_TIME": "x", "/usr/lib/locale/de_DE/LC_TIME": "x",
         "/usr/lib/locale/C.utf8/LC_CTYPE": "x", "/usr/lib/locale/fr_FR/LC_TIME": "x",
         "/usr/lib/locale/nl_NL/LC_TIME": "x", "/usr/lib/locale/it/LC_TIME": "x",
         "/usr/lib/locale/locale-archive": "x"},
        "/app/a.py",
        {"/usr/lib/locale/de_DE.utf8/LC_TIME", "/usr/lib/locale/C.utf8/LC_CTYPE",
         "/usr/lib/locale/fr_FR/LC_TIME", "/usr/lib/locale/locale-archive"},
        {"/usr/lib/locale/de_DE/LC_TIME", "/usr/lib/locale/nl_NL/LC_TIME",
         "/usr/lib/locale/it/LC_TIME"},
        history=COPIED,
    ),
    "no locale that is too large": Case(
        "locales",
        {"/app/a.sh": "export LC_ALL=C.UTF-8", "/usr/lib/locale/C.utf8/LC_CTYPE": "x",
         "/usr/lib/locale/locale-archive": "x" * 5_000_001},
        "/app/a.sh",
        {"/usr/lib/locale/C.utf8/LC_CTYPE"},
        {"/usr/lib/locale/locale-archive"},
        history=COPIED,
    ),
    "the converters of characters for a library that opens them": Case(
        "locales",
        {"/app/a.php": "iconv('EUC-JP', 'UTF-8', x)", f"{GNU}/libxml2.so.2": elf_file(),
         f"{GNU}/gconv/ISO8859-1.so": elf_file(), f"{GNU}/gconv/CP1252.so": elf_file(),
         f"{GNU}/gconv/UTF-16.so": elf_file(),
         f"{GNU}/gconv/EUC-JP.so": elf_file(), f"{GNU}/gconv/BIG5.so": elf_file(),
         f"{GNU}/gconv/gconv-modules": "#\nalias UJIS// EUC-JP//\n",
         f"{GNU}/gconv/gconv-modules.d/a.conf": "module EUC-JP// INTERNAL EUC-JP 1\n"
         "module INTERNAL BIG5// BIG5 1\nmodule broken\n"},
        f"{GNU}/libxml2.so.2",
        {f"{GNU}/gconv/ISO8859-1.so", f"{GNU}/gconv/CP1252.so", f"{GNU}/gconv/EUC-JP.so",
         f"{GNU}/gconv/UTF-16.so",
         f"{GNU}/gconv/gconv-modules", f"{GNU}/gconv/gconv-modules.d/a.conf"},
        {f"{GNU}/gconv/BIG5.so"},
        history=COPIED,
    ),
    "the converters of characters for a library through which a language opens them": Case(
        "locales",
        {"/app/a.lua": "require 'iconv'.new('utf-8', 'CP852')",
         f"{GNU}/lua/5.1/iconv.so": "-> ../../liblua5.1-iconv.so.0",
         f"{GNU}/liblua5.1-iconv.so.0": elf_file(),
         f"{GNU}/gconv/ISO8859-2.so": elf_file(), f"{GNU}/gconv/IBM852.so": elf_file(),
         f"{GNU}/gconv/BIG5.so": elf_file(),
         f"{GNU}/gconv/gconv-modules":
         "alias CP852// IBM852//\nmodule IBM852// INTERNAL IBM852 1\n"},
        (f"{GNU}/lua/5.1/iconv.so", f"{GNU}/liblua5.1-iconv.so.0"),
        {f"{GNU}/gconv/ISO8859-2.so", f"{GNU}/gconv/IBM852.so"},
        {f"{GNU}/gconv/BIG5.so"},
        history=COPIED,
    ),
    "a module of the standard library that is named or started as a program": Case(
        "python modules",
        {"/app/a.py": "import shelve\nnames = ['json.tool']\nrun(['python3', '-m', 'zipapp'])",
         f"{LIB}/os.py": "", f"{LIB}/json/__init__.py": "",
         f"{LIB}/json/tool.py": "", f"{LIB}/zipapp.py": "", f"{LIB}/shelve.py": "import dbm",
         f"{LIB}/dbm/__init__.py": "n = ['dbm.sqlite3']\n__import__(n[0])",
         f"{LIB}/dbm/sqlite3.py": "", f"{LIB}/dbm/dumb.py": ""},
        f"{LIB}/os.py",
        {f"{LIB}/json/tool.py", f"{LIB}/zipapp.py", f"{LIB}/dbm/sqlite3.py"},
        {f"{LIB}/dbm/dumb.py"},
        history=COPIED,
    ),
    "a library of Ruby that a method of the core loads": Case(
        "ruby libraries",
        {"/app/a.rb": "x.unicode_normalize(:nfd); Digest::SHA512.hexdigest(x)",
         "/usr/lib/x86_64-linux-gnu/ruby/2.7.0/digest/sha2.so": elf_file(),
         "/usr/lib/ruby/3.3.0/unicode_normalize/normalize.rb": "require_relative 'tables'",
         "/usr/lib/ruby/3.3.0/unicode_normalize/tables.rb": "x"},
        "/app/a.rb",
        {"/usr/lib/x86_64-linux-gnu/ruby/2.7.0/digest/sha2.so",
         "/usr/lib/ruby/3.3.0/unicode_normalize/normalize.rb",
         "/usr/lib/ruby/3.3.0/unicode_normalize/tables.rb"},
        history=COPIED,
    ),
    "the encodings of Perl that an own file names": Case(
        "perl modules",
        {"/app/a.pl": "open my $f, '<:encoding(EUC-JP)', $x; if ($y) { require charnames }",
         f"{PERL}/Encode.pm": "1", f"{PERL}/PerlIO/encoding.pm": "1", f"{PERL}/charnames.pm": "1",
         f"{PERL}/Encode/Config.pm": "  'euc-jp' => 'Encode::JP',\n  'big5' => 'Encode::TW',\n",
         f"{PERL}/Encode/JP.pm": "1", f"{PERL}/Encode/TW.pm": "1"},
        "/app/a.pl",
        {f"{PERL}/Encode.pm", f"{PERL}/PerlIO/encoding.pm", f"{PERL}/Encode/JP.pm",
         f"{PERL}/charnames.pm"},
        {f"{PERL}/Encode/TW.pm"},
        history=COPIED,
    ),
    "a Perl module whose name ends in a variable": Case(
        "perl modules",
        {"/usr/share/perl5/Wiki.pm": 'require "Wiki::Setup::$kind";\nmy @default = qw{edit link};\n'
         '$mod = "Wiki::Plugin::" . $name;\n',
         "/usr/share/perl5/Wiki/Setup/Yaml.pm": "1;", "/usr/share/perl5/Wiki/Other/A.pm": "1;",
         **{f"/usr/share/perl5/Wiki/Plugin/{name}.pm": "1;" + "#" * 80_000
            for name in ("edit", "link", "chosen", "idle", "idle2")},
         "/etc/wiki.conf": "plugins: chosen"},
        ("/usr/share/perl5/Wiki.pm", "/etc/wiki.conf"),
        {"/usr/share/perl5/Wiki/Setup/Yaml.pm",
         *(f"/usr/share/perl5/Wiki/Plugin/{name}.pm" for name in ("edit", "link", "chosen"))},
        {"/usr/share/perl5/Wiki/Other/A.pm", "/usr/share/perl5/Wiki/Plugin/idle.pm"},
    ),
    "a class of a PHP library that a script names": Case(
        "php libraries",
        {"/usr/share/php/Net/Sieve.php": "", "/usr/share/php/Symfony/Clock/Now.php": "",
         "/usr/share/php/Mail/Mime.php": "", "/usr/share/php/Other/B.php": "",
         "/srv/a.php": "use Symfony\\Clock\\Now;\n$s = new Net_Sieve();\nMail_Mime::make();"},
        "/srv/a.php",
        {"/usr/share/php/Net/Sieve.php", "/usr/share/php/Symfony/Clock/Now.php",
         "/usr/share/php/Mail/Mime.php"},
        {"/usr/share/php/Other/B.php"},
    ),
    "the folder with the name of a PHP script": Case(
        "php libraries",
        {"/usr/share/geshi/geshi.php": "", "/usr/share/geshi/geshi/python.php": "",
         "/usr/share/geshi/other/a.php": "",
         "/var/lib/dpkg/info/geshi.list": "/usr/share/geshi/geshi.php\n"},
        "/usr/share/geshi/geshi.php",
        {"/usr/share/geshi/geshi/python.php"},
        {"/usr/share/geshi/other/a.php"},
    ),
    "what a module of the standard library imports from its folder in a function": Case(
        "python modules",
        {f"{LIB}/multi/context.py": "import zlib\ndef f():\n    from .pool import Pool\n",
         f"{LIB}/multi/pool.py": "", f"{LIB}/multi/other.py": "", f"{LIB}/multi/__init__.py": "",
         f"{LIB}/zlib.py": ""},
        (f"{LIB}/multi/context.py", f"{LIB}/multi/__init__.py"),
        {f"{LIB}/multi/pool.py"},
        {f"{LIB}/multi/other.py", f"{LIB}/zlib.py"},
    ),
    "what a package offers lazily, its settings name and a stored object has": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "if TYPE_CHECKING:\n    from .files import f\nlazy_importer()\n",
         f"{SITE}/a/files.py": "", f"{SITE}/a/other.py": "",
         f"{SITE}/a/theme.conf": "style = a.support.Style\n", f"{SITE}/a/support.py": "",
         f"{SITE}/a/en.dat": b"\x80\x02}q\x00ca.numbers\nPattern\nq\x01",
         f"{SITE}/a/numbers.py": "",
         f"{SITE}/b/__init__.py": "if TYPE_CHECKING:\n    from .late import f\n",
         f"{SITE}/b/late.py": ""},
        (f"{SITE}/a/__init__.py", f"{SITE}/b/__init__.py", f"{SITE}/a/theme.conf",
         f"{SITE}/a/en.dat"),
        {f"{SITE}/a/files.py", f"{SITE}/a/support.py", f"{SITE}/a/numbers.py"},
        {f"{SITE}/b/late.py", f"{SITE}/a/other.py"},
    ),
    "a package that was installed by name and not used": Case(
        "named packages",
        {"/usr/bin/tool": "x", "/usr/share/tools/t.dat": "x", "/usr/share/doc/tools/a": "x",
         "/usr/share/tools/more": "x", "/usr/bin/other": "x", "/used": "x",
         "/var/lib/dpkg/status": STATUS,
         "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n/usr/share/doc/tools/a\n",
         "/var/lib/dpkg/info/tools-data.list":
         "/usr/share/tools/t.dat\n/usr/share/tools/more\n/usr/share/tools/x.d.ts\n"
         "/usr/share/tools/doc/all.pdf\n",
         "/usr/share/tools/x.d.ts": "x", "/usr/share/tools/doc/all.pdf": "x",
         "/var/lib/dpkg/info/other.list": "/usr/bin/other\n"},
        "/used",
        {"/usr/bin/tool", "/usr/share/tools/t.dat", "/usr/share/tools/more"},
        {"/usr/share/doc/tools/a", "/usr/bin/other", "/usr/share/tools/x.d.ts",
         "/usr/share/tools/doc/all.pdf"},
        history=by_apt("--no-install-recommends tools=1.0 ca-certificates"),
    ),
    "data of a named package from another source, with what its links lead to": Case(
        "named packages",
        {"/usr/bin/tool": "x", "/usr/share/tools/js": "-> ../javascript/jq", "/used": "x",
         "/usr/share/javascript/jq/jq.js": "x", "/usr/share/javascript/other/o.js": "x",
         "/usr/share/tools/all": "-> ../javascript", "/var/lib/dpkg/status": STATUS.replace(
             "Source: tools (1)", "Source: haskell-tools"),
         "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n",
         "/var/lib/dpkg/info/tools-data.list": "/usr/share/tools/js\n",
         "/var/lib/dpkg/info/libjs.list":
         "/usr/share/javascript/jq/jq.js\n/usr/share/javascript/other/o.js\n"},
        ("/used", "/usr/bin/tool"),
        {"/usr/share/tools/js", "/usr/share/javascript/jq/jq.js"},
        {"/usr/share/javascript/other/o.js"},
        history=by_apt("tools"),
    ),
    "a link of a named package to a folder of many packages brings none of them": Case(
        "named packages",
        {"/usr/bin/tool": "x", "/used": "x", "/usr/lib/modules": "-> ../share/modules",
         "/usr/lib/theme": "-> ../share/theme", "/usr/share/theme/a.css": "x",
         "/var/lib/dpkg/status": "",
         "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n/usr/lib/modules\n/usr/lib/theme\n",
         "/var/lib/dpkg/info/theme.list": "/usr/share/theme/a.css\n",
         **{f"/usr/share/modules/{name}.js": "x" for name in "abcde"},
         **{f"/var/lib/dpkg/info/{name}.list": f"/usr/share/modules/{name}.js\n"
            for name in "abcde"}},
        ("/used", "/usr/bin/tool"),
        {"/usr/lib/modules", "/usr/share/theme/a.css"},
        {f"/usr/share/modules/{name}.js" for name in "abcde"},
        history=by_apt("tools"),
    ),
    "a module of an installed package that is imported in a function": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "def f():\n    import a.late\n    import optional",
         f"{SITE}/a/late.py": "x = ['a.plugins.one', 'a.nothing', 'a.testing']",
         f"{SITE}/a/testing.py": "", f"{SITE}/a/plugins/one.py": "",
         f"{SITE}/a/plugins/two.py": "", f"{SITE}/optional.py": "", f"{LIB}/os.py": "",
         f"{SITE}/a/tests/test_a.py": "", f"{SITE}/a/page.html": "x"},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/late.py", f"{SITE}/a/plugins/one.py", f"{SITE}/a/page.html",
         f"{SITE}/a/testing.py"},
        {f"{SITE}/a/plugins/two.py", f"{SITE}/optional.py", f"{SITE}/a/tests/test_a.py"},
    ),
    "a companion that the distribution requires": Case(
        "python modules",
        {f"{SITE}/a.py": "def f():\n    import b, c", f"{SITE}/b.py": "", f"{SITE}/c.py": "",
         f"{SITE}/a-1.dist-info/METADATA": "Requires-Dist: B>=2\nRequires-Dist: c; extra == 'x'\n"},
        f"{SITE}/a.py",
        {f"{SITE}/b.py"},
        {f"{SITE}/c.py"},
    ),
    "modules whose names are put together": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": 'import_module(f"a.backends.pdf_{name}")',
         f"{SITE}/a/backends/pdf_one.py": "", f"{SITE}/a/backends/svg.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/backends/pdf_one.py"},
        {f"{SITE}/a/backends/svg.py"},
    ),
    "modules in packages whose names are put together": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "import_module('a.locale.%02s.formats' % name)",
         f"{SITE}/a/locale/de/__init__.py": "", f"{SITE}/a/locale/de/formats.py": "",
         f"{SITE}/a/other/x/formats.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/locale/de/formats.py"},
        {f"{SITE}/a/other/x/formats.py"},
    ),
    "neighbours whose names are put together": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": '__import__("region_%s" % code, globals(), level=1)',
         f"{SITE}/a/region_DE.py": "", f"{SITE}/a/other.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/region_DE.py"},
        {f"{SITE}/a/other.py"},
    ),
    "a module of the standard library that a package names": Case(
        "python modules",
        {f"{SITE}/a.py": "find_spec('html.parser')", f"{LIB}/html/__init__.py": "",
         f"{LIB}/html/parser.py": "try:\n    import _one\nexcept ImportError:\n    import _two\n"
         "def f():\n    import _three\n",
         f"{LIB}/_one.py": "", f"{LIB}/_two.py": "", f"{LIB}/_three.py": "", f"{LIB}/os.py": ""},
        (f"{SITE}/a.py", f"{LIB}/os.py"),
        {f"{LIB}/html/parser.py", f"{LIB}/_one.py"},
        {f"{LIB}/_two.py", f"{LIB}/_three.py"},
    ),
    "a developers' module without which a late module cannot be loaded": Case(
        "python modules",
        {f"{SITE}/a.py": "import pdb\ndef f():\n    import b",
         f"{SITE}/b.py": "import timeit, tkinter\ntry:\n    import readline\n"
         "finally:\n    pass\ndef f():\n    import doctest", f"{LIB}/readline.py": "",
         f"{LIB}/timeit.py": "", f"{LIB}/tkinter.py": "", f"{LIB}/doctest.py": "",
         f"{LIB}/pdb.py": "", f"{LIB}/os.py": "",
         f"{SITE}/a-1.dist-info/METADATA": "Requires-Dist: b\n"},
        (f"{SITE}/a.py", f"{LIB}/os.py"),
        {f"{SITE}/b.py", f"{LIB}/timeit.py"},
        {f"{LIB}/tkinter.py", f"{LIB}/doctest.py", f"{LIB}/pdb.py", f"{LIB}/readline.py"},
    ),
    "a distribution that pip was asked to install": Case(
        "python modules",
        {f"{SITE}/a.py": "", f"{SITE}/sheets/__init__.py": "", f"{SITE}/brought.py": "",
         f"{SITE}/sheets-1.dist-info/REQUESTED": "", f"{SITE}/pytest.py": "",
         f"{SITE}/sheets-1.dist-info/RECORD": "sheets/__init__.py,sha256=x,0\n../../bin/x,,\n",
         f"{SITE}/brought-1.dist-info/RECORD": "brought.py,,\n",
         f"{SITE}/pytest-8.dist-info/REQUESTED": "",
         f"{SITE}/pytest-8.dist-info/RECORD": "pytest.py,,\n"},
        f"{SITE}/a.py",
        {f"{SITE}/sheets/__init__.py"},
        {f"{SITE}/brought.py", f"{SITE}/pytest.py"},
    ),
    "a requested distribution of which a program for plugins read the description": Case(
        "python modules",
        {f"{SITE}/a.py": "", f"{SITE}/sheets.py": "",
         f"{SITE}/sheets-1.dist-info/REQUESTED": "", f"{SITE}/sheets-1.dist-info/METADATA": "",
         f"{SITE}/sheets-1.dist-info/RECORD": "sheets.py,,\nsheets-1.dist-info/METADATA,,\n"},
        (f"{SITE}/a.py", f"{SITE}/sheets-1.dist-info/METADATA"),
        {f"{SITE}/sheets.py"},
    ),
    "a distribution that one in use requires": Case(
        "python modules",
        {f"{SITE}/a.py": "", f"{SITE}/zones/__init__.py": "", f"{SITE}/extra.py": "",
         f"{SITE}/a-1.dist-info/METADATA":
         "Requires-Dist: Zones>=1\nRequires-Dist: extra; extra == 'x'\nRequires-Dist: more\n",
         f"{SITE}/more.py": "", f"{SITE}/more-1.dist-info/METADATA": "Requires-Dist: extra\n",
         f"{SITE}/more-1.dist-info/RECORD": "more.py,,\n",
         f"{SITE}/a-1.dist-info/RECORD": "a.py,,\n",
         f"{SITE}/zones-1.dist-info/RECORD": "zones/__init__.py,,\n",
         f"{SITE}/extra-1.dist-info/RECORD": "extra.py,,\n"},
        f"{SITE}/a.py",
        {f"{SITE}/zones/__init__.py"},
        {f"{SITE}/extra.py", f"{SITE}/more.py"},
    ),
    "a distribution that installs a module of another name": Case(
        "python modules",
        {f"{SITE}/a.py": "def f():\n    import soup, stew", f"{SITE}/soup/__init__.py": "",
         f"{SITE}/stew.py": "",
         f"{SITE}/a-1.dist-info/METADATA": "Requires-Dist: Beautiful-Soup4\n",
         f"{SITE}/beautiful_soup4-1.dist-info/RECORD": "soup/__init__.py,,\n",
         f"{SITE}/stew-1.dist-info/RECORD": "stew.py,,\n"},
        f"{SITE}/a.py",
        {f"{SITE}/soup/__init__.py"},
        {f"{SITE}/stew.py"},
    ),
    "a module called tests without which a late module cannot be loaded": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "def f():\n    import a.late",
         f"{SITE}/a/late.py": "from .tests import TESTS\ndef g():\n    from .testing import x",
         f"{SITE}/a/tests.py": "", f"{SITE}/a/testing.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/late.py", f"{SITE}/a/tests.py"},
        {f"{SITE}/a/testing.py"},
    ),
    "a module that a text names which is executed": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "exec('from a.settings import *', d)",
         f"{SITE}/a/settings.py": "", f"{SITE}/a/other.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/settings.py"},
        {f"{SITE}/a/other.py"},
    ),
    "a module of its package that a compiled one imports": Case(
        "python modules",
        {f"{SITE}/algebra/linalg/_update.cpython-313-x86_64-linux-gnu.so":
         elf_file() + b"\0algebra.linalg.blas\0os.path\0algebra.none\0",
         f"{SITE}/algebra/linalg/blas.cpython-313-x86_64-linux-gnu.so": elf_file(),
         f"{SITE}/algebra/linalg/other.cpython-313-x86_64-linux-gnu.so": elf_file(),
         f"{SITE}/os/path.py": "", f"{SITE}/algebra/__init__.py": ""},
        (f"{SITE}/algebra/linalg/_update.cpython-313-x86_64-linux-gnu.so",
         f"{SITE}/algebra/__init__.py"),
        {f"{SITE}/algebra/linalg/blas.cpython-313-x86_64-linux-gnu.so"},
        {f"{SITE}/algebra/linalg/other.cpython-313-x86_64-linux-gnu.so", f"{SITE}/os/path.py"},
    ),
    "a module that a compiled one names": Case(
        "python modules",
        {f"{SITE}/a/tree.cpython-313-x86_64-linux-gnu.so":
         elf_file() + b"\0_path\0words\0tests\0plain text\0",
         f"{SITE}/a/_path.cpython-313-x86_64-linux-gnu.so": elf_file(),
         f"{SITE}/a/words/__init__.py": "", f"{SITE}/a/text.py": "", f"{SITE}/a/tests.py": ""},
        f"{SITE}/a/tree.cpython-313-x86_64-linux-gnu.so",
        {f"{SITE}/a/_path.cpython-313-x86_64-linux-gnu.so", f"{SITE}/a/words/__init__.py"},
        {f"{SITE}/a/text.py", f"{SITE}/a/tests.py"},
    ),
    "data of a package that the package or an own file names": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "join('tables', name or 'root') + 'all.dat'",
         f"{SITE}/a/other.py": "'large'", f"{SITE}/a/tables/small.dat": "x" * 900_000,
         f"{SITE}/a/tables/root.dat": "x" * 950_000, f"{SITE}/a/tables/large.dat": "x" * 920_000,
         f"{SITE}/a/deep/er/all.dat": "x" * 10_000, f"{SITE}/a/tables/de.dat": "x" * 960_000,
         "/app/a.py": "use('de')"},
        (f"{SITE}/a/__init__.py", f"{SITE}/a/other.py", "/app/a.py"),
        {f"{SITE}/a/tables/root.dat", f"{SITE}/a/tables/de.dat", f"{SITE}/a/deep/er/all.dat"},
        {f"{SITE}/a/tables/small.dat", f"{SITE}/a/tables/large.dat"},
        history=COPIED,
    ),
    "data that a module names which is kept later, and no source maps": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "def f():\n    from . import late",
         f"{SITE}/a/late.py": "join(here, 'tables', '_all.json')",
         f"{SITE}/a/tables/_all.json": "x" * 1_500_000, f"{SITE}/a/tables/a.json": "x" * 900_000,
         f"{SITE}/a/tables/b.json": "x" * 1_200_000, f"{SITE}/a/tables/a.js.map": "x"},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/tables/_all.json"},
        {f"{SITE}/a/tables/b.json", f"{SITE}/a/tables/a.js.map"},
    ),
    "modules in a folder that a package lists": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "from . import manager, kinds",
         f"{SITE}/a/manager.py": "for f in os.listdir(self.path): __import__(f)",
         f"{SITE}/a/kinds.py": 'name = "plugins"\npath = join(dirname(__file__), name)',
         f"{SITE}/a/plugins/__init__.py": "", f"{SITE}/a/plugins/mail.py": "",
         f"{SITE}/a/plugins/sms/__init__.py": "", f"{SITE}/a/plugins/sms/api.py": "",
         f"{SITE}/a/other/__init__.py": "", f"{SITE}/a/other/x.py": ""},
        (f"{SITE}/a/__init__.py", f"{SITE}/a/manager.py", f"{SITE}/a/kinds.py"),
        {f"{SITE}/a/plugins/mail.py", f"{SITE}/a/plugins/sms/api.py"},
        {f"{SITE}/a/other/x.py"},
    ),
    "compiled modules beside a late one that shows no names": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "def f():\n    from . import tree",
         f"{SITE}/a/tree.cpython-313-x86_64-linux-gnu.so": elf_file(),
         f"{SITE}/a/_path.cpython-313-x86_64-linux-gnu.so": "x",
         f"{SITE}/a/_large.so": "x" * 1_100_000, f"{SITE}/a/objects.so": "x"},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/tree.cpython-313-x86_64-linux-gnu.so",
         f"{SITE}/a/_path.cpython-313-x86_64-linux-gnu.so"},
        {f"{SITE}/a/_large.so", f"{SITE}/a/objects.so"},
    ),
    "data of a package without an ending": Case(
        "python modules",
        {f"{SITE}/zones/__init__.py": "", f"{SITE}/zones/info/Asia/Tokyo": "x",
         f"{SITE}/zones/zones.c": "x", f"{SITE}/zones/__pycache__/y.pyc": "x"},
        f"{SITE}/zones/__init__.py",
        {f"{SITE}/zones/info/Asia/Tokyo"},
        {f"{SITE}/zones/zones.c", f"{SITE}/zones/__pycache__/y.pyc"},
    ),
    "a plugin by entry point": Case(
        "python modules",
        {f"{SITE}/hub/__init__.py": 'entry_points(group="hub.plugins"), "console_scripts"',
         f"{SITE}/loud.py": "", f"{SITE}/quiet.py": "", f"{SITE}/loud-1.dist-info/entry_points.txt":
         "[hub.plugins]\nloud = loud:Plugin\n[other]\nquiet = quiet\n"
         "[console_scripts]\nquiet = quiet:main\n"},
        f"{SITE}/hub/__init__.py",
        {f"{SITE}/loud.py"},
        {f"{SITE}/quiet.py"},
    ),
    "a module of the standard library that is loaded for one of its names": Case(
        "python modules",
        {f"{LIB}/concurrent/futures/__init__.py":
         "def __getattr__(name):\n    from .thread import Pool\n    import email\n",
         f"{LIB}/concurrent/futures/thread.py": "", f"{LIB}/concurrent/futures/process.py": "",
         f"{LIB}/email/__init__.py": "", f"{SITE}/a/__init__.py": ""},
        (f"{LIB}/concurrent/futures/__init__.py", f"{SITE}/a/__init__.py"),
        {f"{LIB}/concurrent/futures/thread.py"},
        {f"{LIB}/concurrent/futures/process.py", f"{LIB}/email/__init__.py"},
    ),
    "the plugins of a package that loads them by its own name": Case(
        "python modules",
        {f"{SITE}/pictures/__init__.py": "", f"{SITE}/pictures/gif.py": "",
         f"{SITE}/pictures/image.py":
         'parent_name = __spec__.parent\n__import__(f"{parent_name}.{plugin}", globals())\n',
         f"{SITE}/other.py": ""},
        f"{SITE}/pictures/image.py",
        {f"{SITE}/pictures/gif.py"},
        {f"{SITE}/other.py"},
    ),
    "modules that a package loads late by its stub": Case(
        "python modules",
        {f"{SITE}/vision/__init__.py": "__getattr__, _, _ = lazy.attach_stub(__name__, __file__)",
         f"{SITE}/vision/__init__.pyi": "from . import draw\nfrom .measure import area\n",
         f"{SITE}/vision/draw/__init__.py": "", f"{SITE}/vision/measure.py": "",
         f"{SITE}/vision/other.py": "", f"{SITE}/vision/other.pyi": ""},
        f"{SITE}/vision/__init__.py",
        {f"{SITE}/vision/__init__.pyi", f"{SITE}/vision/draw/__init__.py",
         f"{SITE}/vision/measure.py"},
        {f"{SITE}/vision/other.py", f"{SITE}/vision/other.pyi"},
    ),
    "the other modules of a small package": Case(
        SMALL,
        {f"{SITE}/sockets/server.py": "", f"{SITE}/sockets/sync/client.py": "",
         f"{SITE}/sockets/tests/test_client.py": "", f"{SITE}/large/a.py": "",
         f"{SITE}/large/b.py": "x" * 500_001, f"{SITE}/idle/a.py": ""},
        (f"{SITE}/sockets/server.py", f"{SITE}/large/a.py"),
        {f"{SITE}/sockets/sync/client.py"},
        {f"{SITE}/sockets/tests/test_client.py", f"{SITE}/large/b.py", f"{SITE}/idle/a.py"},
    ),
    "a script in Python that an own file calls, with a Python that nothing else needs": Case(
        "children",
        {"/app/press": "#!/bin/sh\npsbook x | missing\n", "/app/large.bin": "x" * 100,
         "/usr/bin/psbook": "#!/usr/bin/python3.13\nfrom psutils import book\n",
         "/usr/bin/python3.13": elf_file(), f"{LIB}/os.py": "", f"{LIB}/idlelib/a.py": "",
         f"{LIB}/encodings/__init__.py": "", f"{LIB}/__pycache__/os.cpython-313.pyc": "x",
         "/usr/lib/python3.13/dist-packages/psutils/book.py": ""},
        "/app/press",
        {"/usr/bin/psbook", "/usr/bin/python3.13", f"{LIB}/os.py", f"{LIB}/encodings/__init__.py"},
        {f"{LIB}/idlelib/a.py", f"{LIB}/__pycache__/os.cpython-313.pyc"},
        config={"Env": ["PATH=/usr/bin:/bin"]},
        history=COPIED,
    ),
    "data of a program that an own file calls, and the small data on which this depends": Case(
        "data packages",
        {"/app/press": "#!/bin/sh\ngs x\n", "/usr/bin/gs": elf_file("libgs.so"),
         f"{GNU}/libgs.so": elf_file(), "/usr/share/gs/init.ps": "x", "/usr/share/color/a.icc": "x",
         "/usr/share/maps/large.map": "x" * 900_000, "/usr/share/maps/other.map": "x" * 200_000,
         "/var/lib/dpkg/status": "Package: libgs\nDepends: maps, gs-common\n\n"
         "Package: gs-common\nDepends: colors, fonts\n",
         "/usr/share/fonts/a.ttf": "x" * 600_000, "/usr/share/gs/colors": "-> ../color",
         "/var/lib/dpkg/info/fonts.list": "/usr/share/fonts/a.ttf\n",
         "/var/lib/dpkg/info/libgs.list": f"{GNU}/libgs.so\n",
         "/var/lib/dpkg/info/gs-common.list": "/usr/share/gs/init.ps\n/usr/share/gs/colors\n",
         "/var/lib/dpkg/info/colors.list": "/usr/share/color/a.icc\n",
         "/var/lib/dpkg/info/maps.list": "/usr/share/maps/large.map\n/usr/share/maps/other.map\n"},
        "/app/press",
        {"/usr/share/gs/init.ps", "/usr/share/gs/colors", "/usr/share/color/a.icc",
         "/usr/share/maps/other.map"},
        {"/usr/share/fonts/a.ttf", "/usr/share/maps/large.map"},
        config={"Env": ["PATH=/usr/bin:/bin"]},
        history=COPIED,
    ),
    "what the user copied among the packages, and what it imports late": Case(
        "python modules",
        {f"{VENV}/meters.py": "def f():\n    import fast\n", f"{VENV}/views/page.html": "x",
         f"{VENV}/fast/__init__.py": "from _fast import x\n", f"{VENV}/_fast.cpython-313.so": "x",
         f"{VENV}/fast-1.dist-info/RECORD": "fast/__init__.py,,\n_fast.cpython-313.so,,\n",
         f"{VENV}/other-1.dist-info/RECORD": "other/__init__.py,,\n",
         f"{VENV}/other/__init__.py": ""},
        f"{VENV}/meters.py",
        {f"{VENV}/fast/__init__.py", f"{VENV}/_fast.cpython-313.so", f"{VENV}/views/page.html"},
        {f"{VENV}/other/__init__.py"},
        history=LAYER,
    ),
    "a distribution that pip installed from a folder": Case(
        "python modules",
        {f"{VENV}/a.py": "", f"{VENV}/meters/late.py": "import fast\n", f"{VENV}/fast.py": "",
         f"{VENV}/fast-1.dist-info/RECORD": "fast.py,,\n",
         f"{VENV}/meters-1.dist-info/direct_url.json": '{"dir_info": {}, "url": "file:///src"}',
         f"{VENV}/meters-1.dist-info/RECORD": "meters/late.py,,\n../../../bin/meters,,\n",
         f"{VENV}/wheel_1-1.dist-info/direct_url.json": '{"archive_info": {}}',
         f"{VENV}/wheel_1-1.dist-info/RECORD": "wheel_1.py,,\n", f"{VENV}/wheel_1.py": "",
         "/venv/bin/meters": "#!/venv/bin/python\n"},
        f"{VENV}/a.py",
        {f"{VENV}/meters/late.py", f"{VENV}/fast.py", "/venv/bin/meters"},
        {f"{VENV}/wheel_1.py"},
    ),
    "own scripts, but no start scripts of distributions that the run did not load": Case(
        "own files",
        {f"{VENV}/a.py": "", f"{VENV}/a-1.dist-info/RECORD": "a.py,,\n../../../bin/a,,\n",
         f"{VENV}/b.py": "", f"{VENV}/b-1.dist-info/RECORD": "b.py,,\n../../../bin/b,,\n",
         "/venv/bin/a": "#!/venv/bin/python\n", "/venv/bin/b": "#!/venv/bin/python\n",
         "/venv/bin/mine": "#!/venv/bin/python\n"},
        f"{VENV}/a.py",
        {"/venv/bin/a", "/venv/bin/mine"},
        {"/venv/bin/b"},
    ),
    "the locales of Babel that own files name, with what they inherit": Case(
        "locales",
        {"/app/a.py": "SPOKEN = ('nb', 'de_AT')", f"{VENV}/babel/localedata.py": "",
         f"{VENV}/babel/global.dat": pickle.dumps(
             {"other": ["x"], "parent_exceptions": {"nb": "no", "nn": "no"}, "z": {"de": "de"}}, 2),
         **{f"{VENV}/babel/locale-data/{name}.dat": "x" * 2_100_000
            for name in ("nb", "no", "nn", "de_AT", "de", "root", "fr")}},
        f"{VENV}/babel/localedata.py",
        {f"{VENV}/babel/locale-data/{name}.dat"
         for name in ("nb", "no", "de_AT", "de", "root")},
        {f"{VENV}/babel/locale-data/nn.dat", f"{VENV}/babel/locale-data/fr.dat"},
        history=COPIED,
    ),
    "an application that pip installed": Case(
        "python modules",
        {"/venv/bin/hub": "#!/venv/bin/python\nfrom hub.cli import main\n",
         "/venv/lib/python3.13/site-packages/hub/__init__.py": "",
         "/venv/lib/python3.13/site-packages/hub/never.py": "",
         "/venv/lib/python3.13/site-packages/hub/page.bin": "x",
         "/venv/lib/python3.13/site-packages/other/__init__.py": ""},
        "/venv/lib/python3.13/site-packages/hub/__init__.py",
        {"/venv/lib/python3.13/site-packages/hub/never.py",
         "/venv/lib/python3.13/site-packages/hub/page.bin"},
        {"/venv/lib/python3.13/site-packages/other/__init__.py"},
        config={"Cmd": ["/venv/bin/hub"]},
    ),
    "packages and data beside the one that the start script imports": Case(
        "python modules",
        {"/venv/bin/hub": "#!/venv/bin/python\nfrom hubd import main\n",
         f"{VENV}/hubd.py": "", f"{VENV}/hub/plugins/never.py": "",
         f"{VENV}/hub_data/page.bin": "x",
         f"{VENV}/hub-1.dist-info/RECORD":
         "hubd.py,,\nhub/plugins/never.py,,\nhub_data/page.bin,,\nhub/tests/big.py,,\n",
         f"{VENV}/hub/tests/big.py": "", f"{VENV}/other/__init__.py": ""},
        f"{VENV}/hubd.py",
        {f"{VENV}/hub/plugins/never.py", f"{VENV}/hub_data/page.bin"},
        {f"{VENV}/hub/tests/big.py", f"{VENV}/other/__init__.py"},
        config={"Cmd": ["/venv/bin/hub"]},
    ),
    "what an application that pip installed imports and requires": Case(
        "python modules",
        {"/venv/bin/hub": "#!/venv/bin/python\nfrom hub.cli import main\n",
         f"{VENV}/hub/__init__.py": "def f():\n    import optional", f"{VENV}/optional.py": "",
         f"{VENV}/hub-1.dist-info/METADATA": "Requires-Dist: Parser\n",
         f"{VENV}/hub-1.dist-info/RECORD": "hub/__init__.py,,\n",
         f"{VENV}/parser-1.dist-info/RECORD": "parser/__init__.py,,\n",
         f"{VENV}/parser-1.dist-info/METADATA": "Requires-Dist: more\n",
         f"{VENV}/parser/__init__.py": "x" * 1_100_000, f"{VENV}/never.py": ""},
        f"{VENV}/hub/__init__.py",
        {f"{VENV}/optional.py", f"{VENV}/parser/__init__.py"},
        {f"{VENV}/never.py"},
        config={"Cmd": ["/venv/bin/hub"]},
    ),
    "a package that Node's own files name": Case(
        "node modules",
        {"/app/main.js": "const x = () => require('moment/locale/' + l); await import('esm/part')",
         "/app/package.json": '{"dependencies": {"moment": "1"}}',
         "/app/node_modules/moment/locale/de.js": "", "/app/node_modules/moment/other.js": "",
         "/app/node_modules/esm/package.json": '{"exports": {"./part": {"import": "./p.mjs"}}}',
         "/app/node_modules/esm/p.mjs": "import 'dep'", "/app/node_modules/dep/index.js": "",
         "/app/node_modules/never/index.js": ""},
        "/app/main.js",
        {"/app/node_modules/moment/locale/de.js", "/app/node_modules/esm/p.mjs",
         "/app/node_modules/dep/index.js"},
        {"/app/node_modules/never/index.js"},
        history=COPIED,
    ),
    "a package for an application in the root folder": Case(
        "node modules",
        {"/main.js": "exports.late = () => require('dep')", "/node_modules/dep/index.js": "",
         "/node_modules/never/index.js": ""},
        "/main.js",
        {"/node_modules/dep/index.js"},
        {"/node_modules/never/index.js"},
        history=LAYER,
    ),
    "a view engine that only a string names": Case(
        "node modules",
        {"/app/main.js": "app.set('view engine', 'pug')",
         "/app/package.json": '{"dependencies": {"pug": "3"}}',
         "/app/node_modules/pug/package.json": '{"main": "lib/index.js"}',
         "/app/node_modules/pug/lib/index.js": "require('./late')",
         "/app/node_modules/pug/lib/late.js": "", "/app/node_modules/pug/test/a.js": ""},
        "/app/main.js",
        {"/app/node_modules/pug/lib/index.js", "/app/node_modules/pug/lib/late.js"},
        {"/app/node_modules/pug/test/a.js"},
        history=COPIED,
    ),
    "a library that Ruby requires in a method": Case(
        "ruby libraries",
        {"/app/app.rb": "def f\n  require 'kram'\nend\nautoload :R, 'tilt/erb'",
         f"{RUBY}/kram.rb": "", f"{RUBY}/kram/parser.rb": "", f"{RUBY}/tilt/erb.rb": "",
         f"{RUBY}/tilt/haml.rb": ""},
        "/app/app.rb",
        {f"{RUBY}/kram.rb", f"{RUBY}/kram/parser.rb", f"{RUBY}/tilt/erb.rb"},
        {f"{RUBY}/tilt/haml.rb"},
        history=COPIED,
    ),
    "tasks of a library, which Rake loads before it runs one": Case(
        "ruby libraries",
        {"/app/app.rb": "def f\n  require 'rails/tasks'\nend",
         f"{RUBY}/rails/tasks.rb": "",
         f"{RUBY}/rails/tasks/check.rake":
         "require 'rails/checker'\ntask :check do\n  require 'rails/late'\nend",
         f"{RUBY}/rails/checker.rb": "", f"{RUBY}/rails/late.rb": ""},
        "/app/app.rb",
        {f"{RUBY}/rails/tasks/check.rake", f"{RUBY}/rails/checker.rb"},
        {f"{RUBY}/rails/late.rb"},
        history=COPIED,
    ),
    "a gem with folders of its own": Case(
        "ruby libraries",
        {"/app/app.rb": "def f\n  require 'con/map'\n  require 'noko/noko'\nend",
         "/var/lib/gems/3/specifications/con-1.2.gemspec": "s.require_paths = ['lib/con'.freeze]",
         "/var/lib/gems/3/gems/con-1.2/lib/con/con/map.rb":
         "require 'racc/parser'\ndef f\n  require 'irb'\nend\nunless A\n  require 'rake/a'\nend",
         f"{RUBY}/racc/parser.rb":
         "require 'racc/info'\nmodule A\n# Notes\n  class B < C\n\n    require 'racc/b'\n"
         "    def f\n      require 'racc/late'\n    end\n  end\nend",
         f"{RUBY}/racc/info.rb": "", f"{RUBY}/racc/b.rb": "", f"{RUBY}/racc/late.rb": "",
         f"{RUBY}/rake/a.rb": "",
         f"{RUBY}/irb.rb": "",
         "/var/lib/gems/3/extensions/x86_64-linux/3/noko-1/noko/noko.so": "x",
         "/var/lib/gems/3/extensions/x86_64-linux/3/noko-1/noko/other.so": "x"},
        "/app/app.rb",
        {"/var/lib/gems/3/gems/con-1.2/lib/con/con/map.rb", f"{RUBY}/racc/parser.rb",
         f"{RUBY}/racc/info.rb", f"{RUBY}/racc/b.rb", f"{RUBY}/rake/a.rb",
         "/var/lib/gems/3/extensions/x86_64-linux/3/noko-1/noko/noko.so"},
        {"/var/lib/gems/3/extensions/x86_64-linux/3/noko-1/noko/other.so",
         f"{RUBY}/irb.rb", f"{RUBY}/racc/late.rb"},
        history=COPIED,
    ),
    "a module that Perl requires in a subroutine": Case(
        "perl modules",
        {"/app/app.pl":
         "use strict;\nsub f { require Archive::Zip; 'Text::Plugin' }\nzone('Europe/Paris');\n",
         f"{PERL}/DateTime/TimeZone/Europe/Paris.pm": "",
         f"{PERL}/Archive/Zip.pm": "use Archive::Zip::Member;\n=pod\n\nuse Never;\n\n=cut\n",
         f"{PERL}/Archive/Zip/Member.pm": "use B::Hooks 0.1;\neval { require Devel::Trace }",
         f"{PERL}/B/Hooks.pm": "load_one_of(['XS'], qw(PP))", f"{PERL}/Devel/Trace.pm": "",
         f"{PERL}/B/Hooks/XS.pm": "use File::ShareDir; dist_file('X-Locale', 'fr.pl')",
         f"{PERL}/auto/share/dist/X-Locale/fr.pl": "", f"{PERL}/auto/share/dist/Other/fr.pl": "",
         f"{PERL}/B/Hooks/PP.pm": "", f"{PERL}/B/Hooks/Old.pm": "",
         f"{PERL}/auto/B/Hooks/Hooks.so": elf_file(), f"{PERL}/auto/B/Hooks/port.h": "x",
         f"{PERL}/Never.pm": "", f"{PERL}/Text/Plugin/One.pm": ""},
        "/app/app.pl",
        {f"{PERL}/DateTime/TimeZone/Europe/Paris.pm", f"{PERL}/Archive/Zip.pm",
         f"{PERL}/Archive/Zip/Member.pm", f"{PERL}/Text/Plugin/One.pm",
         f"{PERL}/B/Hooks.pm", f"{PERL}/B/Hooks/XS.pm", f"{PERL}/B/Hooks/PP.pm",
         f"{PERL}/auto/B/Hooks/Hooks.so", f"{PERL}/auto/share/dist/X-Locale/fr.pl"},
        {f"{PERL}/auto/B/Hooks/port.h", f"{PERL}/B/Hooks/Old.pm", f"{PERL}/Never.pm",
         f"{PERL}/Devel/Trace.pm", f"{PERL}/auto/share/dist/Other/fr.pl"},
        history=COPIED,
    ),
    "a class that PHP loads by its name": Case(
        "php libraries",
        {"/usr/share/php/Twig/autoload.php": "", "/usr/share/php/Twig/Node/For.php": "",
         "/usr/share/php/Twig/Tests/A.php": "", "/usr/share/php/Other/B.php": ""},
        "/usr/share/php/Twig/autoload.php",
        {"/usr/share/php/Twig/Node/For.php"},
        {"/usr/share/php/Twig/Tests/A.php", "/usr/share/php/Other/B.php"},
    ),
    "a module that Lua requires in a function": Case(
        "lua modules",
        {"/app/main.lua": "local function f() return require 'a.b', require('c') end",
         "/usr/share/lua/5.4/a/b.lua": "", "/usr/lib/lua/5.4/c.so": elf_file(),
         "/usr/share/lua/5.4/d.lua": ""},
        "/app/main.lua",
        {"/usr/share/lua/5.4/a/b.lua", "/usr/lib/lua/5.4/c.so"},
        {"/usr/share/lua/5.4/d.lua"},
    ),
    "a module that Lua in the configuration of nginx requires": Case(
        "lua modules",
        {"/etc/nginx/nginx.conf": 'content_by_lua_block { require("c").x() }',
         "/etc/other.conf": 'require("d")', "/usr/lib/lua/5.1/c.so": elf_file(),
         "/usr/share/lua/5.1/d.lua": ""},
        ("/etc/nginx/nginx.conf", "/etc/other.conf"),
        {"/usr/lib/lua/5.1/c.so"},
        {"/usr/share/lua/5.1/d.lua"},
    ),
    "a package that Tcl requires in a procedure": Case(
        "tcl packages",
        {"/app/main.tcl": "proc f {} { package require md5; package require http 2\n"
         "package require msgcat }",
         "/usr/share/tcltk/tcllib/pkgIndex.tcl": "", "/usr/share/tcltk/tcllib/md5/md5.tcl": "",
         "/usr/share/tcltk/tcllib/md5/pkgIndex.tcl": "package ifneeded md5 2.0 [list source x]",
         "/usr/share/tcltk/tcllib/csv/pkgIndex.tcl": "package ifneeded csv 0.8 [list source x]",
         "/usr/share/tcltk/tcl8/8.6/http-2.9.tm": "", "/usr/share/tcltk/tcl8/8.6/tdbc-1.tm": "",
         "/usr/share/tcltk/tcl8.6/tcl8/msgcat-1.6.1.tm": ""},
        "/app/main.tcl",
        {"/usr/share/tcltk/tcllib/md5/md5.tcl", "/usr/share/tcltk/tcllib/pkgIndex.tcl",
         "/usr/share/tcltk/tcl8/8.6/http-2.9.tm", "/usr/share/tcltk/tcl8.6/tcl8/msgcat-1.6.1.tm"},
        {"/usr/share/tcltk/tcllib/csv/pkgIndex.tcl", "/usr/share/tcltk/tcl8/8.6/tdbc-1.tm"},
    ),
    "the page for errors of a library": Case(
        "package data",
        {f"{PERL}/Web.pm": "1;", f"{PERL}/Web/views/404.html.ep": "x", f"{PERL}/Web/t/a.html": "x",
         f"{PERL}/Other/a.html": "x", f"{PERL}/Web/README.md": "x"},
        f"{PERL}/Web.pm",
        {f"{PERL}/Web/views/404.html.ep"},
        {f"{PERL}/Web/t/a.html", f"{PERL}/Other/a.html", f"{PERL}/Web/README.md"},
    ),
    "data of gems and of PHP libraries": Case(
        "package data",
        {"/g/gems/web-1.0/lib/web.rb": "", "/g/gems/web-1.0/lib/web/404.png": "x",
         "/g/gems/web-1.0/spec/a.html": "x", "/g/gems/web-1.0/web.txt": "x"},
        "/g/gems/web-1.0/lib/web.rb",
        {"/g/gems/web-1.0/lib/web/404.png"},
        {"/g/gems/web-1.0/spec/a.html"},
    ),
    "the rest of a language package": Case(
        "whole packages",
        {f"{SITE}/a/__init__.py": "", f"{SITE}/a/never.so": "x", f"{SITE}/a/tests/x.py": ""},
        f"{SITE}/a/__init__.py",
        {f"{SITE}/a/never.so"},
        {f"{SITE}/a/tests/x.py"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_files_that_no_probe_used_are_kept(case: Case) -> None:
    keep = case.keep(case.safety)
    kept = {path for path in case.files if path in keep and case.files[path] is not None}
    assert case.kept <= kept
    assert not case.not_kept & kept
    assert all(keep.reasons[path][0].startswith(f"{case.rule}: ") for path in case.kept)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_without_the_rule_they_are_not_kept(case: Case) -> None:
    assert not case.kept <= set(case.keep(case.safety, (case.rule,)).paths)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tight_keeps_only_what_was_seen(case: Case) -> None:
    assert case.kept.isdisjoint(case.keep("tight").paths)


def test_every_cautious_rule_has_a_test_and_a_switch() -> None:
    assert {case.rule for case in CASES.values()} == {*CAUTIOUS, *SAFE}
    assert tuple(RULE_NAMES) == (*CAUTIOUS, *SAFE)
    assert not set(RULES) & set(RULE_NAMES)


def test_the_levels_are_in_order() -> None:
    levels = list(SAFETIES)
    assert levels == ["tight", "balanced", "safe"]
    assert [[at_least(chosen, needed) for needed in SAFETIES] for chosen in SAFETIES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_large_own_files_do_not_take_the_place_of_small_ones() -> None:
    files: dict[str, bytes | str | None] = {
        "/app/run": "x", "/app/data/film": "x" * 6_000_000, "/app/data/other": "x" * 6_000_000,
        "/app/a.html": "x",
    }  # fmt: skip
    keep = SmallImage(files, history=COPIED).keep("/app/run", safety="balanced")
    assert "/app/a.html" in keep
    (left,) = keep.left_out
    assert (left.kind, left.what, left.bytes, left.keep) == (
        "dropped_nearby", "/app/data", 12_000_000, ("/app/data/film", "/app/data/other"),
    )  # fmt: skip


def test_a_large_package_that_was_not_used_is_named() -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/tool": "x" * 6_000_000,
        "/used": "x",
        "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n",
    }
    keep = SmallImage(files, history=by_apt("tools")).keep("/used", safety="balanced")
    (left,) = keep.left_out
    assert (left.kind, left.what, left.bytes, left.keep) == (
        "named_unused", "tools", 6_000_000, ("/usr/bin/tool",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "patterns"),
    [
        (
            ("share/tools/a", "share/tools/b/c", "lib/x/one"),
            ("/usr/lib/x/one", "/usr/share/tools/**"),
        ),
        (tuple(f"lib/x/{each}/a" for each in "abcdef"), ("/usr/lib/x/**",)),
        (tuple(f"lib/{each}" for each in "abcdef"), tuple(f"/usr/lib/{each}" for each in "abcde")),
    ],
)
def test_a_package_without_programs_is_named_by_its_folders(
    names: tuple[str, ...], patterns: tuple[str, ...]
) -> None:
    files: dict[str, bytes | str | None] = {f"/usr/{name}": "x" * 2_000_000 for name in names}
    listed = "".join(f"{path}\n" for path in files)
    others = ("/usr/lib/x/other", "/usr/lib/other", "/usr/share/other", "/used")
    files |= dict.fromkeys(others, "x")
    files["/var/lib/dpkg/info/tools.list"] = listed
    (left,) = SmallImage(files, history=by_apt("tools")).keep("/used", safety="balanced").left_out
    assert left.keep == patterns


def test_another_name_of_a_kept_program_costs_nothing() -> None:
    """slapd is slapcat, slappasswd and slaptest, too: hard links of one large file."""
    files: dict[str, bytes | str | None] = {
        "/usr/sbin/slapd": elf_file() + b"x" * 9_000_000,
        "/var/lib/dpkg/info/slapd.list": "/usr/sbin/slapd\n/usr/sbin/slapcat\n",
    }
    image = SmallImage(files, hardlinks={"/usr/sbin/slapcat": "/usr/sbin/slapd"})
    keep = image.keep("/usr/sbin/slapd", how=How.EXEC, safety="balanced")
    assert "/usr/sbin/slapcat" in keep
    assert not keep.left_out


@pytest.mark.parametrize(
    ("step", "kept"),
    [("apt-get update && apt-get install -y curl", True),
     ("apt-get install -y curl && curl -fsSL http://example.net | tar x", False),
     ("apt-get install -y curl && key=$(curl -s http://example.net/curl.asc)", False)],
)  # fmt: skip
def test_a_tool_that_no_step_calls_is_for_the_container(step: str, kept: bool) -> None:
    """A health check of Compose or Kubernetes calls it, and nothing in the image says so. It may be
    large in a small image."""
    files: dict[str, bytes | str | None] = {
        "/usr/bin/curl": "x" * 17_000_000,
        "/used": "x",
        "/var/lib/dpkg/info/curl.list": "/usr/bin/curl\n",
    }
    keep = SmallImage(files, history=({"created_by": f"RUN /bin/sh -c {step} # buildkit"},)).keep(
        "/used", safety="balanced"
    )
    assert ("/usr/bin/curl" in keep) is kept
    assert [left.what for left in keep.left_out] == ([] if kept else ["curl"])


@pytest.mark.parametrize("name", ["libx-dev", "golang-1.24-src", "gcc"])
def test_build_tools_are_not_kept_by_name(name: str) -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/tool": "x",
        "/used": "x",
        f"/var/lib/dpkg/info/{name}.list": "/usr/bin/tool\n",
    }
    keep = SmallImage(files, history=by_apt(name)).keep("/used", safety="balanced")
    assert "/usr/bin/tool" not in keep
    assert not keep.left_out


@pytest.mark.parametrize(
    ("compiler", "dockerfile"),
    [
        ((), "FROM golang:1.24\n"),
        (by_apt("golang-go"), ""),
    ],
    ids=["the Dockerfile is known", "a compiler is installed later"],
)
def test_a_tool_of_a_base_image_without_a_command_is_not_kept(
    compiler: tuple[Mapping[str, object], ...], dockerfile: str
) -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/hg": "x",
        "/used": "x",
        "/var/lib/dpkg/info/mercurial.list": "/usr/bin/hg\n",
    }
    empty = tuple({**step, "empty_layer": True} for step in compiler)
    image = SmallImage(files, history=(*by_apt("mercurial"), *empty))
    keep = image.keep("/used", safety="balanced", dockerfile=dockerfile)
    assert ("/usr/bin/hg" in keep, keep.left_out) == (False, ())


@pytest.mark.parametrize("name", ["mercurial", "procps", "golang-x-tools"])
def test_a_tool_that_the_users_dockerfile_installs_is_kept(name: str) -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/tool": "x",
        "/used": "x",
        f"/var/lib/dpkg/info/{name}.list": "/usr/bin/tool\n",
    }
    dockerfile = f"FROM debian\nRUN apt-get install -y {name}\n"
    image = SmallImage(files, history=by_apt(name))
    assert "/usr/bin/tool" in image.keep("/used", safety="balanced", dockerfile=dockerfile)


def test_plugins_that_configuration_names_were_chosen_and_no_others_are_kept() -> None:
    files: dict[str, bytes | str | None] = {
        "/etc/web/web.conf": "load mod_a.so", "/usr/lib/web/mod_a.so": elf_file(),
        "/usr/lib/web/mod_b.so": elf_file(),
    }  # fmt: skip
    used = ("/etc/web/web.conf", "/usr/lib/web/mod_a.so")
    assert "/usr/lib/web/mod_b.so" not in SmallImage(files).keep(*used, safety="balanced")
    files["/etc/web/web.conf"] = "nothing"
    assert "/usr/lib/web/mod_b.so" in SmallImage(files).keep(*used, safety="balanced")


def test_a_plugin_has_the_links_by_which_it_is_found() -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/lib/x/a.so.1": elf_file(), "/usr/lib/x/b.so.1": elf_file(),
        "/usr/lib/x/b.so": "-> b.so.1",
    }  # fmt: skip
    assert "/usr/lib/x/b.so" in SmallImage(files).keep("/usr/lib/x/a.so.1", safety="balanced")


def test_the_local_time_zone_brings_all_only_into_a_large_image() -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/a": "x" * 2_000, "/etc/localtime": "x", "/usr/share/zoneinfo/UTC": "x" * 200,
    }  # fmt: skip
    used = ("/usr/bin/a", "/etc/localtime")
    assert "/usr/share/zoneinfo/UTC" not in SmallImage(files).keep(*used, safety="balanced")
    files["/usr/bin/a"] = "x" * 10_000
    assert "/usr/share/zoneinfo/UTC" in SmallImage(files).keep(*used, safety="balanced")


def test_an_unused_package_counts_with_the_libraries_that_it_brings() -> None:
    files: dict[str, bytes | str | None] = {
        "/used": "x", "/usr/bin/tool": elf_file("libbig.so"),
        "/usr/lib/libbig.so": elf_file() + b"x" * 5_000_000,
        "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n",
    }  # fmt: skip
    keep = SmallImage(files, history=by_apt("tools")).keep("/used", safety="balanced")
    assert "/usr/bin/tool" not in keep
    assert [(left.what, left.keep) for left in keep.left_out] == [("tools", ("/usr/bin/tool",))]


def test_a_large_file_that_is_named_somewhere_is_reported() -> None:
    files: dict[str, bytes | str | None] = {
        "/etc/web/web.conf": "data /var/data/film", "/var/data/film": "x" * 3_000_000,
    }  # fmt: skip
    keep = SmallImage(files).keep("/etc/web/web.conf", safety="balanced")
    (left,) = keep.left_out
    assert (left.kind, left.what, left.keep) == (
        "literal_dropped", "/var/data/film", ("/var/data/film",),
    )  # fmt: skip


def test_bytes_are_counted_for_the_first_reason() -> None:
    keep = SmallImage(
        {"/app/a": "12345", "/app/b": "123"}, hardlinks={"/app/c": "/app/a"}, history=COPIED
    ).keep("/app/a", "/app/c", safety="balanced")
    assert keep.bytes_by_reason() == {"opened": 5, "own files": 3}


def test_two_modules_with_one_name_are_both_kept() -> None:
    """A late `import statistics` means one or the other, depending on how Python was started."""
    image = SmallImage(
        {"/app/pkg/__init__.py": "", "/app/pkg/m.py": "def f():\n    import statistics",
         "/app/pkg/statistics.py": "", f"{LIB}/statistics.py": "", f"{LIB}/os.py": ""}
    )  # fmt: skip
    kept = image.kept("/app/pkg/m.py", f"{LIB}/os.py")
    assert {"/app/pkg/statistics.py", f"{LIB}/statistics.py"} <= kept


@pytest.mark.parametrize(
    ("made", "kind", "text"),
    [
        ("COPY a b /app/ # buildkit", "COPY", "a b /app/"),
        ("/bin/sh -c #(nop) ADD file:0123 in /x ", "ADD", "file:0123 in /x"),
        ("RUN /bin/sh -c make # buildkit", "RUN", "make"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN", "make"),
        ("/bin/sh -c make", "RUN", "make"),
        ("|2 A=b C= /bin/sh -c make", "RUN", "make"),
        ('CMD ["x"]', "", 'CMD ["x"]'),
    ],
)
def test_the_steps_of_a_dockerfile_are_read_from_history(made: str, kind: str, text: str) -> None:
    history = [{"created_by": "FROM", "empty_layer": False}, {"created_by": made}]
    assert steps(history, 1)[1] == Step(kind, text, 1, False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("apt-get update && apt-get install -y --no-install-recommends a b=1.2 c/sid", "a b c"),
        ("apk add --no-cache -t .build gcc curl~=8", "gcc curl"),
        ("DEBIAN_FRONTEND=noninteractive apt-get -qq install a \\\n b && rm -rf /var", "a b"),
        ("set -eux; dnf -y install a; make install b", "a"),
        ("echo apt-get install a", ""),
        ("apt-get install 'a", "'a"),
    ],
)
def test_the_packages_that_a_step_installs(command: str, names: str) -> None:
    assert list(installed([Step("RUN", command, 0, False)])) == names.split()
    assert list(installed([Step("RUN", command, 0, True)])) == []


def test_no_path_of_a_case_is_a_folder() -> None:
    for case in CASES.values():
        index = SmallImage(case.files).index()
        assert all(index[path].kind is not Kind.DIR for path in case.kept | case.not_kept)


@pytest.mark.parametrize("name", ["table.py", "bundle.js", "query.sh", "Data.pm", "a.rb", "a.php"])
@pytest.mark.parametrize("data", ["0f" * 300_000, "a_" * 300_000, "a." * 300_000, "Ab::" * 150_000])
@pytest.mark.timeout(60)
def test_a_long_word_in_a_file_of_the_application_takes_no_hours(name: str, data: str) -> None:
    files = {f"/app/{name}": f'T = "{data}"\nopen("/app/named.txt")\n', "/app/named.txt": "x"}
    small = SmallImage(files, history=COPIED)
    assert "/app/named.txt" in small.kept(f"/app/{name}", safety="balanced")


@pytest.mark.parametrize("service", ["shop", "other"])
def test_a_service_of_pam_that_somebody_added_or_else_the_fallback_is_kept(service: str) -> None:
    files: dict[str, bytes | str | None] = {
        f"{GNU}/libpam.so.0": elf_file(), f"/etc/pam.d/{service}": "auth required pam_unix.so\n",
        f"{GNU}/security/pam_unix.so": elf_file() + b"x" * 3_000_000, "/usr/bin/web": "x",
        "/var/lib/dpkg/info/pam.list": "/etc/pam.d/other\n",
    }  # fmt: skip
    keep = SmallImage(files).keep("/usr/bin/web", f"{GNU}/libpam.so.0", safety="balanced")
    assert f"{GNU}/security/pam_unix.so" in keep


def test_large_parts_of_pam_are_kept_for_the_programs_of_the_image_only() -> None:
    large = elf_file() + b"x" * 3_000_000
    files: dict[str, bytes | str | None] = {
        "/usr/sbin/cron": elf_file("libpam.so.0"), f"{GNU}/libpam.so.0": elf_file(),
        "/etc/pam.d/cron": "@include common-x\n", "/etc/pam.d/su": "auth required pam_su.so\n",
        "/etc/pam.d/common-x": "session required pam_unix.so\n",
        f"{GNU}/security/pam_unix.so": large, f"{GNU}/security/pam_su.so": large,
        "/usr/sbin/unix_chkpwd": large, "/var/lib/dpkg/info/login.list": "/etc/pam.d/su\n",
    }  # fmt: skip
    used = ("/usr/sbin/cron", f"{GNU}/libpam.so.0")
    keep = SmallImage(files).keep(*used, how=How.EXEC, safety="balanced")
    assert {f"{GNU}/security/pam_unix.so", "/usr/sbin/unix_chkpwd", "/etc/pam.d/common-x"} <= set(
        keep.paths
    )
    assert [left.what for left in keep.left_out] == [f"{GNU}/security/pam_su.so"]


def test_a_large_package_of_which_a_script_calls_a_program_is_not_unused() -> None:
    files: dict[str, bytes | str | None] = {
        "/app/run": "x", "/app/job.sh": "#!/bin/sh\ntool\n", "/usr/bin/tool": elf_file(),
        "/bin/sh": elf_file(), "/usr/bin/other": "x" * 6_000_000,
        "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n/usr/bin/other\n",
    }  # fmt: skip
    history = (*by_apt("tools"), *COPIED[1:])
    keep = SmallImage(files, history=history).keep("/app/run", safety="balanced")
    assert "/usr/bin/tool" in keep
    assert keep.left_out == ()


def test_data_that_an_own_file_names_comes_before_small_data() -> None:
    image = SmallImage(
        {"/app/app.py": "import a\nspeak('fr')", f"{SITE}/a/__init__.py": "", f"{LIB}/os.py": "",
         f"{SITE}/a/data/fr.json": "x" * 1_500_000, f"{SITE}/a/data/de.json": "x" * 1_400_000},
        history=COPIED,
    )  # fmt: skip
    used = ("/app/app.py", f"{SITE}/a/__init__.py", f"{LIB}/os.py")
    kept = image.keep(*used, safety="balanced")
    assert (f"{SITE}/a/data/fr.json" in kept, f"{SITE}/a/data/de.json" in kept) == (True, False)


@pytest.mark.parametrize(
    ("tool", "library", "late"),
    [
        ("#!/usr/bin/python3\nimport broker\n", f"{SITE}/broker.py", "import broker.late"),
        ("#!/usr/bin/ruby\nrequire 'broker'\n", f"{RUBY}/broker.rb", "require 'late'"),
        ("#!/usr/bin/perl\nuse Broker;\n", f"{PERL}/Broker.pm", "sub f { require Late; }"),
    ],
)
def test_a_script_that_people_start_keeps_what_it_loads(tool: str, library: str, late: str) -> None:
    interpreter = tool.partition("\n")[0].removeprefix("#!")
    image = SmallImage(
        {"/usr/sbin/brokerd": "x", "/usr/bin/broker_tool": tool, interpreter: "x", library: late,
         f"{SITE}/x.py": "",
         "/var/lib/dpkg/info/broker.list": "/usr/sbin/brokerd\n/usr/bin/broker_tool\n"}
    )  # fmt: skip
    keep = image.keep("/usr/sbin/brokerd", f"{SITE}/x.py", how=How.EXEC, safety="balanced")
    assert "/usr/bin/broker_tool" in keep
    assert library in keep


def test_the_names_of_one_file_cost_nothing() -> None:
    image = SmallImage(
        {"/usr/sbin/brokerd": "x", "/usr/bin/broker_a": "x" * 300_000,
         "/var/lib/dpkg/info/broker.list":
         "/usr/sbin/brokerd\n/usr/bin/broker_a\n/usr/bin/broker_b\n"},
        hardlinks={"/usr/bin/broker_b": "/usr/bin/broker_a"},
    )  # fmt: skip
    keep = image.keep("/usr/sbin/brokerd", how=How.EXEC, safety="balanced")
    assert {"/usr/bin/broker_a", "/usr/bin/broker_b"} <= set(keep.paths)


def test_a_package_that_only_belongs_to_a_named_one_brings_no_language() -> None:
    files: dict[str, bytes | str | None] = {
        "/used": "x" * 20_000_000, "/usr/bin/perl": "x" * 2_000_000, "/etc/web.conf": "x",
        "/usr/bin/web-split": "#!/usr/bin/perl\n", "/usr/bin/web-check": "x",
        "/var/lib/dpkg/info/web.list": "/etc/web.conf\n",
        "/var/lib/dpkg/info/web-utils.list": "/usr/bin/web-split\n/usr/bin/web-check\n",
        "/var/lib/dpkg/status": "Package: web\nStatus: install ok installed\nVersion: 1\n"
        "Depends: web-utils\n\n"
        "Package: web-utils\nStatus: install ok installed\nVersion: 1\n\n",
    }  # fmt: skip
    keep = SmallImage(files, history=by_apt("web")).keep("/used", safety="balanced")
    assert "/usr/bin/web-check" in keep
    assert keep.reasons["/usr/bin/web-check"] == (
        "named packages: web-utils belongs to web, which is installed by name",
    )
    assert not {"/usr/bin/web-split", "/usr/bin/perl"} & set(keep.paths)
    named = SmallImage(files, history=by_apt("web-utils web")).keep("/used", safety="balanced")
    assert {"/usr/bin/web-split", "/usr/bin/perl"} <= set(named.paths)


def test_what_belongs_to_a_refused_package_takes_no_room_from_another_named_one() -> None:
    files: dict[str, bytes | str | None] = {
        "/used": "x" * 24_000_000, "/usr/bin/rules": "x" * 13_000_000,
        "/usr/bin/init": "x" * 8_000_000, "/usr/bin/client": "x" * 6_000_000,
        "/var/lib/dpkg/info/rules.list": "/usr/bin/rules\n",
        "/var/lib/dpkg/info/rules-init.list": "/usr/bin/init\n",
        "/var/lib/dpkg/info/client.list": "/usr/bin/client\n",
        "/var/lib/dpkg/status": "Package: rules\nDepends: rules-init\n\n",
    }  # fmt: skip
    keep = SmallImage(files, history=by_apt("rules client")).keep("/used", safety="balanced")
    assert "/usr/bin/client" in keep
    assert not {"/usr/bin/rules", "/usr/bin/init"} & set(keep.paths)


def test_an_unused_package_counts_with_its_interpreter() -> None:
    files: dict[str, bytes | str | None] = {
        "/used": "x", "/usr/bin/tool": "#!/usr/bin/perl\n", "/usr/bin/perl": "x" * 5_000_000,
        "/var/lib/dpkg/info/tools.list": "/usr/bin/tool\n",
    }  # fmt: skip
    keep = SmallImage(files, history=by_apt("tools")).keep("/used", safety="balanced")
    assert "/usr/bin/tool" not in keep
    assert [left.what for left in keep.left_out] == ["tools"]


def test_the_tools_of_scripts_of_packages_have_one_limit_together() -> None:
    tools = [f"tool{number}" for number in range(4)]
    files: dict[str, bytes | str | None] = {
        "/usr/bin/store-server": "x", "/usr/bin/store-check": "#!/bin/sh\n" + "\n".join(tools),
        "/bin/sh": "x", **{f"/usr/bin/{tool}": "x" * 400_000 for tool in tools},
    }  # fmt: skip
    keep = SmallImage(files).keep("/usr/bin/store-server", how=How.EXEC, safety="balanced")
    assert [f"/usr/bin/{tool}" in keep for tool in tools] == [True, True, False, False]
    assert [left.what for left in keep.left_out] == ["/usr/bin/tool2", "/usr/bin/tool3"]


def test_the_data_of_a_library_that_was_not_loaded_has_a_smaller_limit() -> None:
    files: dict[str, bytes | str | None] = {
        "/app/run": b"x" * 30_000_000, "/usr/lib/libsasl2.so.2": elf_file(),
        "/usr/lib/sasl2/large.so": elf_file() + b"x" * 1_000_000,
    }  # fmt: skip
    image, large = SmallImage(files), "/usr/lib/sasl2/large.so"
    used = ("/app/run", "/usr/lib/libsasl2.so.2")
    assert large in image.keep(*used, safety="balanced")
    assert large not in image.keep("/app/run", keep=used[1:], safety="balanced")


def test_a_large_package_is_kept_where_the_image_is_larger() -> None:
    files: dict[str, bytes | str | None] = {
        "/usr/bin/client": "x" * 6_000_000, "/usr/bin/second": "x" * 6_000_000,
        "/used": "x" * 14_000_000,
        "/var/lib/dpkg/info/db-client.list": "/usr/bin/client\n",
        "/var/lib/dpkg/info/second.list": "/usr/bin/second\n",
    }  # fmt: skip
    history = by_apt("db-client second")
    keep = SmallImage(files, history=history).keep("/used", safety="balanced")
    assert "/usr/bin/client" in keep
    assert [left.what for left in keep.left_out] == ["second"]


def wiki(late: Mapping[str, bytes | str | None]) -> tuple[SmallImage, list[str]]:
    """An installed application of which the run opened some scripts, and its other files."""
    used = [f"/usr/share/wiki/main/{name}.php" for name in "abcd"]
    used += ["/usr/share/wiki/lib/core/e.php"]
    files = {**dict.fromkeys(used, "x"), **late}
    status = {"/var/lib/dpkg/status": "", "/usr/bin/python3": "x", "/usr/share/wiki/other": "x",
              "/var/lib/dpkg/info/wiki.list": "".join(f"{path}\n" for path in files)}  # fmt: skip
    return SmallImage({**files, **status}), used


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("main/Near.php", "far/Far.php"),
        ("main/map.json", "far/Far.php"),
        ("lib/core/part/page.js", "far/deep/Far.php"),
        ("lib/idle/Far.php", "lib/idle/deep/Far.php"),
        ("far/Far.php", "far/page.js"),
    ],
)
def test_what_is_near_the_opened_scripts_comes_first(first: str, second: str) -> None:
    late = {
        f"/usr/share/wiki/{first}": "x" * 3_000_000,
        f"/usr/share/wiki/{second}": "x" * 2_500_000,
    }
    image, used = wiki(late)
    keep = image.keep(*used, safety="balanced")
    assert [path in keep for path in late] == [True, False]


def test_translations_of_an_application_come_last() -> None:
    late = {f"/usr/share/wiki/main/{name}.php": "x" * 500_000 for name in
            ("de_DE", "fr_FR", "pt-BR", "es_419", "ja", "ru", "zh", "nl", "it")}  # fmt: skip
    image, used = wiki({**late, "/usr/share/wiki/far/away/Code.php": "x" * 2_500_000})
    keep = image.keep(*used, safety="balanced")
    assert "/usr/share/wiki/far/away/Code.php" in keep
    assert 0 < sum(path in keep for path in late) < len(late)


@pytest.mark.parametrize(("size", "kept"), [(400_000, True), (4_000_000, False)])
def test_the_interpreter_of_an_application_may_come_along(size: int, kept: bool) -> None:
    image, used = wiki(
        {"/usr/share/wiki/bin/clean.sh": "#!/usr/bin/php\n", "/usr/bin/php": "x" * size,
         "/usr/sbin/php-fpm": "x" * 8_000_000}
    )  # fmt: skip
    keep = image.keep(*used, "/usr/sbin/php-fpm", safety="balanced")
    assert ("/usr/share/wiki/bin/clean.sh" in keep, "/usr/bin/php" in keep) == (kept, kept)


def test_a_script_in_another_language_is_not_of_the_application() -> None:
    script = "/usr/share/wiki/main/draw.py"
    image, used = wiki({script: "#!/usr/bin/python3\n"})
    keep = image.keep(*used, safety="balanced")
    assert not {script, "/usr/bin/python3"} & set(keep.paths)
    assert script in image.keep(*used, "/usr/bin/python3", safety="balanced")


def test_a_list_of_types_names_no_interpreter() -> None:
    types = (
        '<magic value="#!/usr/bin/perl"/> <magic value="/bin/bash"/> <show with="/usr/bin/see"/>'
    )
    image = SmallImage(
        {"/etc/web/types.xml": types, "/app/run": types, "/usr/bin/perl": "x", "/bin/bash": "x",
         "/usr/bin/see": "x"}, history=COPIED,
    )  # fmt: skip
    kept = image.kept("/etc/web/types.xml", safety="balanced", without=("own files",))
    assert kept == {"/etc/web/types.xml", "/usr/bin/see"}
    assert {"/usr/bin/perl", "/bin/bash"} <= image.kept("/app/run", safety="balanced")


def test_the_folder_of_a_file_that_will_be_written_is_kept_empty() -> None:
    image = SmallImage(
        {"/app/app.ini": "log = /data/logs/app.log\nroute = /api/x", "/data/logs/old": "x"},
        history=COPIED,
    )
    keep = image.keep("/app/app.ini", safety="balanced")
    assert ("/data/logs" in keep, "/data/logs/old" in keep) == (True, False)
    assert keep.reasons["/data/logs"] == ("literals: for a file that /app/app.ini names",)
