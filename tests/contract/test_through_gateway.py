"""Each service through the gateway, held to the document the gateway hands out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.serving import make_server

import embedded.contracts
from chassis import config
from chassis.auth import Principal
from chassis.service import Service
from gateway import routes
from gateway.app import GatewaySettings, create_app
from tests.support.fuzz import fuzz


@pytest.fixture(params=embedded.contracts.SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Any:
    return embedded.contracts.placeholders(service)


@pytest.fixture
def gateway(service: Service, client: Any, token_issuer: Any) -> Iterator[Flask]:
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    nobody = "http://127.0.0.1:9"
    upstreams = {f"UPSTREAM_{name.upper()}": nobody for name in routes.SERVICES}
    upstreams[f"UPSTREAM_{service.name.upper()}"] = f"http://127.0.0.1:{server.server_port}"
    yield create_app(
        config.load(
            GatewaySettings, {**upstreams, "JWKS_URL": token_issuer.jwks_url, "RATE_LIMIT": "none"}
        )
    )
    server.shutdown()
    serving.join()
    server.server_close()


def test_the_gateway_does_what_its_document_says(
    gateway: Flask, service: Service, token_issuer: Any
) -> None:
    somebody = Principal(id=uuid4(), roles=frozenset({"coordinator"}))
    token = {"Authorization": f"Bearer {token_issuer.token(somebody)}"}
    others = "|".join(
        f"^{route.prefix}(/|$)" for route in routes.ROUTES if route.service != service.name
    )

    operations = fuzz(
        gateway,
        callers=[{}, token],
        leave_out=others,
        document="/api/v1/openapi.json",
        examples=3,
    )

    assert operations > 1
