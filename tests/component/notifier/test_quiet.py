"""What was brought in from a list: nobody is mailed before the coordinator says so."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts import directory, grants, meetings

REGISTERED = datetime(2024, 2, 1, 8, tzinfo=UTC)


@pytest.fixture
def imported(office, deliver):
    """Bring an association in from a list; return its events and its contact."""
    association, contact = uuid4(), office.person()
    registered = directory.AssociationRegistered(
        association_id=association,
        name="Nørrebro Skakklub",
        cvr=None,
        area="aars",
        contact_person_id=contact,
        registered_at=REGISTERED,
        quiet=True,
    )
    published = directory.AssociationPublished(
        association_id=association,
        name="Nørrebro Skakklub",
        cvr=None,
        purpose="Skak for alle",
        target_groups=("everyone",),
        area="aars",
        contact_person_id=contact,
        quiet=True,
    )
    deliver(registered)
    deliver(published)
    return published, contact


def introduced(published):
    return directory.AssociationIntroduced(
        association_id=published.association_id,
        name=published.name,
        contact_person_id=published.contact_person_id,
    )


def opened(*associations):
    return meetings.HearingOpened(
        hearing_id=uuid4(),
        title="Ny frivilligpolitik",
        question="Hvad mangler?",
        closes_at=datetime(2024, 3, 15, 22, 59, tzinfo=UTC),
        to_council=False,
        association_ids=tuple(associations),
    )


def test_nobody_is_mailed_of_the_import_or_of_a_hearing(imported, appoint, deliver, office, queued):
    appoint("coordinator")
    published, _ = imported

    deliver(opened(published.association_id))

    assert office.statuses == []


def test_the_contact_is_told_once_and_gets_mail_as_all_others_from_then_on(
    imported, deliver, queued
):
    published, contact = imported

    deliver(introduced(published), times=2)
    deliver(opened(published.association_id))

    assert queued("association_introduced") == [(contact, "queued")]
    assert queued("hearing_opened") == [(contact, "queued")]


def test_one_that_is_approved_after_it_was_introduced_is_welcomed(imported, deliver, queued):
    published, contact = imported
    approved = directory.AssociationPublished(**{**vars(published), "quiet": False})

    deliver(approved)

    assert queued("association_published") == [(contact, "queued")]


def test_what_concerns_their_own_case_is_mailed_all_the_same(imported, deliver, queued):
    published, contact = imported

    deliver(
        grants.ApplicationSubmitted(
            application_id=uuid4(),
            case_number="2024-0007",
            round_id=uuid4(),
            round_title="§ 18-puljen 2024",
            association_id=published.association_id,
            title="Skak på plejehjemmet",
            amount_ore=1_250_000,
            submitted_by=contact,
            submitted_at=REGISTERED,
        )
    )

    assert queued("application_receipt") == [(contact, "queued")]
