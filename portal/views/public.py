"""Pages for everybody: front page, duties, who is who, and what the law asks of a public site."""

from datetime import datetime
from typing import Any

import flask
from flask import Blueprint, request

from chassis import clock
from portal import formats
from portal.client import Resource
from portal.web import (
    Answer,
    client,
    local_path,
    municipality,
    optional,
    page,
    public_address,
    session,
)

views = Blueprint("public", __name__)

BODIES = ("council", "committee", "centre", "caseworker")
NEWS_ON_FRONT = 3


@views.get("/")
def front() -> Answer:
    """The front page: search, the next deadline, and what is open now."""
    api = client()
    rounds = optional(api.grants.rounds, [])
    meetings = optional(lambda: api.meetings.meetings(upcoming=True), [])
    hearings = optional(api.meetings.hearings, [])
    now = clock.now()
    open_rounds = [found for found in rounds if found["status"] in {"announced", "open"}]
    coming = sorted(
        (found for found in meetings if found["status"] == "called"),
        key=lambda found: found["starts_at"],
    )
    open_hearings = sorted(
        (found for found in hearings if found["status"] == "open"),
        key=lambda found: found["closes_at"],
    )
    year = formats.local(now).year
    return page(
        "front.html",
        rounds=sorted(open_rounds, key=lambda found: found["closes_at"]),
        decided=[found for found in rounds if found["status"] == "decided"],
        meetings=coming[:2],
        hearings=open_hearings[:2],
        deadline=next_deadline(open_rounds, coming, open_hearings, now),
        duties=optional(lambda: api.meetings.duties(year), []),
        news=optional(lambda: api.news.page(limit=NEWS_ON_FRONT)["items"], []),
        association_count=optional(lambda: api.directory.associations(limit=1).get("total"), None),
        year=year,
    )


def next_deadline(
    rounds: list[Resource], meetings: list[Resource], hearings: list[Resource], now: datetime
) -> dict[str, Any] | None:
    """The next moment by which somebody must have done something."""
    dates = [
        *(("round", found, found["closes_at"]) for found in rounds),
        *(
            ("meeting", found, found["registration_closes_at"])
            for found in meetings
            if found.get("registration_closes_at")
        ),
        *(("hearing", found, found["closes_at"]) for found in hearings),
    ]
    ahead = [
        {
            "kind": kind,
            "thing": thing,
            "at": at,
            "days": (formats.local(at).date() - formats.local(now).date()).days,
        }
        for kind, thing, at in dates
        if at and formats.local(at) >= formats.local(now)
    ]
    return min(ahead, key=lambda found: formats.local(found["at"]), default=None)


@views.get("/sprog/<code>")
def choose_language(code: str) -> Answer:
    """Choose the language and go back."""
    if code in municipality().languages:
        session().language = code
        session().touch()
    return flask.redirect(local_path(request.args.get("til")) or "/", code=303)


@views.get("/loefter")
def duties() -> Answer:
    """The public account of the yearly duties (V19, N23)."""
    this_year = formats.local(clock.now()).year
    asked = request.args.get("aar", "")
    year = int(asked) if asked.isdigit() and 2000 <= int(asked) <= this_year + 1 else this_year
    found = client().meetings.duties(year)
    kept = sum(1 for duty in found if duty["status"] == "kept")
    return page("duties.html", duties=found, year=year, this_year=this_year, kept=kept)


@views.get("/kontakt")
def who_is_who() -> Answer:
    """Who is who, and whom to ask what: everybody who holds an office (V14, V17, N26)."""
    offices = client().directory.offices(current=True)
    groups = [(body, [found for found in offices if found["body"] == body]) for body in BODIES]
    bridges = [found for found in offices if found["body"] == "bridge-builder"]
    departments = [
        (name, [found for found in offices if found["department"] == key])
        for key, name in municipality().words("departments")
    ]
    return page(
        "who_is_who.html",
        groups=[group for group in groups if group[1]],
        bridges=bridges,
        departments=departments,
    )


@views.get("/tilgaengelighed")
def accessibility() -> Answer:
    """What we promise of accessibility, and the official statement."""
    return page("accessibility.html")


@views.get("/was")
def was() -> Answer:
    """The easy address of the accessibility statement that the law asks for."""
    statement = municipality().facts.get("accessibility_statement_url")
    return flask.redirect(statement or flask.url_for("public.accessibility"))


@views.get("/om")
def about() -> Answer:
    """What this is, and what happens to personal data."""
    return page("about.html", profile=municipality().profile)


@views.get("/afmeld/<token>")
def unsubscription(token: str) -> Answer:
    """Ask whether to stop news by mail; opening the link changes nothing."""
    return page("unsubscribe.html", token=token, done=False)


@views.post("/afmeld/<token>")
def unsubscribe(token: str) -> Answer:
    """Stop news by mail.

    Mail programs send this too, without a cookie (RFC 8058); the link's secret is the proof.
    """
    client().notifier.unsubscribe(token)
    return page("unsubscribe.html", token=token, done=True)


@views.get("/robots.txt")
def robots() -> Answer:
    """Let search engines in where everybody may come (N9)."""
    lines = [
        f"Disallow: {path}"
        for path in (
            "/min-side",
            "/log-ind",
            "/afmeld",
            "/bekraeft",
            "/invitation",
            "/abonnement",
            "/arbejdsliste",
            "/raad",
            "/udvalg",
        )
    ]
    lines.append(f"Sitemap: {public_address('search.sitemap')}")
    return flask.Response("\n".join(["User-agent: *", *lines, ""]), mimetype="text/plain")
