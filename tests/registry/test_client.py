"""Registries that give tokens: a real one, with a token service of its own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from promoter.errors import EdgeFailed
from promoter.policy.image_name import image_name
from promoter.registry.client import NotKnown, Registry, Said
from promoter.registry.login import Login, docker_login
from promoter.run.fetch import Call, fetch
from tests.registry.server import Hub, registry
from tests.web import Site, say, serving

KEY = rsa.generate_private_key(65537, 2048)
LOGIN = Login("bot", "secret")


def send(url: str, headers: Mapping[str, str]) -> Said:
    got = fetch(Call(url, "GET", headers), 10)
    return Said(got.status, got.headers, got.body)


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(scope: str) -> str:
    """Give a token as https://distribution.github.io/distribution/spec/auth/jwt/ has it."""
    kind, name, actions = scope.split(":")
    claims = {
        "iss": "tests", "sub": "bot", "aud": "images", "exp": int(time.time()) + 60, "nbf": 0, "iat": 0, "jti": "1",
        "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
    }  # fmt: skip
    head = {"typ": "JWT", "alg": "RS256", "kid": "tests"}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    return f"{text}.{encoded(KEY.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@dataclass
class Guarded:
    """A registry, and who gives tokens for it."""

    hub: Hub
    site: Site

    def ask(self, login: Login | None = LOGIN, tag: str = "1.0") -> str | None:
        found = Registry(self.hub.host, send, login).manifest(image_name(f"{self.hub.host}/acme/shop:{tag}"))
        return found.digest if found is not None else None

    def say(self, value: Any, status: int = 200) -> None:
        self.site.answer = lambda handler: say(handler, json.dumps(value).encode(), status)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    public = KEY.public_key().public_numbers()
    number = {
        name: encoded(value.to_bytes((value.bit_length() + 7) // 8))
        for name, value in (("n", public.n), ("e", public.e))
    }
    (folder / "jwks").write_text(
        json.dumps({"keys": [{"kty": "RSA", "kid": "tests", "alg": "RS256", "use": "sig", **number}]})
    )
    with serving() as site:
        auth = {"realm": f"{site.url}/token", "service": "images", "issuer": "tests", "jwks": str(folder / "jwks")}
        with registry(folder, auth={"token": auth}) as hub:
            hub.headers["Authorization"] = f"Bearer {token('repository:acme/shop:pull,push')}"
            hub.push("acme/shop", "1.0")
            yield Guarded(hub, site)


@pytest.fixture
def guarded(started: Guarded) -> Guarded:
    started.say({"token": token("repository:acme/shop:pull")})
    started.site.asked.clear()
    return started


def test_a_token_is_fetched_with_the_login_and_used(guarded: Guarded) -> None:
    digest = guarded.ask()
    assert digest is not None
    assert digest.startswith("sha256:")
    (asked,) = guarded.site.asked
    assert parse_qs(urlsplit(asked.path).query) == {"service": ["images"], "scope": ["repository:acme/shop:pull"]}
    assert asked.headers["Authorization"] == LOGIN.basic
    assert guarded.ask(tag="2.0") is None


def test_a_token_for_everybody(guarded: Guarded) -> None:
    guarded.say({"access_token": token("repository:acme/shop:pull")})
    assert guarded.ask(login=None) is not None
    (asked,) = guarded.site.asked
    assert "Authorization" not in asked.headers


def test_one_token_for_several_questions(guarded: Guarded) -> None:
    known = Registry(guarded.hub.host, send, LOGIN)
    image = image_name(f"{guarded.hub.host}/acme/shop:1.0")
    manifest = known.manifest(image)
    assert manifest is not None
    assert known.platforms(image, manifest) == {"linux/amd64"}
    assert len(guarded.site.asked) == 1


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"token": "x"}, 200, "does not let us read this (answers 401)"),
        ({"token": token("repository:acme/other:pull")}, 200, "does not let us read this (answers 401)"),
        ({"token": 3}, 200, "gives no token"),
        ({"token": "a\r\nHost: b"}, 200, "gives no token"),
        ({}, 200, "gives no token"),
        ([], 200, "no JSON of a registry"),
        ({}, 401, "does not let us read this (answers 401)"),
        ({}, 404, "answers 404"),
        ({}, 302, "answers 302"),
    ],
)
def test_no_token(guarded: Guarded, said: Any, status: int, words: str) -> None:
    guarded.say(said, status)
    with pytest.raises(NotKnown) as raised:
        guarded.ask()
    assert words in raised.value.message
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="http://tokens.example/x"',
        'Bearer realm="http://127.0.0.1:1/x"',
        'Bearer realm="https://localhost/x"',
        'Bearer realm="https://a:b@tokens.example/x"',
        'Bearer realm=""',
        "Bearer x",
        'Digest realm="x"',
        "",
    ],
)
def test_a_token_service_that_is_not_safe_is_not_asked(challenge: str) -> None:
    asked: list[str] = []

    def answer(url: str, headers: Mapping[str, str]) -> Said:
        asked.append(url)
        return Said(401, {"www-authenticate": challenge}, b"")

    with pytest.raises(NotKnown):
        Registry("images.example", answer, LOGIN).manifest(image_name("images.example/x:1"))
    assert asked == ["https://images.example/v2/x/manifests/1"]


