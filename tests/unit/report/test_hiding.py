"""No secret in any rendering of a report, however the rendering writes it."""

import html
import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import digest, of, replaced, sample

from ci_slim.image.sizes import LayerSize
from ci_slim.redact import Redactor
from ci_slim.report import RENDERINGS, render
from ci_slim.report.hiding import redacted
from ci_slim.report.json import from_json, to_json
from ci_slim.result import Baseline, Kept, PlatformReport, ProbeReport, ProbeRun, Report

SECRETS = (
    "my_secret_pass",
    'p"ss\\w*rd9',
    "a&b<c>d_e",
    "päss|wörd",
    "-----K\nabcdefgh\nijklmnop\n",
)
GOOD = sample().images[0].platforms[0]


def telling(secret: str) -> Report:
    """A report with the secret in each of its foreign texts."""
    text = f"it is {secret}."
    assert GOOD.fat is not None
    layers = (LayerSize(digest("1"), 12_345_678, 1, "x" * 90 + f" RUN {secret}"),)
    platform = replaced(
        GOOD,
        fat=replace(GOOD.fat, reference=text, layers=layers),
        reason=text,
        no_baseline=text,
        baseline=Baseline(text, text, "", None, None),
        probes=(ProbeReport(text, text, None, ProbeRun(True, 0, 1)),),
        kept=Kept(1, {text: 1}),
        healed=(text,),
        explained=(text,),
        warnings=(text,),
        verdicts=tuple(replace(verdict, message=text) for verdict in GOOD.verdicts),
        timings={text: 1.0},
    )
    return of(platform, PlatformReport(replace(GOOD.platform, variant="v7"), "failed", reason=text))


def read(form: str, text: str) -> str:
    """What a reader of the rendering sees."""
    if form in ("json", "codequality"):
        return repr(json.loads(text)) + str(json.loads(text))
    if form == "junit":
        return "".join(
            text for case in Xml.fromstring(text).iter() for text in case.attrib.values()
        )
    return html.unescape(text).replace("\u200b", "").replace("\\", "")


@pytest.mark.parametrize("form", RENDERINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_rendering_shows_a_secret(form: str, secret: str) -> None:
    shown = read(form, render(redacted(telling(secret), Redactor([secret])), form))
    for line in (secret, *secret.split("\n")):
        assert len(line) < 8 or line not in shown


@given(st.text(min_size=4), st.sampled_from(sorted(RENDERINGS)))
@example("1234", "json")
@example("linux", "json")
@example("slimmed", "json")
@example("listener", "markdown")
def test_a_report_stays_one_whatever_the_secret(secret: str, form: str) -> None:
    made = redacted(sample(), Redactor([secret]))
    render(made, form)
    assert from_json(to_json(made), "x") == made
    assert made.images[0].name == "listener"
    assert made.outcome == sample().outcome


def test_reasons_that_are_one_when_masked_are_counted_together() -> None:
    kept = Kept(3, {"env: of hunter22": 1, "env: of s3cret99": 2})
    made = redacted(of(replaced(GOOD, kept=kept)), Redactor(["hunter22", "s3cret99"]))
    assert made.images[0].platforms[0].kept == Kept(3, {"env: of ***": 3})
