"""Probes: how they are read, what is run for them, how answers are judged and compared. Pure.

A kind of probe is a module and a line in `kinds.KINDS`.
"""

from ci_slim.probes.bodies import FormField
from ci_slim.probes.command import ExecProbe
from ci_slim.probes.crawl import Crawl, CrawlProbe, page
from ci_slim.probes.crawl_links import links
from ci_slim.probes.curl import TRANSFER_LIMIT
from ci_slim.probes.dockerslim import from_dockerslim
from ci_slim.probes.exchange import (
    Answered,
    Carried,
    Exchange,
    Idle,
    InNetwork,
    Inside,
    OnMachine,
    OwnContainer,
    Probe,
    Ran,
    Restart,
    Run,
    Signal,
    Way,
    answers,
)
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judge import COMPARED_HEADERS, differences, failures, judged
from ci_slim.probes.kinds import KINDS, has_own_container, repeated, unique, uses_socket_file
from ci_slim.probes.mask import NO_MASK, Mask
from ci_slim.probes.model import BODY_LIMIT, COMPARED_LIMIT, Answer, Compared, Expect
from ci_slim.probes.ready import is_ready, ready_request, what_came
from ci_slim.probes.tcp import TcpProbe

__all__ = [
    "BODY_LIMIT",
    "COMPARED_HEADERS",
    "COMPARED_LIMIT",
    "KINDS",
    "NO_MASK",
    "TRANSFER_LIMIT",
    "Answer",
    "Answered",
    "Carried",
    "Compared",
    "Crawl",
    "CrawlProbe",
    "Exchange",
    "ExecProbe",
    "Expect",
    "FormField",
    "Given",
    "HttpProbe",
    "Idle",
    "InNetwork",
    "Inside",
    "Mask",
    "OnMachine",
    "OwnContainer",
    "Probe",
    "Ran",
    "Restart",
    "Run",
    "Signal",
    "TcpProbe",
    "Way",
    "answers",
    "differences",
    "failures",
    "from_dockerslim",
    "has_own_container",
    "is_ready",
    "judged",
    "links",
    "page",
    "ready_request",
    "repeated",
    "unique",
    "uses_socket_file",
    "what_came",
]
