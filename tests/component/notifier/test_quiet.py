"""What was brought in from a list: nobody is mailed before the coordinator says so."""

import hashlib
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts import directory, grants, meetings
from contracts.notifier import ConfirmationLinkIssued
from tests.component.notifier.test_mails import words

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


def introduced(published, **question):
    return directory.AssociationIntroduced(
        association_id=published.association_id,
        name=published.name,
        contact_person_id=published.contact_person_id,
        **question,
    )


def asking(published):
    return introduced(
        published,
        purpose=published.purpose,
        target_groups=("older",),
        area="aars",
        confirmation_link_id=uuid4(),
        expires_at=datetime(2024, 5, 1, 8, tzinfo=UTC),
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


def test_the_mail_that_tells_also_asks_whether_it_is_right(
    imported, deliver, office, smtp, outbox, database
):
    published, _ = imported
    event = asking(published)

    deliver(event, times=2)
    office.send()

    (mail,) = smtp.mails
    said = words(mail)
    assert mail.message["Subject"] == "Nørrebro Skakklub står i kommunens vejviser. Er det rigtigt?"
    assert "vi har noteret dit navn og din mailadresse" in said
    assert "Skak for alle" in said
    assert "sletter dine oplysninger" in said
    (key,) = set(re.findall(r"noegle=([\w-]+)", said))
    assert f"/bekraeft?noegle={key}" in said
    assert f"/bekraeft/ret?noegle={key}" in said
    (issued,) = outbox.of(ConfirmationLinkIssued)
    assert issued.confirmation_link_id == event.confirmation_link_id
    assert issued.token_hash == hashlib.sha256(key.encode()).hexdigest()
    with database.reading() as session:
        assert key not in str(session.execute(text("SELECT content FROM delivery")).all())


def test_where_somebody_confirmed_it_the_mail_asks_nothing(imported, deliver, office, smtp, outbox):
    published, _ = imported

    deliver(introduced(published))
    office.send()

    (mail,) = smtp.mails
    assert mail.message["Subject"] == "Nørrebro Skakklub står i kommunens vejviser"
    assert "noegle=" not in words(mail)
    assert f"/foreninger/{published.association_id}" in words(mail)
    assert outbox.of(ConfirmationLinkIssued) == []


def test_one_that_is_approved_after_the_contact_was_to_be_told_gets_one_mail(
    imported, deliver, queued
):
    published, contact = imported

    deliver(asking(published))

    assert queued("association_introduced") == [(contact, "queued")]
    assert queued("association_published") == []
    assert queued("confirmation_requested") == []


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
