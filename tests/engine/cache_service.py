"""A test double of GitHub's cache service, version 2, and of its blob store.

BuildKit's client (github.com/tonistiigi/go-actions-cache) makes three calls in Twirp's JSON, and
stores Azure block blobs (learn.microsoft.com/rest/api/storageservices/put-block-list).
"""

import base64
import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

_CALLS = "/twirp/github.actions.results.api.v1.CacheService/"


def _token() -> str:
    """A token like the runner's: a JWT with the caches that it may read and write."""
    access = json.dumps([{"Scope": "refs/heads/main", "Permission": 3}])
    claims = {"ac": access, "nbf": int(time.time()) - 60, "exp": int(time.time()) + 3600}
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join((*texts, "c2lnbmF0dXJl"))


@dataclass
class CacheService:
    """The content of the service, and the requests to it."""

    url: str = ""
    token: str = field(default_factory=_token)
    entries: dict[str, bytes] = field(default_factory=dict)
    """The caches by key, in the order in which they were finished."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[tuple[str, str], bytes] = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that GitHub's runner sets for the service."""
        return {
            "ACTIONS_RESULTS_URL": f"{self.url}/",
            "ACTIONS_RUNTIME_TOKEN": self.token,
            "ACTIONS_CACHE_SERVICE_V2": "True",
        }

    def answer(self, call: str, asked: dict[str, object]) -> tuple[int, dict[str, object]]:
        """Answer one call of the service."""
        key = str(asked["key"])
        if call == "CreateCacheEntry":
            if key in self.entries:
                return 409, {"code": "already_exists", "msg": "cache entry exists"}
            return 200, {"ok": True, "signed_upload_url": self._blob(key)}
        if call == "FinalizeCacheEntryUpload":
            self.entries[key] = self.blobs[key]
            return 200, {"ok": True, "entry_id": str(len(self.entries))}
        wanted = [key, *map(str, asked.get("restore_keys") or [])]  # type: ignore[call-overload]
        for each in wanted:
            found = [known for known in self.entries if known.startswith(each)]
            if found:
                self.hits.append(found[-1])
                url = self._blob(found[-1])
                return 200, {"ok": True, "signed_download_url": url, "matched_key": found[-1]}
        return 200, {"ok": False}

    def _blob(self, key: str) -> str:
        return f"{self.url}/blob/{quote(key, safe='')}"


@contextlib.contextmanager
def started() -> Iterator[CacheService]:
    """Run the service on loopback until the end of the block."""
    service = CacheService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            if self.headers.get("Authorization") != f"Bearer {service.token}":
                service.refused.append(self.path)
                return self._send(401, b"{}")
            status, value = service.answer(self.path.removeprefix(_CALLS), json.loads(body))
            return self._send(
                status, json.dumps(value).encode(), {"Content-Type": "application/json"}
            )

        def do_PUT(self) -> None:
            body = self._body()
            name, query = self._blob()
            kind = query.get("comp", [""])[0]
            if kind == "block":
                service.blocks[name, query["blockid"][0]] = body
            elif kind == "blocklist":
                listed = re.findall(r"<(?:Latest|Uncommitted)>(.*?)</", body.decode())
                service.blobs[name] = b"".join(service.blocks[name, each] for each in listed)
            else:
                service.blobs[name] = body
            self._send(201, b"")

        def do_GET(self) -> None:
            name, _ = self._blob()
            content = service.blobs[name]
            wanted = self.headers.get("x-ms-range") or self.headers.get("Range") or "bytes=0-"
            start = int(re.findall(r"\d+", wanted)[0])
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            self._send(206, content[start:], headers)

        def _blob(self) -> tuple[str, dict[str, list[str]]]:
            parts = urlsplit(self.path)
            return unquote(parts.path.removeprefix("/blob/")), parse_qs(parts.query)

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "x-ms-request-id": "1", "x-ms-version": "2020-10-02", "ETag": '"1"',
                "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT",
                "Content-Length": str(len(body)), **(headers or {}),
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()
