"""All tags of a repository.

OCI distribution specification 1.1, "Listing Tags": if a list is incomplete, the header `Link` names
its next part.
"""

import re
from urllib.parse import urljoin

import requests

from ci_slim.engine import transfer
from ci_slim.engine.registry import Registry
from ci_slim.image import documents

_PARTS = 50
"""The most parts, of a thousand tags each."""
_NEXT = re.compile(r"<([^>]+)>\s*;\s*rel=\"?next\"?")


def list_tags(registry: Registry, repository: str) -> tuple[str, ...]:
    """The tags of a repository. Empty if the repository does not exist yet. Raises EngineError if
    the registry does not list them."""
    found: list[str] = []
    path = "tags/list?n=1000"
    for _ in range(_PARTS):
        answer = registry.ask(repository, path, {})
        if answer.status_code == requests.codes.not_found:
            answer.close()
            break
        if answer.status_code != requests.codes.ok:
            registry.refused(answer, f"the tags of {repository}")
        link = _NEXT.search(answer.headers.get("Link", ""))
        url = answer.url
        document = documents.load_object(registry.text(answer), f"the tags of {repository}")
        found += documents.strings(document, "tags", f"the tags of {repository}")
        if link is None:
            break
        path = urljoin(url, link[1])
        transfer.refuse_unsafe(path, url)
    return tuple(dict.fromkeys(found))
