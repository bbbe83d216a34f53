"""A year of a town as events: what each service would have heard, in the order it was said.

Made of the stored samples, so that a new field needs no edit here; only what ties the facts
together is given. Every event that some service keeps a copy of occurs, most of them so that what
came first is overwritten, ended or forgotten later.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import contracts
from chassis.events import Envelope, Event, encode, load, source_of
from contracts import directory, grants, meetings

BEGINS = datetime(2024, 2, 1, 8, tzinfo=UTC)
_TOWN = UUID("0192f0a1-0000-7000-8000-0000000000ff")
_SAMPLES = contracts.PERMISSIONS.parent / "samples"


def key(name: str) -> str:
    """Return the id of somebody or something in this town."""
    return str(uuid5(_TOWN, name))


def said(cls: type[Event], **changes: Any) -> Event:
    """Say what the stored sample says, but for some fields."""
    sample = json.loads((_SAMPLES / f"{cls.TYPE}.json").read_text(encoding="utf-8"))
    return load(cls, {**sample, **changes})


def envelopes(*events: Event) -> Iterator[Envelope]:
    """Wrap events as their publishers would: hourly, each subject in its own sequence."""
    sequences: Counter[str] = Counter()
    for place, event in enumerate(events):
        sequences[event.subject] += 1
        yield Envelope(
            id=UUID(key(f"event {place}")),
            source=source_of(event.SERVICE),
            type=event.TYPE,
            subject=event.subject,
            time=BEGINS + timedelta(hours=place),
            sequence=sequences[event.subject],
            data=json.loads(encode_data(event)),
            correlationid=f"{place:032x}",
            actor="service:test",
        )


def encode_data(event: Event) -> bytes:
    """Write an event's data as they travel."""
    bare = Envelope(
        id=UUID(int=0),
        source="urn:samspil:none",
        type=event.TYPE,
        subject=event.subject,
        time=BEGINS,
        sequence=1,
        data={},
        correlationid="",
    )
    return json.dumps(json.loads(encode(bare, event))["data"]).encode()


def person(name: str) -> dict[str, str]:
    """Describe a person of the town."""
    email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    return {"person_id": key(name), "name": name, "email": email, "language": "da"}


def role(holder: str, association: str, **changes: Any) -> Event:
    """Give somebody a role in an association."""
    return said(
        directory.MembershipGranted,
        membership_id=key(f"{holder} in {association}"),
        association_id=key(association),
        person_id=key(holder),
        **changes,
    )


def office(holder: str, body: str) -> Event:
    """Give somebody an office."""
    return said(
        directory.OfficeGranted,
        office_id=key(f"{holder} in {body}"),
        person_id=key(holder),
        person_name=holder,
        body=body,
        starts_on="2023-01-01",
        ends_on=None,
    )


def association(cls: type[Event], name: str, **changes: Any) -> Event:
    """Say something of an association."""
    sample = json.loads((_SAMPLES / f"{cls.TYPE}.json").read_text(encoding="utf-8"))
    facts = {"contact_person_id": key("Anna Andersen"), "name": name, **changes}
    fitting = {name: value for name, value in facts.items() if name in sample}
    return said(cls, association_id=key(name.removesuffix(" af 1907")), **fitting)


def people() -> list[Event]:
    """Four people sign on; one is in the council and leads an association, one is forgotten."""
    names = ("Anna Andersen", "Ruth Rådsformand", "Karen Kontakt", "Glemt Glemsom")
    return [
        *(said(directory.PersonRegistered, **person(name)) for name in names),
        office("Karen Kontakt", "coordinator"),
        office("Ruth Rådsformand", "council"),
        office("Glemt Glemsom", "committee"),
        said(
            directory.PersonChanged, **{**person("Ruth Rådsformand"), "name": "Ruth Rask Rådmand"}
        ),
    ]


