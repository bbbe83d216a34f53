"""The vejviser to take along: printed, as tables, as open data (V12, V24)."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from portal import security
from portal.client import Download
from portal.i18n import N_
from portal.web import Answer, client, municipality, page, see_other, signed_in

views = Blueprint("take_away", __name__)

# What can be chosen: what it is called, the file of the API, and what else is asked of it.
KINDS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "pdf": (N_("PDF til at printe"), "vejviser.pdf", {}),
    "stor": (N_("PDF med stor skrift"), "vejviser.pdf", {"large_print": True}),
    "xlsx": (N_("Excel: foreninger og tilbud"), "vejviser.xlsx", {}),
    "foreninger": (N_("CSV: foreninger"), "associations.csv", {}),
    "tilbud": (N_("CSV: tilbud"), "offers.csv", {}),
}


@views.get("/tag-med")
def show() -> Answer:
    """What can be taken along, and on which terms."""
    return page("take_away.html", kinds=KINDS, terms=municipality().profile["open_data"])


@views.get("/tag-med/hent")
def download() -> Answer:
    """Hand on the vejviser or a part of it as a file."""
    kind = request.args.get("slags", "")
    if kind not in KINDS:
        return see_other("take_away.show")
    _, name, more = KINDS[kind]
    words = municipality()
    part = {
        section: chosen
        for section, argument, known in (
            ("target_group", "maalgruppe", "target_groups"),
            ("area", "omraade", "areas"),
        )
        if (chosen := request.args.get(argument, "")) in dict(words.words(known))
    }
    found = client().directory.export(name, **part, **more)
    return _file(found, found.disposition)


@views.get("/foreninger/<uuid:association_id>/data.<any(json,csv):kind>")
@signed_in
def own(association_id: uuid.UUID, kind: str) -> Answer:
    """Hand an association all that is kept of it."""
    ending = ".csv" if kind == "csv" else ""
    found = client().directory.own_data(str(association_id), ending)
    return _file(found, f'attachment; filename="forening.{kind}"')


def _file(found: Download, disposition: str) -> Answer:
    answer = Response(found.content, content_type=found.media_type)
    answer.headers["Content-Disposition"] = disposition
    answer.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return answer
