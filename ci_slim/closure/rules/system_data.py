"""Keeps data and parts that a system library opens when a program first needs them: names of ports,
descriptions of terminals, time zones, key stores, ways to log in.

Which library opens which files is a table, after the manual of each.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ci_slim.closure.keep_set import LeftOut, sizes
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.libraries import needed
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

MOST = 500_000
"""The most bytes that one library brings in this way. For a large image it is more if the run
loaded the library: a twentieth of it, but at most four times as much. Small files come first. A
file that the table names itself may weigh a third of the image: without it the library does
nothing, as libmagic without magic.mgc."""

ZONES_MOST = 1_000_000
"""The most bytes of all time zones if an own file names one. They are kept all together, or else
only those that are named."""

_TERMINALS = tuple(
    f"{root}/{name[0]}/{name}"
    for root in ("/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo")
    for name in ("ansi", "dumb", "linux", "screen", "screen-256color", "tmux-256color", "vt100",
                 "vt220", "xterm", "xterm-256color")
)  # fmt: skip
_NETWORK = ("/etc/services", "/etc/protocols")  # getservbyname(3), getprotobyname(3)
_MIME = "/usr/share/mime"

_FILES: Mapping[str, tuple[str, ...]] = {
    "libc.so.": _NETWORK,
    "libc.musl-": _NETWORK,
    "ld-musl-": _NETWORK,
    "libtinfo.so": _TERMINALS,
    "libtinfow.so": _TERMINALS,
    "libncurses.so": _TERMINALS,
    "libncursesw.so": _TERMINALS,
    "libcrypto.so": ("{folder}/ossl-modules",),  # provider(7)
    "libsasl2.so": ("{folder}/sasl2", "/etc/sasl2"),
    "libnss3.so": ("{folder}/libsoftokn3.so", "{folder}/libfreeblpriv3.so", "{folder}/nss",
                   "{folder}/libnssckbi.so", "{folder}/libsoftokn3.chk"),
    "libmariadb.so": ("{folder}/libmariadb3/plugin", "{folder}/mariadb/plugin"),
    "libmysqlclient.so": ("{folder}/mysql/plugin",),
    "libkrb5.so": ("/etc/krb5.conf", "{folder}/krb5/plugins"),
    "libldap.so": ("/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf"),
    "libldap-": ("/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf"),
    "libodbc.so": ("/etc/odbcinst.ini", "/etc/odbc.ini"),
    "libpsl.so": ("/usr/share/publicsuffix",),
    "libp11-kit.so": ("/etc/pkcs11", "/usr/share/p11-kit/modules", "{folder}/pkcs11"),
    "libfontconfig.so": ("/etc/fonts", "/usr/share/fontconfig", "/usr/share/fonts"),
    "libgio-2.0.so": (f"{_MIME}/mime.cache", f"{_MIME}/globs2", f"{_MIME}/magic",
                      "{folder}/gio/modules"),
    "libgdk_pixbuf-2.0.so": ("{folder}/gdk-pixbuf-2.0",),
    "libmagic.so": ("/etc/magic", "/usr/share/misc/magic.mgc", "/usr/lib/file/magic.mgc"),
    "libasound.so": ("/etc/asound.conf", "/usr/share/alsa", "{folder}/alsa-lib"),
    "libhunspell": ("/usr/share/hunspell", "/usr/share/myspell"),
    "libproj.so": ("/usr/share/proj",),
    "libxml2.so": ("/etc/xml/catalog",),
    "libMagickCore-": ("/etc/ImageMagick-6", "/etc/ImageMagick-7"),
    "mimetypes.py": ("/etc/mime.types",),
    "libpam.so": ("/etc/pam.conf", "/etc/pam.d", "/etc/security", "/etc/login.defs", "/etc/shadow"),
}  # fmt: skip
"""What a library or module whose name starts like this opens. `{folder}` is its own folder."""

_PAM = "/etc/pam.d"
_INCLUDED = re.compile(r"^(?:@include|\S+\s+(?:include|substack))\s+([\w.-]+)", re.M)
_PAM_MODULE = re.compile(r"\bpam_\w+\.so\b")
_ZONES = "/usr/share/zoneinfo"
_ZONES_AGAIN = (f"{_ZONES}/posix/", f"{_ZONES}/right/")
ZONE = re.compile(
    r"""["':=]((?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)"""
    r"""/[A-Z][\w/+-]+)"""
)
_LOCAL_TIME = frozenset(("/etc/localtime", "/etc/timezone"))


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    found: dict[str, str] = {}
    for path in fresh:
        name = posixpath.basename(path)
        for start in _FILES:
            if name.startswith(start) and builder.once(f"data of {start}"):
                for each in _FILES[start]:
                    found[each.format(folder=posixpath.dirname(path))] = path
        if name.startswith("libpam.so") and builder.once("pam services"):
            _add_services(builder, path)
            modules = list(_pam_modules(builder, path, builder.children(_PAM)))
            _add(builder, modules, path)
    libraries = dict.fromkeys(found.values())
    for library in libraries:
        wanted = [path for path, by in found.items() if by == library]
        reason = f"system data: opened by {library}"
        for path in wanted:
            entry, most = builder.entry(path), max(MOST, builder.kept_bytes() // 3)
            if entry and entry.kind is Kind.FILE and entry.size <= most:
                builder.add(path, reason)
        _add(builder, wanted, library)
    if builder.once("zones") and _reads_local_time(builder):
        _add_zones(builder, builder.kept_bytes() // 20, "the run read the local one")
    if builder.once("named zones") and (named := _named_zones(builder)):
        for path, by in named.items():
            builder.add(path, f"system data: the time zone is named in {by}")
        _add_zones(builder, ZONES_MOST, "an own file names one")


def _add_services(builder: KeepSetBuilder, library: str) -> None:
    """Keep all that PAM opens for the programs of the image: a program asks for the service of its
    own name, or for one that somebody added, or gets the service `other`. Without one of its
    modules nobody is let in, and cron starts no job."""
    names = {posixpath.basename(path) for path in builder.reasons if "/bin/" in path}
    names |= {posixpath.basename(path) for path in builder.started}
    files = [path for path in builder.children(_PAM) if _is_asked_for(builder, path, names)]
    if not files and builder.exists(f"{_PAM}/other"):
        files = [f"{_PAM}/other"]
    known = set(files)
    for path in files:  # grows
        listed = dict.fromkeys(_INCLUDED.findall(builder.text(path)))
        included = (posixpath.join(_PAM, name) for name in listed)
        new = [each for each in included if each not in known and builder.exists(each)]
        known.update(new)
        files += new
    reason = f"system data: opened by {library} for a program of the image"
    for path in (*files, *_pam_modules(builder, library, files)):
        builder.add(path, reason)


def _is_asked_for(builder: KeepSetBuilder, service: str, programs: Collection[str]) -> bool:
    """Whether a service is that of a program, or one that no package brought. What packages set up
    for all services is called `common-…`."""
    name = posixpath.basename(service)
    added = service not in builder.owners.package_of and not name.startswith(("common-", "other"))
    return name in programs or added


def _pam_modules(builder: KeepSetBuilder, library: str, files: Iterable[str]) -> Iterator[str]:
    for file in files:
        for name in _PAM_MODULE.findall(builder.text(file)):
            yield f"{posixpath.dirname(library)}/security/{name}"
            if name == "pam_unix.so":
                yield "/usr/sbin/unix_chkpwd"


def _add_zones(builder: KeepSetBuilder, most: int, why: str) -> None:
    """Keep all time zones, or none if they are too large. `posix` and `right` have them again, the
    latter with leap seconds; no program asks for these by itself."""
    zones = [
        path
        for path in _below(builder, _ZONES)
        if "." not in posixpath.basename(path) and not path.startswith(_ZONES_AGAIN)
    ]
    weight = sum(sizes(builder.index, zones).values())
    if weight <= most:
        for path in zones:
            builder.add(path, f"system data: time zones, because {why}")
    elif not set(zones) <= builder.reasons.keys():
        builder.left_out.add(LeftOut("dropped_nearby", _ZONES, weight, (f"{_ZONES}/**",)))


def _named_zones(builder: KeepSetBuilder) -> dict[str, str]:
    """The time zones that own files name, each with the file."""
    found: dict[str, str] = {}
    if builder.exists(_ZONES):
        for path, text in builder.own_texts():
            for name in ZONE.findall(text):
                found.setdefault(f"{_ZONES}/{name}", path)
    return found


def _reads_local_time(builder: KeepSetBuilder) -> bool:
    seen = builder.observation
    return any(path in seen.uses or path in seen.missed for path in _LOCAL_TIME)


def _add(builder: KeepSetBuilder, wanted: Sequence[str], library: str) -> None:
    """Keep files and the files of folders that a library opens, small ones first, up to the limit,
    which is smaller if the run did not load it."""
    files = dict.fromkeys(each for path in wanted for each in _below(builder, path))
    dropped = [path for path in files if path not in builder.reasons]
    builder.contents.expect(dropped)
    seen = builder.used(library, How.OPEN)
    left = min(4 * MOST, max(MOST, builder.kept_bytes() // 20)) if dropped and seen else MOST
    new, too_much = set[tuple[int, int]](), dict[str, int]()
    real = [(path, builder.entry(path)) for path in dropped]
    for path, entry in sorted(real, key=lambda each: (each[1].size if each[1] else 0, each[0])):
        inode = (entry.layer, entry.data) if entry else (0, 0)
        if entry is None or entry.kind is not Kind.FILE or inode in new:
            weight = 0
        else:
            brought = {entry.path, *needed(builder, entry.path)} - builder.reasons.keys()
            weight = sum(builder.index[each].size for each in brought)
        if weight <= left:
            left -= weight
            new.add(inode)
            builder.add(path, f"system data: opened by {library}")
        elif entry:
            too_much[entry.path] = weight
    builder.left_out.add_files("dropped_nearby", too_much)


def _below(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    real = builder.index.resolve(path).path
    if real is None:
        return
    if builder.index[real].kind is not Kind.DIR:
        yield path if path in builder.index else real
        return
    for each in builder.index.descendants(real):
        if builder.index[each].kind in (Kind.FILE, Kind.SYMLINK):
            yield each
