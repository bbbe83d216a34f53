"""The pages for when things go wrong: each says what happened, and what to do now."""

from typing import Any, Final

import flask
from flask import Flask, g
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from chassis import telemetry
from portal import explanations, i18n, security, web
from portal.client import Client, GatewayAway, GatewayProblem

log = telemetry.logger(__name__)

_KINDS: Final = {403: "forbidden", 404: "not-found", 405: "not-found"}


def add_error_pages(app: Flask) -> None:
    """Have every failure end in a page of ours."""
    app.register_error_handler(GatewayAway, _away)
    app.register_error_handler(GatewayProblem, _refused)
    app.register_error_handler(security.ForeignRequest, _foreign)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected)


def _page(kind: str, status: int, **values: Any) -> web.Answer:
    return flask.render_template("error.html", kind=kind, **values), status


def _away(_error: GatewayAway) -> web.Answer:
    g.client = Client(web.transport())
    return _page("away", 503)


def _refused(problem: GatewayProblem) -> web.Answer:
    if problem.slug == "sign-in-too-old":
        return web.to_sign_in(again=True)
    if problem.status == 401:
        web.session().sign_out()
        g.pop("viewer", None)
        return web.to_sign_in()
    if problem.status == 403:
        return _page("forbidden", 403, text=explanations.problem(problem))
    if problem.status == 404:
        return _page("not-found", 404)
    if problem.status >= 500:
        return _page("broken", 500)
    log.info("refused", slug=problem.slug, status=problem.status)
    return _page("refused", problem.status, text=explanations.problem(problem))


def _foreign(_error: security.ForeignRequest) -> web.Answer:
    return _page("foreign", 403)


def _too_large(_error: RequestEntityTooLarge) -> web.Answer:
    return _page("refused", 413, text=i18n.gettext(explanations.PROBLEMS["too-large"]))


def _from_http(error: HTTPException) -> web.Answer | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    return _page(_KINDS.get(status, "refused" if status < 500 else "broken"), status)


def _unexpected(error: Exception) -> web.Answer:
    log.error("unexpected error", exc_info=error)
    return _page("broken", 500)