def associations() -> list[Event]:
    """One comes, is renamed and stays; one leaves; one is refused."""
    return [
        association(directory.AssociationRegistered, "Skakklub"),
        association(directory.AssociationRegistered, "Madklub"),
        association(directory.AssociationRegistered, "Spøgelser"),
        role("Anna Andersen", "Skakklub", role="administrator", leads=True, is_contact=True),
        role("Ruth Rådsformand", "Skakklub", role="member", leads=False, is_contact=False),
        role("Glemt Glemsom", "Madklub", role="administrator", leads=True, is_contact=True),
        association(directory.AssociationPublished, "Skakklub"),
        association(directory.AssociationPublished, "Madklub"),
        association(directory.AssociationRejected, "Spøgelser"),
        association(directory.AssociationChanged, "Skakklub af 1907"),
        # One files its statutes, and newer ones later.
        association(directory.AssociationPaperFiled, "Skakklub", paper_id=key("old statutes")),
        association(directory.AssociationPaperFiled, "Skakklub", paper_id=key("new statutes")),
        # One goes up in another, which is renamed afterwards; another closes and comes back.
        association(directory.AssociationRegistered, "Dubletten"),
        association(directory.AssociationPublished, "Dubletten"),
        association(directory.AssociationMerged, "Dubletten", into_id=key("Skakklub")),
        association(directory.AssociationPublished, "Genåbnet"),
        association(directory.AssociationClosed, "Genåbnet"),
        association(directory.AssociationReopened, "Genåbnet"),
        association(directory.AssociationChanged, "Skakklub af 1907"),
        # Another is brought in from a list, and only then told so.
        association(directory.AssociationRegistered, "Hentet", quiet=True),
        association(directory.AssociationPublished, "Hentet", quiet=True),
        association(directory.AssociationIntroduced, "Hentet"),
        # Who sits in the council comes to lead an applicant, and stops again.
        role("Ruth Rådsformand", "Skakklub", role="editor", leads=True, is_contact=True),
    ]


def the_round() -> list[Event]:
    """A round is announced, applied to and decided."""
    round_id = key("round")
    return [
        said(grants.RoundAnnounced, round_id=round_id),
        said(
            grants.ApplicationSubmitted,
            application_id=key("application"),
            round_id=round_id,
            association_id=key("Skakklub"),
            submitted_by=key("Anna Andersen"),
        ),
        said(grants.RoundClosed, round_id=round_id),
        said(grants.RoundDecided, round_id=round_id),
    ]


def the_meeting() -> list[Event]:
    """A meeting is called and changed; one signs up and off, one waits and moves up."""
    about = {"meeting_id": key("meeting")}
    anna = {
        **about,
        "registration_id": key("Anna's place"),
        "association_id": key("Skakklub"),
        "person_id": key("Anna Andersen"),
    }
    ruth = {
        **about,
        "registration_id": key("Ruth's place"),
        "association_id": None,
        "person_id": key("Ruth Rådsformand"),
    }
    return [
        said(meetings.MeetingCalled, **about),
        said(meetings.RegistrationMade, **anna, status="confirmed", waiting_position=None),
        said(meetings.RegistrationMade, **ruth, status="waiting", waiting_position=1),
        said(meetings.MeetingChanged, **about, title="Dialogmøde, ny dag", revision=1),
        said(meetings.RegistrationWithdrawn, **anna),
        said(meetings.RegistrationPromoted, **ruth),
    ]


def the_ends() -> list[Event]:
    """Some leave: a role, an office, an association, and one who wants to be forgotten."""
    return [
        said(
            directory.MembershipEnded,
            membership_id=key("Ruth Rådsformand in Skakklub"),
            association_id=key("Skakklub"),
            person_id=key("Ruth Rådsformand"),
        ),
        said(
            directory.OfficeEnded,
            office_id=key("Ruth Rådsformand in council"),
            person_id=key("Ruth Rådsformand"),
            body="council",
        ),
        association(directory.AssociationClosed, "Madklub"),
        said(directory.PersonErased, person_id=key("Glemt Glemsom")),
    ]


def whole() -> list[Envelope]:
    """Tell the whole year."""
    return list(envelopes(*people(), *associations(), *the_round(), *the_meeting(), *the_ends()))
