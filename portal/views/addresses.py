"""Completing an address while somebody types it, for the script of the field."""

from typing import Final

import flask
from flask import Blueprint, request

from portal.client import GatewayAway, GatewayProblem
from portal.web import Answer, client

LONGEST: Final = 200
SHORTEST: Final = 2

views = Blueprint("addresses", __name__)


@views.get("/adresser/forslag")
def suggest() -> Answer:
    """Complete an address that is being typed: a list of texts, for the script of the field."""
    q = request.args.get("q", "").strip()[:LONGEST]
    texts: list[str] = []
    if len(q) >= SHORTEST:
        try:
            found = client().directory.address_suggestions(q)["suggestions"]
            texts = [each["text"] for each in found]
        except (GatewayAway, GatewayProblem):
            # The field works all the same.
            texts = []
    answer = flask.jsonify(texts)
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer
