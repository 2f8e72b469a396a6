"""Logins and tokens for the repositories of a registry.

Source: Docker's token authentication (distribution.github.io/distribution/spec/auth/token).
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Literal, NoReturn
from urllib.parse import urlencode

import requests

from ci_slim.engine import transfer
from ci_slim.engine.login import Challenge, Login, challenges
from ci_slim.engine.transfer import Transfer, origin

Rights = Literal["pull", "pull,push", "pull,push,delete"]
"""The rights that a token is requested for."""

ANSWER_LIMIT = 1 << 20
"""The most bytes of an error, a token or a list of tags."""


class Authorizer:
    """Makes the Authorization headers for one registry. `denied` raises the error of a refusal."""

    def __init__(
        self,
        http: Transfer,
        who: Callable[[], Login | None],
        rights: Rights,
        denied: Callable[[str], NoReturn],
    ) -> None:
        self._http, self._who, self._rights, self._denied = http, who, rights, denied
        self._headers: dict[str, str] = {}

    def known(self, repository: str) -> str:
        """The last header for a repository, or "" if there is none yet."""
        return self._headers.get(repository, "")

    def authorize(self, repository: str, challenge: str, base: str) -> str:
        """Get a new header for a repository. Raises EngineError if there is no way to get one.

        `challenge` is the WWW-Authenticate header of the registry, `base` its URL.
        """
        header = self._header(challenges(challenge), repository, base)
        self._headers[repository] = header
        return header

    def _header(self, offered: Mapping[str, Challenge], repository: str, base: str) -> str:
        who = self._who()
        if "bearer" in offered:
            return f"Bearer {self._token(offered['bearer'], repository, who, base)}"
        if "basic" in offered and who is not None and who.password:
            return _basic(who)
        self._denied("asks for a login" if who is None else "asks for another kind of login")

    def _token(self, challenge: Challenge, repository: str, who: Login | None, base: str) -> str:
        """A token for one repository. Anonymous if there is no login."""
        realm = challenge.parameters.get("realm", "")
        transfer.refuse_unsafe(realm, base)
        asked = {"scope": f"repository:{repository}:{self._rights}"}
        if "service" in challenge.parameters:
            asked["service"] = challenge.parameters["service"]
        if who is not None and who.identity:
            form = {"grant_type": "refresh_token", "refresh_token": who.identity}
            form |= asked | {"client_id": "ci-slim"}
            response = self._http.send(realm, {}, method="POST", body=form)
        else:
            url = realm + ("&" if "?" in realm else "?") + urlencode(asked)
            response = self._http.send(url, {}, _basic(who) if who else "")
        if response.status_code != requests.codes.ok:
            response.close()
            doing = "reading" if self._rights == "pull" else "pushing"
            self._denied(
                f"{origin(realm)} gives no token for {doing} {repository} "
                f"(status {response.status_code})"
            )
        given = as_object(self._http.text(response, ANSWER_LIMIT))
        token = given.get("token") or given.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            self._denied(f"{origin(realm)} gives an answer without a token")
        return token


def _basic(who: Login) -> str:
    return "Basic " + base64.b64encode(f"{who.user}:{who.password}".encode()).decode()


def as_object(raw: bytes) -> dict[str, object]:
    """The object in an answer. Anything else gives an empty one."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