def test_storage_elsewhere_gets_no_login() -> None:
    seen: list[tuple[str, str | None]] = []
    body = b"{}"

    def answer(url: str, headers: Mapping[str, str]) -> Said:
        seen.append((url, headers.get("Authorization")))
        if "images.example" not in url:
            return Said(200, {}, body)
        if "Authorization" not in headers:
            return Said(401, {"www-authenticate": "Basic realm=x"}, b"")
        return Said(307, {"location": "https://storage.example/x?key=1"}, b"")

    assert Registry("images.example", answer, LOGIN).manifest(image_name("images.example/x:1")) is not None
    assert [(urlsplit(url).netloc, login is not None) for url, login in seen] == [
        ("images.example", False),
        ("images.example", True),
        ("storage.example", False),
    ]


def test_the_hub_has_another_name() -> None:
    asked: list[str] = []

    def answer(url: str, headers: Mapping[str, str]) -> Said:
        asked.append(url)
        return Said(404, {}, b"")

    assert Registry("docker.io", answer).manifest(image_name("nginx")) is None
    assert asked == ["https://registry-1.docker.io/v2/library/nginx/manifests/latest"]


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("config", "registry", "login"),
    [
        ({}, "ghcr.io", None),
        ({"auths": {}}, "ghcr.io", None),
        ({"auths": {"ghcr.io": {"auth": basic("a:b:c")}}}, "ghcr.io", Login("a", "b:c")),
        ({"auths": {"https://ghcr.io/": {"auth": basic("a:b")}}}, "ghcr.io", Login("a", "b")),
        ({"auths": {"ghcr.io.evil.example": {"auth": basic("a:b")}}}, "ghcr.io", None),
        ({"auths": {"ghcr.io": {"username": "a", "password": "b"}}}, "ghcr.io", Login("a", "b")),
        ({"auths": {"ghcr.io": {}}}, "ghcr.io", None),
        ({"auths": {"https://index.docker.io/v1/": {"auth": basic("a:b")}}}, "docker.io", Login("a", "b")),
        ({"auths": {"https://index.docker.io/v1/": {"auth": basic("a:b")}}}, "ghcr.io", None),
    ],
)
def test_dockers_logins(tmp_path: Path, config: Any, registry: str, login: Login | None) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(json.dumps(config))
    assert docker_login(registry, {"HOME": str(tmp_path)}) == login
    assert docker_login(registry, {"DOCKER_CONFIG": str(tmp_path / ".docker")}) == login


@pytest.mark.parametrize("text", ["{", '{"auths": {"ghcr.io": {"auth": "///"}}}', '{"credHelpers": {"ghcr.io": "x"}}'])
def test_logins_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(EdgeFailed):
        docker_login("ghcr.io", {"DOCKER_CONFIG": str(tmp_path)})
    assert docker_login("ghcr.io", {}) is None


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(Login("a", "s3cret"))
