"""`make site`: the documents as a site in build/site, with all its links checked.

The documents are copied with the folders that they have here, together with every file that they
link, so that they need no other links on the site than in the repository. mkdocs builds them with
`--strict`. Nothing is fetched, neither by the build nor by the site.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/ci-slim/ci-slim/blob/main"
DOCUMENTS = ("*.md", "docs/*.md", "docs/site.css", "gitlab/*.md", "examples/**/README.md")

_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
_CODE = re.compile(r"`([^`]*\\\|[^`]*)`")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def stage(source: Path, root: Path = ROOT) -> None:
    """Copy the documents, and what they link, into a folder that mkdocs reads."""
    shutil.rmtree(source, ignore_errors=True)
    todo = {path for pattern in DOCUMENTS for path in root.glob(pattern)}
    done: set[Path] = set()
    while todo - done:
        path = min(todo - done)
        done.add(path)
        place = source / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".md":
            shutil.copyfile(path, place)
            continue
        text = path.read_text(encoding="utf-8")
        todo |= set(_linked(text, path, root))
        place.write_text(_for_mkdocs(text, path, root), encoding="utf-8")


def _linked(text: str, path: Path, root: Path) -> Iterator[Path]:
    """The files of the repository that a document links."""
    for link in _LINK.findall(text):
        target = (path.parent / urldefrag(link)[0]).resolve()
        if not _ELSEWHERE.match(link) and target.is_file() and not _hidden(target, root):
            yield target


def _for_mkdocs(text: str, path: Path, root: Path) -> str:
    """The text as Python-Markdown needs it: in a table, `|` of code is an entity; and mkdocs leaves
    out folders such as .github, so that links to them lead to the repository."""

    def link(found: re.Match[str]) -> str:
        target = (path.parent / urldefrag(found[0])[0]).resolve()
        if _ELSEWHERE.match(found[0]) or not target.exists() or not _hidden(target, root):
            return found[0]
        return f"{REPOSITORY}/{target.relative_to(root)}"

    rows = (
        _CODE.sub(_code, line) if line.startswith("|") else line for line in text.splitlines(True)
    )
    return _LINK.sub(link, "".join(rows))


def _code(found: re.Match[str]) -> str:
    text = found[1].replace("\\|", "|").replace("&", "&amp;").replace("<", "&lt;")
    return f"<code>{text.replace('|', '&#124;')}</code>"


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def build(source: Path, site: Path) -> None:
    """Build the site. Raises CalledProcessError with mkdocs' own words for a wrong link."""
    config = source.parent / "mkdocs.yml"
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for key, folder in (("docs_dir", source), ("site_dir", site)):
        text = re.sub(rf"(?m)^{key}: .*$", f"{key}: {folder}", text)
    config.write_text(text, encoding="utf-8")
    # Not with --quiet: mkdocs does not count warnings then, and --strict has no effect.
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", config],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(source), "NO_MKDOCS_2_WARNING": "1"},
    )


class _Page(HTMLParser):
    """What a page links, loads, and names."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.names: set[str] = {"__skip"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take one element."""
        values = {name: value or "" for name, value in attrs}
        self.names |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") != "canonical" and "href" in values:
            self.loads.append(values["href"])
        elif "src" in values:
            self.loads.append(values["src"])


def faults(site: Path) -> Iterator[str]:
    """Every link that leads nowhere, and everything that a page would fetch from elsewhere."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = _Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    for path, page in pages.items():
        where = path.relative_to(site)
        yield from (f"{where} loads {url}" for url in page.loads if _ELSEWHERE.match(url))
        if where.name == "404.html":  # its addresses begin at the root of the server
            continue
        for url in (*page.links, *page.loads):
            if _ELSEWHERE.match(url):
                continue
            name, anchor = urldefrag(unquote(url))
            target = (path.parent / name).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{where} links {url}, which is not there"
            elif anchor and target in pages and anchor not in pages[target].names:
                yield f"{where} links {url}, which has no such heading"


def main() -> None:
    """Build the site of this repository."""
    source, site = ROOT / "build/site-source", ROOT / "build/site"
    stage(source)
    try:
        build(source, site)
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr)
    if found := list(faults(site)):
        sys.exit("\n".join(found))
    sys.stdout.write(f"{site}/index.html\n")


if __name__ == "__main__":
    main()
