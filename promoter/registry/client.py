"""Reading manifests from registries.

The protocol: https://github.com/opencontainers/distribution-spec (version 1.1), tokens as in
https://distribution.github.io/distribution/spec/auth/token/. Invariants: a manifest is what its digest says; only what
the registry itself calls missing is missing, anything else that goes wrong raises; plain HTTP is for this machine
alone; a login is sent to nobody but its registry and the token service that this one names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from promoter.errors import EdgeFailed
from promoter.policy.image_name import HUB, ImageName
from promoter.registry.login import Login

_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_CHALLENGE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s+(.*)", re.DOTALL)
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_OK, _UNAUTHORIZED, _FORBIDDEN, _MISSING, _MANY = 200, 401, 403, 404, 429


@dataclass(frozen=True, slots=True)
class Said:
    """An answer over HTTP: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[str, Mapping[str, str]], Said]
"""Sends a GET (URL, headers), follows no redirect, and raises PromoterError when there is no answer."""


class NotKnown(EdgeFailed):
    """The registry does not say what stands there."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands under a name."""

    digest: str
    """Of its bytes, `sha256:...`."""
    content: Mapping[str, Any]

    @property
    def is_index(self) -> bool:
        """It names a manifest for each platform."""
        return self.content.get("mediaType") in _INDEXES or (
            isinstance(self.content.get("manifests"), list) and "config" not in self.content
        )


@dataclass(slots=True)
class Registry:
    """One registry, as one identity."""

    host: str
    send: Send
    login: Login | None = None
    _tokens: dict[str, str] = field(default_factory=dict)

    def manifest(self, image: ImageName, version: str = "") -> Manifest | None:
        """Give what stands under `image` (or under another tag or digest of it); None: nothing. Raises EdgeFailed."""
        version = version or image.version
        said = self._get(image.path, f"manifests/{quote(version, safe=':')}", ", ".join((*_INDEXES, *_MANIFESTS)))
        if said is None:
            return None
        digest = f"sha256:{hashlib.sha256(said.body).hexdigest()}"
        self._checked(version, said.body)
        return Manifest(digest, self._json(said.body))

    def platforms(self, image: ImageName, manifest: Manifest) -> frozenset[str]:
        """Give what `manifest` is made for: `linux/amd64`, `linux/arm64/v8`. Raises EdgeFailed."""
        if manifest.is_index:
            entries = manifest.content.get("manifests")
            found = [entry.get("platform") for entry in entries or () if isinstance(entry, dict)]
            return frozenset(filter(None, map(_platform, found)))
        config = manifest.content.get("config")
        digest = config.get("digest") if isinstance(config, dict) else None
        if not isinstance(digest, str) or not re.fullmatch(r"sha(?:256|512):[0-9a-f]{64,128}", digest):
            raise NotKnown(f"{self.host}: the manifest of {image} names no config")
        said = self._get(image.path, f"blobs/{digest}", "*/*")
        if said is None:
            raise NotKnown(f"{self.host} lacks the config of {image}")
        self._checked(digest, said.body)
        return frozenset(filter(None, [_platform(self._json(said.body))]))

    def _get(self, path: str, what: str, accept: str) -> Said | None:
        host = "registry-1.docker.io" if self.host == HUB else self.host
        url = f"{_scheme(host)}://{host}/v2/{path}/{what}"
        headers = {"Accept": accept}
        if path in self._tokens:
            headers["Authorization"] = self._tokens[path]
        said = self.send(url, headers)
        if said.status == _UNAUTHORIZED and "Authorization" not in headers:
            authorization = self._authorized(path, said.headers.get("www-authenticate", ""))
            if authorization:
                self._tokens[path] = headers["Authorization"] = authorization
                said = self.send(url, headers)
        if said.status in (301, 302, 303, 307, 308):
            said = self._elsewhere(url, said.headers.get("location", ""), accept)
        if said.status == _MISSING:
            return None
        if said.status != _OK:
            raise NotKnown(f"{self.host} {_trouble(said.status)}", self._hint(said.status))
        return said

    def _elsewhere(self, url: str, location: str, accept: str) -> Said:
        """Follow one redirect, without any login: storage behind a registry has its own words in the address."""
        target = urljoin(url, location)
        parts = urlsplit(target)
        if not location or not self._safe(target):
            raise NotKnown(f"{self.host} sends us where nothing is safe")
        said = self.send(target, {"Accept": accept})
        if said.status != _OK:
            raise NotKnown(f"{parts.hostname}, where {self.host} sends us, answers {said.status}")
        return said

    def _authorized(self, path: str, challenge: str) -> str:
        found = _CHALLENGE.match(challenge)
        scheme = found[1].lower() if found else ""
        if scheme == "basic":
            return self.login.basic if self.login is not None else ""
        if found is None or scheme != "bearer":
            raise NotKnown(f"{self.host} asks for a login that is not known here")
        wanted = {key: quoted or plain for key, quoted, plain in _PARAMETER.findall(found[2])}
        realm = wanted.get("realm", "")
        parts = urlsplit(realm)
        if not self._safe(realm):
            raise NotKnown(f"{self.host} names no token service that is safe")
        fields = {"scope": f"repository:{path}:pull"}
        if "service" in wanted:
            fields["service"] = wanted["service"]
        headers = {"Accept": "application/json"}
        if self.login is not None:
            headers["Authorization"] = self.login.basic
        said = self.send(f"{realm}{'&' if parts.query else '?'}{urlencode(fields)}", headers)
        if said.status != _OK:
            raise NotKnown(
                f"{parts.netloc}, which gives tokens for {self.host}, {_trouble(said.status)}", self._hint(said.status)
            )
        content = self._json(said.body)
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NotKnown(f"{parts.netloc} gives no token for {self.host}")
        return f"Bearer {token}"

    def _safe(self, url: str) -> bool:
        """Tell whether the registry may send us there: by TLS; to this machine only when it is there itself."""
        parts = urlsplit(url)
        if not parts.hostname or "@" in parts.netloc:
            return False
        here = _scheme(self.host) == "http"
        return parts.scheme == "https" if parts.hostname not in _LOCAL else here and parts.scheme in ("http", "https")

    def _hint(self, status: int) -> str:
        if status not in (_UNAUTHORIZED, _FORBIDDEN):
            return ""
        known = "this login may not read it" if self.login is not None else "nothing is known to log in with"
        return f"{known}: login in promoter.yaml, or Docker's config.json"

    def _checked(self, version: str, body: bytes) -> None:
        name, colon, _ = version.partition(":")
        if colon and (name not in ("sha256", "sha512") or f"{name}:{hashlib.new(name, body).hexdigest()}" != version):
            raise NotKnown(f"{self.host} gives other bytes than {version[:19]} says")

    def _json(self, body: bytes) -> Mapping[str, Any]:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise NotKnown(f"{self.host} answers with something that is no JSON of a registry")
        return content


def _scheme(netloc: str) -> str:
    return "http" if urlsplit(f"//{netloc}").hostname in _LOCAL else "https"


def _trouble(status: int) -> str:
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        return f"does not let us read this (answers {status})"
    return "has had too many questions (answers 429)" if status == _MANY else f"answers {status}"


def _platform(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    parts = [value.get(key) for key in ("os", "architecture", "variant")]
    words = [part for part in parts if isinstance(part, str) and part]
    return "" if len(words) < 2 or words[0] == "unknown" else "/".join(words)
