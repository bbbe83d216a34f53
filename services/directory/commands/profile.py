"""What the municipality's profile says of the directory."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import text

from chassis.config import Misconfigured
from chassis.database import UnitOfWork
from contracts.values import Body
from services.directory.commands.delegation import adopt_agreement
from services.directory.commands.offices import put_office
from services.directory.commands.sign_in import ensure_signing_key
from services.directory.model import Office, Periods, Vocabulary
from services.directory.model.confirmation import PERIODS_KEY
from services.directory.model.papers import PAPERS_KEY


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring vocabulary, offices and the signing key in line with the municipality's profile."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('directory.adopt'))"))
    words = {
        "target_groups": profile["target_groups"],
        "topics": profile["topics"],
        "areas": profile["areas"],
        "places": profile["places"],
        "departments": profile["departments"],
        "municipality": profile["municipality"],
        "open_data": profile["open_data"],
        "contact": profile["contact_person"],
        "council": profile["council"]["name"],
        "committee": profile["committee"]["name"],
    }
    _keep(work, "words", words)
    _keep(work, PERIODS_KEY, _periods(profile))
    _keep(work, PAPERS_KEY, _papers(profile))
    adopt_agreement(work, profile.get("editing_agreement"))
    for office in profile["offices"]:
        id_ = uuid5(NAMESPACE_URL, f"samspil:office:{office['key']}")
        if work.find(Office, id_) is None:
            put_office(
                work,
                id_,
                person={"name": office["name"], "email": office["email"]},
                body=Body(office["body"]),
                title=office["title"],
                is_deputy=office.get("deputy", False),
                department=office.get("department"),
                questions=office.get("questions", ""),
                starts_on=office["starts_on"],
                ends_on=office.get("ends_on"),
                person_id=uuid5(NAMESPACE_URL, f"samspil:person:{office['key']}"),
            )
    ensure_signing_key(work)


def _keep(work: UnitOfWork, key: str, value: dict[str, Any]) -> None:
    stored = work.find(Vocabulary, key)
    if stored is None:
        work.add(Vocabulary(key=key, value=value))
    else:
        stored.value = value


def _periods(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return the profile's periods. Raises :class:`Misconfigured` where they make no sense."""
    stated = dict(profile.get("confirmation", {}))
    try:
        Periods.of(stated)
    except (KeyError, ValueError) as error:
        raise Misconfigured(f"[confirmation] of the profile: {error}") from error
    return stated


def _papers(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the profile says of papers. Raises :class:`Misconfigured` for no sense."""
    stated = dict(profile.get("papers", {}))
    days = stated.get("remind_before_days")
    if not isinstance(days, int) or days < 1:
        raise Misconfigured("[papers] of the profile: remind_before_days must be 1 or more")
    return stated
