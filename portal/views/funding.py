"""Where associations can seek money: found, checked without a trace, kept by staff (V22)."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from portal import formats, labels, published
from portal.client import Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    page,
    public_address,
    see_other,
    viewer,
)

views = Blueprint("funding", __name__)

STAFF: Final = ("coordinator", "caseworker", "centre")
LONGEST: Final = 200
DEADLINES: Final = 3
QUESTIONS: Final = 4
ANSWERS: Final = {"ja": True, "nej": False}
_LABELS: Final = {
    "provider": N_("Hvem giver pengene?"),
    "title": N_("Overskrift"),
    "summary": N_("Hvad gives der til?"),
    "link": N_("Hvor søger man?"),
}


@views.get("/stoettemuligheder")
def all_opportunities() -> Answer:
    """Every pool one can apply to, the next deadline first."""
    given = request.args
    groups = dict(municipality().words("target_groups"))
    asked = {
        "q": given.get("q", "").strip()[:LONGEST],
        "provider_kind": _known(given.get("fra"), labels.FUNDING_PROVIDER),
        "applicant": _known(given.get("som"), labels.FORM),
        "target_group": _known(given.get("maalgruppe"), groups),
    }
    drafts = client().funding.hidden() if viewer().has(*STAFF) else []
    return page(
        "funding.html",
        found=published.found(client().funding, **asked),
        asked=asked,
        drafts=drafts,
        is_asked=any(asked.values()),
    )


@views.get("/stoettemuligheder/frister.ics")
def calendar() -> Answer:
    """Every deadline, for one's own calendar."""
    found = client().funding.calendar()
    answer = Response(found.content, content_type=found.media_type)
    answer.headers["Content-Disposition"] = found.disposition
    return answer


@views.get("/stoettemuligheder/<uuid:opportunity_id>")
def show(opportunity_id: uuid.UUID) -> Answer:
    """One opportunity, and the short check: its answers are in the address and nowhere else."""
    found = client().funding.one(str(opportunity_id))
    answers = [
        ANSWERS.get(request.args.get(f"svar-{place}", ""))
        for place in range(len(found["questions"]))
    ]
    return page(
        "funding_opportunity.html",
        opportunity=found,
        answers=answers,
        wrong=[
            question
            for question, answer in zip(found["questions"], answers, strict=True)
            if answer is not None and answer is not question["needed"]
        ],
        may_write=viewer().has(*STAFF),
        address=public_address("funding.show", opportunity_id=opportunity_id),
    )


# --- staff ---------------------------------------------------------------------------------------


@views.get("/stoettemuligheder/ny")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for another opportunity."""
    form = Form.new(deadline_kind="once", **{"applicants[]": ["association"]})
    return _form_page(form, None)


@views.post("/stoettemuligheder/ny")
@for_offices(*STAFF)
def create() -> Answer:
    """Write an opportunity: a draft, until it is published on its own page."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/stoettemuligheder/<uuid:opportunity_id>/rediger")
@for_offices(*STAFF)
def edit(opportunity_id: uuid.UUID) -> Answer:
    """The form for an opportunity that is there."""
    found = client().funding.one(str(opportunity_id))
    return _form_page(Form(_values(found)), found)


@views.post("/stoettemuligheder/<uuid:opportunity_id>/rediger")
@for_offices(*STAFF)
def save(opportunity_id: uuid.UUID) -> Answer:
    """Save it; a change by somebody else meanwhile is shown, not overwritten."""
    key = str(opportunity_id)
    return _save(Form.sent(), key, client().funding.one(key))


@views.post(
    "/stoettemuligheder/<uuid:opportunity_id>/<any('offentliggoer','traek-tilbage','slet'):step>"
)
@for_offices(*STAFF)
def move_on(opportunity_id: uuid.UUID, step: str) -> Answer:
    """Publish an opportunity, take it out of the list, or delete a draft."""
    gone = published.move_on(
        client().funding,
        str(opportunity_id),
        step,
        published=_("Støttemuligheden er offentlig."),
        withdrawn=_("Støttemuligheden er taget af listen."),
    )
    if gone:
        return see_other("funding.all_opportunities")
    return see_other("funding.show", opportunity_id=opportunity_id)


def _known(given: str | None, known: Mapping[str, Any]) -> str | None:
    return given if given in known else None


def _form_page(form: Form, before: Resource | None, status: int = 200) -> Answer:
    return page(
        "funding_edit.html",
        status,
        form=form,
        opportunity=before,
        deadlines=range(DEADLINES),
        questions=range(QUESTIONS),
    )


def _values(found: Resource) -> dict[str, Any]:
    plain = ("provider_kind", "provider", "title", "summary", "deadline_kind", "link", "version")
    values: dict[str, Any] = {name: found[name] for name in plain}
    for name in ("applicants", "target_groups"):
        values[f"{name}[]"] = found[name]
    for name in ("amount_min_ore", "amount_max_ore"):
        values[name] = "" if found[name] is None else formats.typed_amount(found[name])
    for place, day in enumerate(found["deadlines"][:DEADLINES]):
        values[f"deadlines-{place}"] = formats.iso_day(day)
    for place, each in enumerate(found["questions"][:QUESTIONS]):
        name = f"questions-{place}"
        values[f"{name}-question"], values[f"{name}-reason"] = each["question"], each["reason"]
        values[f"{name}-needed"] = "yes" if each["needed"] else "no"
    return values


def _body(form: Form) -> Resource:
    kind = form.choice("deadline_kind", list(labels.DEADLINE_KIND))
    days = [form.day(f"deadlines-{place}", required=False) for place in range(DEADLINES)]
    given = [day for day in days if day]
    if kind != "rolling" and not given:
        form.refuse("deadlines-0", _("Skriv en dato."))
    return {
        "provider_kind": form.choice("provider_kind", list(labels.FUNDING_PROVIDER)),
        "provider": form.line("provider", longest=120),
        "title": form.line("title", longest=160),
        "summary": form.text("summary", longest=2000),
        "applicants": form.choices("applicants", list(labels.FORM)),
        "target_groups": form.choices(
            "target_groups", list(dict(municipality().words("target_groups"))), required=False
        ),
        "amount_min_ore": form.amount("amount_min_ore", required=False),
        "amount_max_ore": form.amount("amount_max_ore", required=False),
        "deadline_kind": kind,
        "deadlines": given if kind != "rolling" else [],
        "link": form.line("link", longest=500),
        "questions": [
            question
            for place in range(QUESTIONS)
            if (question := _question(form, f"questions-{place}"))
        ],
    }


def _question(form: Form, name: str) -> Resource | None:
    if not form.value(f"{name}-question").strip():
        return None
    return {
        "question": form.line(f"{name}-question"),
        "needed": form.choice(f"{name}-needed", ("yes", "no")) == "yes",
        "reason": form.line(f"{name}-reason", longest=300),
    }


def _save(form: Form, opportunity_id: str, before: Resource | None) -> Answer:
    api, body = client().funding, _body(form)
    if published.save(form, api, opportunity_id, body, before=before, labels=_LABELS):
        notify("success", _("Støttemuligheden er gemt."))
        return see_other("funding.show", opportunity_id=opportunity_id)
    return _form_page(form, before, 422)
