"""Probes: how they are read, what is sent for them, how answers are judged and compared. Pure."""

from ci_slim.probes.batch import LARGEST, batch, batched_answers
from ci_slim.probes.crawl import Crawl, links
from ci_slim.probes.curl import TRANSFER_LIMIT, answer, request, secrets
from ci_slim.probes.dockerslim import from_dockerslim
from ci_slim.probes.judge import COMPARED_HEADERS, differences, failures, judged
from ci_slim.probes.model import (
    BODY_LIMIT,
    COMPARED_LIMIT,
    TIMED_OUT,
    Answer,
    CrawlProbe,
    ExecProbe,
    Expect,
    FormField,
    HttpProbe,
    Probe,
    Request,
    page,
    repeated,
    unique,
)
from ci_slim.probes.ready import is_ready, ready_request, what_came
from ci_slim.probes.schema import PROBE_SCHEMA
from ci_slim.probes.settings import (
    CRAWL_KEYS,
    EXEC_KEYS,
    EXPECT_KEYS,
    HTTP_KEYS,
    from_flag_exec,
    from_flag_http,
    from_settings,
)

__all__ = [
    "BODY_LIMIT",
    "COMPARED_HEADERS",
    "COMPARED_LIMIT",
    "CRAWL_KEYS",
    "EXEC_KEYS",
    "EXPECT_KEYS",
    "HTTP_KEYS",
    "LARGEST",
    "PROBE_SCHEMA",
    "TIMED_OUT",
    "TRANSFER_LIMIT",
    "Answer",
    "Crawl",
    "CrawlProbe",
    "ExecProbe",
    "Expect",
    "FormField",
    "HttpProbe",
    "Probe",
    "Request",
    "answer",
    "batch",
    "batched_answers",
    "differences",
    "failures",
    "from_dockerslim",
    "from_flag_exec",
    "from_flag_http",
    "from_settings",
    "is_ready",
    "judged",
    "links",
    "page",
    "ready_request",
    "repeated",
    "request",
    "secrets",
    "unique",
    "what_came",
]
