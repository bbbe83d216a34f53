"""What may become of an association, and what is said of it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.directory import (
    AssociationChanged,
    AssociationClosed,
    AssociationPublished,
    AssociationRegistered,
    AssociationRejected,
)
from contracts.values import OnBehalf
from services.directory.model import (
    Association,
    AssociationForm,
    AssociationStatus,
    Membership,
    MembershipRole,
    Person,
    email_key,
)
from services.directory.model.problems import LastAdministrator, WrongState

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def make():
    """Make an association in a state."""

    def association(status=AssociationStatus.REGISTERED):
        return Association(
            id=uuid4(),
            name="Nørrebro Skakklub",
            cvr="13748136",
            form=AssociationForm.ASSOCIATION,
            purpose="Skak for alle.",
            target_groups=["everyone"],
            area="aars",
            website=None,
            phone=None,
            public_email=None,
            volunteers_wanted=False,
            status=status,
            contact_person_id=uuid4(),
        )

    return association


def test_it_registers_is_approved_and_closes(make):
    one = make(status=None)

    registered = one.register(at=NOW)
    published = one.approve(at=LATER)
    closed = one.close(at=LATER, reason="Nedlagt")

    assert isinstance(registered, AssociationRegistered)
    assert registered.registered_at == NOW
    assert isinstance(published, AssociationPublished)
    assert published.target_groups == ("everyone",)
    assert one.published_at == LATER
    assert (one.confirmed_at, one.confirmed_by) == (NOW, OnBehalf.ASSOCIATION)
    assert closed == AssociationClosed(association_id=one.id, name=one.name)
    assert (one.status, one.closing_reason) == (AssociationStatus.CLOSED, "Nedlagt")


def test_a_refusal_keeps_its_reason_and_tells_the_contact(make):
    one = make()

    event = one.reject(reason="Ikke en social indsats.")

    assert isinstance(event, AssociationRejected)
    assert event.contact_person_id == one.contact_person_id
    assert event.reason == one.rejection_reason == "Ikke en social indsats."


@pytest.mark.parametrize(
    ("transition", "allowed"),
    [
        (lambda one: one.approve(at=NOW), {"registered"}),
        (lambda one: one.reject(reason="Nej"), {"registered"}),
        (lambda one: one.close(at=NOW, reason="Nedlagt"), {"published"}),
        (lambda one: one.describe({"name": "Skak"}), {"registered", "published"}),
    ],
)
@pytest.mark.parametrize("status", list(AssociationStatus))
def test_each_transition_has_its_states(make, transition, allowed, status):
    one = make(status=status)

    if status.value in allowed:
        transition(one)
        return
    with pytest.raises(WrongState) as refusal:
        transition(one)

    assert refusal.value.members == {"current": status.value}
    assert one.status is status


def test_others_hear_of_a_change_only_once_it_is_public(make):
    waiting, public = make(), make(status=AssociationStatus.PUBLISHED)

    assert waiting.describe({"name": "Skak"}) is None
    event = public.describe({"name": "Skak", "target_groups": ["older", "youth"]})

    assert waiting.name == "Skak"
    assert isinstance(event, AssociationChanged)
    assert (event.name, event.target_groups) == ("Skak", ("older", "youth"))
    assert waiting.confirmed_at is public.confirmed_at is None


@pytest.mark.parametrize("status", [AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED])
def test_somebody_must_answer_for_a_living_association(make, status):
    one = make(status=status)

    one.require_administrator(others=1)
    with pytest.raises(LastAdministrator) as refusal:
        one.require_administrator(others=0)

    assert refusal.value.members == {"association_id": str(one.id)}


@pytest.mark.parametrize("status", [AssociationStatus.REJECTED, AssociationStatus.CLOSED])
def test_anybody_may_leave_what_lives_no_more(make, status):
    make(status=status).require_administrator(others=0)


def test_a_role_is_told_as_it_is_now_and_when_it_ends():
    role = Membership(
        id=uuid4(),
        association_id=uuid4(),
        person_id=uuid4(),
        role=MembershipRole.EDITOR,
        leads=True,
        is_contact=False,
    )

    granted, ended = role.grant(), role.end(at=NOW)

    assert (granted.role, granted.leads, granted.is_contact) == ("editor", True, False)
    assert ended.membership_id == role.id
    assert role.ended_at == NOW


def test_a_person_changes_what_is_given_and_nothing_else():
    person = Person(id=uuid4(), name="Karla", email="karla@example.org", language="da")

    event = person.change(email="Karla.Kasserer@Example.org")

    assert (event.name, event.email, event.language) == (
        "Karla",
        "Karla.Kasserer@Example.org",
        "da",
    )
    assert person.email_key == "karla.kasserer@example.org"


def test_an_erased_person_has_no_name_and_no_address():
    person = Person(id=uuid4(), name="Karla", email="karla@example.org", language="da")

    event = person.erase(at=NOW)

    assert event.person_id == person.id
    assert (person.name, person.email, person.email_key) == ("", None, None)
    assert person.erased_at == NOW


@pytest.mark.parametrize(
    "spelling", ["KARLA@example.org", " karla@Example.ORG ", "karla@example.org"]
)
def test_two_spellings_of_an_address_are_one(spelling):
    assert email_key(spelling) == "karla@example.org"
