"""The pages' words, from the Fluent files."""

from functools import cache
from pathlib import Path

from fluent.runtime import FluentLocalization, FluentResourceLoader

HERE = Path(__file__).parent
LOADER = FluentResourceLoader(str(HERE / "l10n" / "{locale}"))
SPOKEN = ("en", "nb", "fi")


@cache
def words(locale: str) -> FluentLocalization:
    return FluentLocalization([locale, "en"], ["main.ftl"], LOADER)


def wanted(header: str) -> str:
    for each in header.split(","):
        if (tongue := each.split(";")[0].strip()[:2]) in SPOKEN:
            return tongue
    return "en"
