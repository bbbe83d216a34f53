"""The portal's web application.

Wiring, what happens around every request, and the pages for when things go wrong.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask, Response, g, request

from chassis import clock, config, telemetry
from chassis.web import observation
from portal import charts, errors, formats, i18n, labels, security, web
from portal.client import GatewayAway, GatewayProblem, Transport
from portal.municipality import Municipality
from portal.session import Cookies
from portal.settings import PortalSettings
from portal.views import blueprints

log = telemetry.logger(__name__)

MAX_FORM_BYTES: Final = 11 * 1024 * 1024
STATIC_SECONDS: Final = 3600
# Open to machines without a cookie: mail programs unsubscribe by a single POST (RFC 8058).
OPEN_TO_MACHINES: Final = frozenset({"public.unsubscribe"})


def create_app(settings: PortalSettings) -> Flask:
    """Make the WSGI application."""
    app = Flask("portal")
    app.url_map.strict_slashes = False
    app.config.update(MAX_CONTENT_LENGTH=MAX_FORM_BYTES, SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS)
    app.extensions["samspil.settings"] = settings
    app.extensions["samspil.transport"] = Transport(settings.gateway_url)
    app.extensions["samspil.municipality"] = Municipality(
        config.read_profile(settings.profile_path)
    )
    _add_templates(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    observation.observe(app, "portal")
    observation.add_health(app, "portal", _judge)
    _add_hooks(app, settings, Cookies(settings.secret, secure=settings.cookie_secure))
    errors.add_error_pages(app)
    i18n.english()
    return app


def _add_templates(app: Flask) -> None:
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.add_extension("jinja2.ext.do")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True
    )
    environment.trim_blocks = environment.lstrip_blocks = True
    for name in (
        "kroner",
        "signed_kroner",
        "typed_amount",
        "day",
        "month",
        "weekday",
        "short_day",
        "clock",
        "moment",
        "number",
        "size",
        "decimal",
        "unbroken",
    ):
        environment.filters[name] = getattr(formats, name)
    environment.filters["iso_day"] = formats.iso_day
    environment.globals.update(
        label=labels.label, badge=labels.badge, options=labels.options, charts=charts
    )

    @app.context_processor
    def every_page() -> dict[str, Any]:
        municipality = web.municipality()
        return {
            "municipality": municipality,
            "contact": municipality.contact(web.anonymous_client()),
            "viewer": web.viewer(),
            "session": web.session(),
            "now": clock.now(),
            "language": i18n.language(),
            "language_names": i18n.LANGUAGE_NAMES,
            "correlation_id": g.get("correlation_id", ""),
        }


def _judge() -> tuple[Mapping[str, str], bool]:
    # Without the gateway the portal still answers, with a page that says so.
    is_reachable = web.transport().is_reachable()
    return {"gateway": "ok" if is_reachable else "unreachable"}, True


def _add_hooks(app: Flask, settings: PortalSettings, cookies: Cookies) -> None:
    @app.before_request
    def enter() -> Response | None:
        g.session = cookies.read(request.cookies.get(cookies.name))
        offered = web.municipality().languages
        g.language = g.session.language if g.session.language in offered else offered[0]
        if request.path.startswith(("/static/", "/health/")):
            return None
        if request.method not in security.SAFE and request.endpoint not in OPEN_TO_MACHINES:
            security.require_own_form(g.session, settings.public_url)
        if g.session.needs_renewal:
            _renew()
        return None

    @app.after_request
    def leave(response: Response) -> Response:
        security.add_headers(
            response, secure=settings.cookie_secure, embed_ancestors=settings.embed_ancestors
        )
        if "session" in g:
            cookies.write(response, g.session)
        return response


def _renew() -> None:
    """Swap the tokens for new ones; a session that has ended is forgotten, with a word about it."""
    session = g.session
    try:
        session.take_tokens(
            web.anonymous_client().directory.renew(session.session_id, session.refresh_token)
        )
    except GatewayProblem:
        session.sign_out()
        session.notify(
            "info",
            i18n.gettext(
                "Du er logget ud, fordi der er gået lang tid. Log ind igen for at fortsætte."
            ),
        )
    except GatewayAway:
        log.warning("session not renewed", reason="gateway away")
