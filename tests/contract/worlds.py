"""Small worlds with two associations: things that belong to one of them, made as users make them.

A world is arranged with events from other services and requests of those who may, never by writing
into tables, so that it holds whatever a service's inside looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis import clock
from chassis.auth import Principal
from contracts import directory

OWN = UUID("0192f0a1-0000-7000-8000-00000000000a")
OTHER = UUID("0192f0a1-0000-7000-8000-00000000000b")
OWNER = UUID("0192f0a1-0000-7000-8000-000000000001")
STRANGER = UUID("0192f0a1-0000-7000-8000-000000000002")


@dataclass(frozen=True)
class Thing:
    """A request about something that belongs to OWN, or to its administrator personally.

    ``lists`` is set where the request is allowed to others but must not show the thing.
    ``is_last`` is set where it ends something, so that the owner is not asked to make it.
    """

    method: str
    path: str
    body: Any = None
    lists: str = ""
    is_personal: bool = False
    is_last: bool = False


@dataclass
class World:
    """One service, with its associations and people in place."""

    client: Any
    deliver: Callable[..., str]
    outbox: Any = None
    owner: Principal = field(default_factory=lambda: ADMINISTRATOR)
    things: list[Thing] = field(default_factory=list)

    def populate(self) -> None:
        """Let the directory have told of both associations and both people."""
        for association, person, name in ((OWN, OWNER, "Nørrebro"), (OTHER, STRANGER, "Aars")):
            self.deliver(
                directory.PersonRegistered(
                    person_id=person, name=f"Kirsten fra {name}", email=f"{name[0]}@example.org"
                )
            )
            self.deliver(
                directory.AssociationPublished(
                    association_id=association,
                    name=f"{name} Skakklub",
                    cvr=None,
                    purpose="Skak for alle",
                    target_groups=(),
                    area="hele-kommunen",
                    contact_person_id=person,
                )
            )
            self.deliver(
                directory.MembershipGranted(
                    membership_id=uuid4(),
                    association_id=association,
                    person_id=person,
                    role="administrator",
                    leads=True,
                    is_contact=True,
                )
            )

    def ask(self, who: Principal | None, thing: Thing) -> Any:
        """Make the request."""
        body = {} if thing.body is None else {"json": thing.body}
        return self.client.as_(who).open(thing.path, method=thing.method, **body)

    def must(self, who: Principal, method: str, path: str, body: Any = None) -> Any:
        """Make a request that must succeed, and return its answer."""
        answer = self.ask(who, Thing(method, path, body))
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json


def of_association(association: UUID, role: str, person: UUID | None = None) -> Principal:
    """Make somebody with a role in an association."""
    return Principal(id=person or uuid4(), name="Kirsten", associations={association: role})


COORDINATOR = Principal(id=uuid4(), name="Karen Konsulent", roles=frozenset({"coordinator"}))
ADMINISTRATOR: Principal = of_association(OWN, "administrator", OWNER)


def in_days(days: int) -> str:
    """Return a moment in the future."""
    return (clock.now() + timedelta(days=days)).astimezone(UTC).isoformat()


def meetings(world: World) -> None:
    """A meeting OWN has signed up for and a hearing OWN has responded to."""
    meeting, registration, hearing, response = (uuid4() for _ in range(4))
    world.must(
        COORDINATOR,
        "PUT",
        f"/api/v1/meetings/{meeting}",
        {
            "kind": "dialogue",
            "title": "Dialogmøde",
            "starts_at": in_days(40),
            "ends_at": in_days(41),
            "place": "Rådhuset",
            "audience": "associations",
        },
    )
    world.must(COORDINATOR, "POST", f"/api/v1/meetings/{meeting}/calling")
    signing_up = {"meeting_id": str(meeting), "association_id": str(OWN)}
    world.must(ADMINISTRATOR, "PUT", f"/api/v1/registrations/{registration}", signing_up)
    world.must(
        COORDINATOR,
        "PUT",
        f"/api/v1/hearings/{hearing}",
        {
            "title": "Ny frivilligpolitik",
            "question": "Hvad mangler?",
            "audience": {"all": True},
            "closes_at": in_days(40),
        },
    )
    world.must(COORDINATOR, "POST", f"/api/v1/hearings/{hearing}/opening")
    responding = {"hearing_id": str(hearing), "association_id": str(OWN), "text": "Lokaler"}
    world.must(ADMINISTRATOR, "PUT", f"/api/v1/responses/{response}", responding)
    world.things += [
        Thing("GET", f"/api/v1/personal-data/meetings/{OWNER}", is_personal=True),
        Thing("GET", f"/api/v1/registrations/{registration}"),
        Thing("GET", "/api/v1/registrations", lists=str(registration)),
        Thing("GET", f"/api/v1/registrations?association_id={OWN}", lists=str(registration)),
        Thing("GET", f"/api/v1/registrations?meeting_id={meeting}", lists=str(registration)),
        Thing("PUT", f"/api/v1/registrations/{registration}", signing_up),
        Thing("PUT", f"/api/v1/registrations/{uuid4()}", signing_up, is_last=True),
        Thing("GET", f"/api/v1/responses/{response}"),
        Thing("GET", "/api/v1/responses", lists=str(response)),
        Thing("GET", f"/api/v1/responses?hearing_id={hearing}", lists=str(response)),
        Thing("GET", f"/api/v1/responses?association_id={OWN}", lists=str(response)),
        Thing("PUT", f"/api/v1/responses/{response}", responding),
        Thing("DELETE", f"/api/v1/registrations/{registration}", is_last=True),
    ]


def directory_(world: World) -> None:
    """An association whose contact is its administrator, and one that is not yet published."""
    unpublished = uuid4()
    for association, name in ((OWN, "Nørrebro"), (OTHER, "Aars"), (unpublished, "Farsø")):
        world.must(
            of_association(association, "member"),
            "PUT",
            f"/api/v1/associations/{association}",
            {
                "name": f"{name} Skakklub",
                "cvr": None,
                "purpose": "Skak for alle",
                "target_groups": ["older"],
                "area": "aars",
                "contact": {
                    "name": f"Kirsten fra {name}",
                    "email": f"kirsten.{len(name)}@example.org",
                },
            },
        )
        if association != unpublished:
            world.must(COORDINATOR, "POST", f"/api/v1/associations/{association}/approval")
    own = world.must(COORDINATOR, "GET", f"/api/v1/associations/{OWN}")
    owner = UUID(own["contact"]["person_id"])
    world.owner = of_association(OWN, "administrator", owner)
    role = {
        "association_id": str(OWN),
        "person": {"name": "Jens Jensen", "email": "jens@example.org"},
        "role": "editor",
    }
    membership = uuid4()
    world.must(COORDINATOR, "PUT", f"/api/v1/memberships/{membership}", role)
    invited(world)
    linked(world, owner)
    lent(world)
    email = own["contact"]["email"]
    session = sign_in(world, email)
    offer, draft = uuid4(), uuid4()
    offered = {
        "association_id": str(OWN),
        "title": "Skak på torvet",
        "description": "Vi spiller skak hver lørdag.",
        "target_groups": ["older"],
        "topics": ["company"],
        "area": "aars",
    }
    for each in (offer, draft):
        world.must(world.owner, "PUT", f"/api/v1/offers/{each}", offered)
    world.must(world.owner, "POST", f"/api/v1/offers/{offer}/publication")
    declared = {
        "kind": "child-protection",
        "dated_on": clock.now().date().isoformat(),
        "statement": "certificates-obtained",
    }
    declaration, statutes = uuid4(), uuid4()
    papers = f"/api/v1/associations/{OWN}/papers"
    world.must(world.owner, "PUT", f"{papers}/{declaration}", declared)
    filed = world.client.as_(world.owner).put(
        f"{papers}/{statutes}/document?kind=statutes&dated_on=2023-03-03",
        data=b"%PDF-1.7\n%%EOF\n",
        headers={"Content-Type": "application/pdf", "X-File-Name": "statutes.pdf"},
    )
    assert filed.status_code == 201, filed.text
    world.owner = replace(world.owner, session_id=UUID(session))
    world.things += [
        Thing("PATCH", f"/api/v1/associations/{OWN}", {"purpose": "Skak og kaffe"}),
        Thing("GET", f"/api/v1/associations/{OWN}", lists=email),
        Thing("GET", f"/api/v1/associations/{OWN}/export"),
        Thing("GET", f"/api/v1/associations/{OWN}/export.csv"),
        Thing("GET", f"/api/v1/offers/{draft}"),
        Thing("GET", "/api/v1/offers?status=draft", lists=str(draft)),
        Thing("GET", f"/api/v1/offers?status=draft&association_id={OWN}", lists=str(draft)),
        Thing("GET", "/api/v1/search?q=skak", lists=str(draft), is_last=True),
        Thing("PUT", f"/api/v1/offers/{offer}", offered),
        Thing("PUT", f"/api/v1/offers/{uuid4()}", offered, is_last=True),
        Thing("POST", f"/api/v1/offers/{offer}/publication"),
        Thing("POST", f"/api/v1/offers/{offer}/capacity", {"takes_new_users": True}),
        Thing("POST", f"/api/v1/offers/{offer}/withdrawal", is_last=True),
        Thing("DELETE", f"/api/v1/offers/{draft}", is_last=True),
        Thing("POST", f"/api/v1/associations/{OWN}/confirmation"),
        Thing("PUT", f"/api/v1/associations/{OWN}/delegation", {"centre_may_edit": False}),
        Thing("GET", f"/api/v1/associations/{OWN}/changes"),
        Thing("GET", papers),
        Thing("GET", f"{papers}/{statutes}/document"),
        Thing("PUT", f"{papers}/{declaration}", declared),
        Thing("PUT", f"{papers}/{uuid4()}", declared, is_last=True),
        Thing(
            "PUT",
            f"{papers}/{uuid4()}/document?kind=statutes&dated_on=2023-03-03",
            declared,
            is_last=True,
        ),
        Thing("GET", f"/api/v1/memberships/{membership}"),
        Thing("GET", "/api/v1/memberships", lists=str(membership)),
        Thing("GET", f"/api/v1/memberships?association_id={OWN}", lists=str(membership)),
        Thing("PUT", f"/api/v1/memberships/{membership}", role),
        Thing("GET", f"/api/v1/people/{owner}", is_personal=True),
        Thing("PATCH", f"/api/v1/people/{owner}", {"language": "en"}, is_personal=True),
        Thing("GET", f"/api/v1/personal-data/directory/{owner}", is_personal=True),
        Thing("GET", "/api/v1/sessions", lists=session, is_personal=True),
        Thing("DELETE", f"/api/v1/sessions/{session}", is_personal=True, is_last=True),
        Thing("GET", f"/api/v1/associations/{unpublished}", is_last=True),
        Thing("DELETE", f"/api/v1/memberships/{membership}", is_last=True),
        Thing("DELETE", f"/api/v1/people/{owner}", is_personal=True, is_last=True),
    ]


def invited(world: World) -> None:
    """Ask somebody to take a role in OWN."""
    invitation = uuid4()
    asked = {
        "association_id": str(OWN),
        "person": {"name": "Inge Inviteret", "email": "inge@example.org"},
        "role": "editor",
    }
    path = f"/api/v1/invitations/{invitation}"
    world.must(world.owner, "PUT", path, asked)
    world.things += [
        Thing("GET", path),
        Thing("GET", "/api/v1/invitations", lists=str(invitation)),
        Thing("GET", f"/api/v1/invitations?association_id={OWN}", lists=str(invitation)),
        Thing("PUT", path, asked),
        Thing("PUT", f"/api/v1/invitations/{uuid4()}", asked, is_last=True),
        Thing("POST", f"{path}/mailing"),
        Thing("POST", f"{path}/withdrawal", is_last=True),
    ]


def linked(world: World, owner: UUID) -> None:
    """Link OWN with a team of the municipality, for nobody else to see."""
    pair = uuid4()
    path = f"/api/v1/contact-pairs/{pair}"
    made = {
        "association_id": str(OWN),
        "department": "social",
        "team": "Hjemmeplejen",
        "person": {"name": "Hanne Hjemmepleje", "email": "hanne@example.org"},
        "starts_on": "2024-01-01",
    }
    world.must(COORDINATOR, "PUT", path, made)
    world.things += [
        Thing("GET", path),
        Thing("GET", "/api/v1/contact-pairs", lists=str(pair)),
        Thing("GET", f"/api/v1/contact-pairs?association_id={OWN}", lists=str(pair)),
        Thing("PUT", f"{path}/association-part", {"person_id": str(owner), "is_shown": False}),
        Thing("POST", f"{path}/end", {}, is_last=True),
    ]


def lent(world: World) -> None:
    """What OWN lends."""
    competence = uuid4()
    path = f"/api/v1/competences/{competence}"
    written = {
        "association_id": str(OWN),
        "kind": "speaker",
        "title": "Skak for begyndere",
        "description": "En aften om skak.",
        "topics": ["company"],
    }
    world.must(world.owner, "PUT", path, written)
    world.things += [
        Thing("PUT", path, written),
        Thing("PUT", f"/api/v1/competences/{uuid4()}", written, is_last=True),
        Thing("DELETE", path, is_last=True),
    ]


def sign_in(world: World, email: str) -> str:
    """Sign in by the link that is mailed; return the session."""
    asking = {"email": email, "browser": "the-one-browser-of-kirsten"}
    asked = world.client.as_(None).post("/api/v1/sign-in-links", json=asking)
    assert asked.status_code == 202, asked.text
    link = world.outbox.of(directory.SignInLinkRequested)[-1]
    given = {
        "link_id": str(link.sign_in_link_id),
        "token": link.token,
        "browser": asking["browser"],
    }
    signed_in = world.client.as_(None).post("/api/v1/sessions", json=given)
    assert signed_in.status_code == 201, signed_in.text
    return str(signed_in.json["id"])


def grants(world: World) -> None:
    """A draft of OWN with a file, and an application it has handed in."""
    (programme,) = world.must(COORDINATOR, "GET", "/api/v1/programmes")["items"]
    round_, draft, handed_in, attachment = (uuid4() for _ in range(4))
    world.must(
        COORDINATOR,
        "PUT",
        f"/api/v1/rounds/{round_}",
        {
            "programme_id": programme["id"],
            "title": "§ 18-puljen",
            "frame_ore": 72_630_700,
            "opens_at": in_days(-1),
            "closes_at": in_days(30),
            "council_on": in_days(40)[:10],
            "committee_on": in_days(45)[:10],
        },
    )
    world.must(COORDINATOR, "POST", f"/api/v1/rounds/{round_}/announcement")
    written = {
        "round_id": str(round_),
        "association_id": str(OWN),
        "title": "Skak på torvet",
        "activity": "Vi spiller skak hver lørdag.",
        "target_group": "Alle",
        "amount_ore": 1_000_000,
        "budget": [{"kind": "cost", "text": "Brætter", "amount_ore": 1_000_000}],
        "contact_name": "Kirsten fra Nørrebro",
        "signatory_name": "Kirsten fra Nørrebro",
    }
    for application in (draft, handed_in):
        world.must(ADMINISTRATOR, "PUT", f"/api/v1/applications/{application}", written)
    world.must(ADMINISTRATOR, "POST", f"/api/v1/applications/{handed_in}/submission")
    kept = world.client.as_(ADMINISTRATOR).put(
        f"/api/v1/applications/{draft}/attachments/{attachment}",
        data=b"%PDF-1.7\n%%EOF\n",
        headers={"Content-Type": "application/pdf", "X-File-Name": "regnskab.pdf"},
    )
    assert kept.status_code == 201, kept.text
    world.things += [
        Thing("GET", f"/api/v1/personal-data/grants/{OWNER}", is_personal=True),
        Thing("GET", f"/api/v1/applications/{draft}"),
        Thing("GET", f"/api/v1/applications/{handed_in}"),
        Thing("GET", "/api/v1/applications", lists=str(handed_in)),
        Thing("GET", f"/api/v1/applications?association_id={OWN}", lists=str(draft)),
        Thing("GET", f"/api/v1/applications?round_id={round_}", lists=str(handed_in)),
        Thing("GET", f"/api/v1/applications/{draft}/attachments/{attachment}"),
        Thing("PUT", f"/api/v1/applications/{draft}", written),
        Thing("PUT", f"/api/v1/applications/{uuid4()}", written, is_last=True),
        Thing("DELETE", f"/api/v1/applications/{draft}/attachments/{attachment}", is_last=True),
        Thing("POST", f"/api/v1/applications/{draft}/submission", is_last=True),
        Thing("POST", f"/api/v1/applications/{handed_in}/withdrawal", is_last=True),
        Thing("DELETE", f"/api/v1/applications/{draft}", is_last=True),
    ]


def notifier(world: World) -> None:
    """The mail that told OWN's administrator of the vejviser, and their wish for news."""
    deliveries = world.must(COORDINATOR, "GET", "/api/v1/deliveries")["items"]
    (mail,) = [each["id"] for each in deliveries if each["about"]["id"] == str(OWN)]
    world.things += [
        Thing("GET", f"/api/v1/personal-data/notifier/{OWNER}", is_personal=True),
        # A colleague reads their own mail, not the administrator's.
        Thing("GET", f"/api/v1/deliveries/{mail}", is_personal=True),
        Thing("GET", "/api/v1/deliveries", lists=mail, is_personal=True),
        Thing("GET", f"/api/v1/preferences/{OWNER}", is_personal=True),
        Thing("PUT", f"/api/v1/preferences/{OWNER}", {"news": False}, is_personal=True),
        Thing("POST", f"/api/v1/deliveries/{mail}/resending", is_last=True),
        Thing("POST", f"/api/v1/deliveries/{mail}/confirmation", is_last=True),
    ]


WORLDS: dict[str, Callable[[World], None]] = {
    "directory": directory_,
    "grants": grants,
    "meetings": meetings,
    "notifier": notifier,
}
