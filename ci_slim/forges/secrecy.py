"""Mask tokens and signed addresses in the logs of client libraries."""

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator

from ci_slim.redact import MASK, Redactor

# Addresses of stored files contain a short-lived permission: Azure, Amazon and Google.
_SIGNED = re.compile(
    r"(?i)([?&](?:sig|signature|x-amz-signature|x-amz-security-token|x-amz-credential"
    r"|x-goog-signature|x-goog-credential|jwt|token|private_token|job_token)=)[^&\s'\"]+"
)


class _MaskingFilter(logging.Filter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._hide = Redactor(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _SIGNED.sub(rf"\1{MASK}", self._hide(record.getMessage()))
        record.args = ()
        return True


@contextlib.contextmanager
def hidden(secrets: Iterable[str], loggers: Iterable[str]) -> Iterator[None]:
    """Mask the secrets in what these loggers (not their children) write inside the block."""
    masking = _MaskingFilter(secrets)
    masked = [logging.getLogger(name) for name in loggers]
    for logger in masked:
        logger.addFilter(masking)
    try:
        yield
    finally:
        for logger in masked:
            logger.removeFilter(masking)
