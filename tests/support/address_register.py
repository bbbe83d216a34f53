"""Adressevælger for tests: real HTTP on loopback, and answers of the documented form.

``answer`` may be replaced by a function that lies; ``close`` takes it off the network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

TOKEN = "samspil-test-token"
# As the service answers, by the component of its makers and those who use it.
HOUSE = {
    "type": "husnummer",
    "id": "0a3f509a-828f-32b8-e044-0003ba298018",
    "titel": "Himmerlandsgade 59, 9600 Aars",
    "vejnavn": "Himmerlandsgade",
    "husnummer": "59",
}
VILLAGE = {
    **HOUSE,
    "id": "0a3f509a-0000-32b8-e044-0003ba298018",
    "titel": "Byvej 1, Ullits, 9640 Farsø",
}
STREET = {
    "type": "navngivenvejpostnummer",
    "id": "0a3f509a-1111-32b8-e044-0003ba298018",
    "titel": "Himmerlandsgade, 9600 Aars",
    "vejnavn": "Himmerlandsgade",
    "postnr": "9600",
    "postdistrikt": "Aars",
    "antal_husnumre": 120,
}
NAME = {"type": "vejnavn", "titel": "Himmerlandsgade", "vejnavn": "Himmerlandsgade"}
FOUND = (HOUSE, VILLAGE, STREET, NAME)


class AddressRegister:
    """A register with four things in it."""

    def __init__(self) -> None:
        app = Flask("address-register")
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[], Any] = self.found
        app.get("/husnumre/soeg")(self._search)

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
        """What a directory that asks this register is given."""
        return {"ADDRESS_REGISTER_URL": self.url, "ADDRESS_REGISTER_TOKEN": TOKEN}

    @staticmethod
    def found() -> Response:
        """Answer as the service does."""
        return jsonify(status="ok", beskrivelse="", fund=list(FOUND))

    def _search(self) -> Any:
        self.asked.append(dict(request.args))
        if request.args.get("token") != TOKEN:
            return jsonify(status="fejl", beskrivelse="token mangler"), 403
        return self.answer()
