"""An OpenID Connect provider for tests: real HTTP on loopback, real keys, strict about its clients.

It vouches for whomever ``claims`` describe, and lies on demand: ``forge`` changes the id token that
comes next, ``rotate`` replaces its key, ``close`` takes it off the network.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, jsonify, redirect, request
from werkzeug.serving import make_server

CLIENT_ID = "samspil-test"
CLIENT_SECRET = "as secret: as it/gets"
REDIRECT_URI = "http://127.0.0.1:8080/log-ind/retur"


class IdentityProvider:
    """A provider with one client: us."""

    def __init__(self) -> None:
        app = Flask("identity-provider")
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/login"
        app.get("/login/.well-known/openid-configuration")(self._configuration)
        app.post("/login/token")(self._token)
        app.get("/login/keys")(self._keys)
        app.get("/login/moved-keys")(self._moved_keys)
        self.begin_again()

    def start(self) -> Self:
        """Answer from now on."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def close(self) -> None:
        """Leave the network."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """What a directory that trusts this provider is given."""
        return {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }

    def begin_again(self) -> None:
        """Be honest, with a fresh key, and forget every code."""
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.exchange_count = 0
        self.client_secret = CLIENT_SECRET
        self.configuration: dict[str, Any] = {}
        self.forge: Callable[[dict[str, Any]], str] = self.sign
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        """Replace the key; what the one before signed is good no more."""
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.published = [{**public, "kid": kid, "use": "sig"}]

    def public_pem(self) -> bytes:
        """Return the public key as a file holds it."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign an id token as it should be."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})

    def visit(self, authorization_url: str) -> dict[str, str]:
        """Sign in as a browser would; return what the browser brings back."""
        asked = dict(parse_qsl(urlsplit(authorization_url).query))
        assert authorization_url.startswith(f"{self.issuer}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == REDIRECT_URI
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def returning(self, authorization_url: str) -> str:
        """Sign in as a browser would; return the path it is sent back to."""
        return f"/log-ind/retur?{urlencode(self.visit(authorization_url))}"

    def _configuration(self) -> Any:
        return jsonify(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": True,
                **self.configuration,
            }
        )

    def _keys(self) -> Any:
        return jsonify(keys=self.published)

    def _moved_keys(self) -> Any:
        return redirect(f"{self.issuer}/keys")

    def _token(self) -> Any:
        """Give an id token for a code: once, to its client, with the right verifier."""
        self.exchange_count += 1
        given = request.authorization
        login = (given.username, given.password) if given and given.type == "basic" else None
        if login != (CLIENT_ID, quote(self.client_secret, safe="")):
            return jsonify(error="invalid_client"), 401
        asked = self.codes.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or request.form["redirect_uri"] != REDIRECT_URI
            or request.form["grant_type"] != "authorization_code"
        ):
            return jsonify(error="invalid_grant"), 400
        instant = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": instant,
            "exp": instant + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        return jsonify(access_token="unused", token_type="Bearer", id_token=self.forge(claims))
