"""Probes: how they are read, what is sent for them, how answers are judged and compared. Pure."""

from ci_slim.slim.probes.dockerslim import from_dockerslim
from ci_slim.slim.probes.model import (
    BODY_LIMIT,
    Answer,
    CrawlProbe,
    ExecProbe,
    Expect,
    FormField,
    HttpProbe,
    Probe,
    Request,
    page,
    unique,
)
from ci_slim.slim.probes.settings import (
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
    "CRAWL_KEYS",
    "EXEC_KEYS",
    "EXPECT_KEYS",
    "HTTP_KEYS",
    "Answer",
    "CrawlProbe",
    "ExecProbe",
    "Expect",
    "FormField",
    "HttpProbe",
    "Probe",
    "Request",
    "from_dockerslim",
    "from_flag_exec",
    "from_flag_http",
    "from_settings",
    "page",
    "unique",
]
