"""Mails about invitations, and about an association in new hands."""

import hashlib
import re
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts import directory
from contracts.notifier import InvitationLinkIssued
from contracts.values import Body, InvitationOutcome, Proof
from tests.component.notifier.test_mails import words

UNTIL = datetime(2024, 2, 15, 8, tzinfo=UTC)


def invited(person, **changes):
    facts = {
        "invitation_id": uuid4(),
        "association_id": uuid4(),
        "association_name": "Nørrebro Skakklub",
        "person_id": person,
        "role": "editor",
        "leads": False,
        "is_contact": False,
        "hands_over": False,
        "is_reminder": False,
        "expires_at": UNTIL,
    }
    return directory.InvitationSent(**{**facts, **changes})


def test_an_invitation_has_one_link_and_only_the_hash_of_its_secret_is_told(
    office, deliver, smtp, outbox, database
):
    event = invited(office.person("Karla Kasserer", email="karla@example.org"))

    deliver(event, times=2)
    office.send()

    (mail,) = smtp.mails
    (key,) = set(re.findall(r"/invitation\?noegle=(\S+)", words(mail)))
    (issued,) = outbox.of(InvitationLinkIssued)
    assert mail.recipients == ["karla@example.org"]
    assert issued.invitation_link_id == event.invitation_id
    assert issued.token_hash == hashlib.sha256(key.encode()).hexdigest()
    assert "torsdag den 15. februar 2024" in words(mail)
    with database.reading() as session:
        kept = str(session.execute(text("SELECT delivery::text FROM delivery")).all())
        bodies = session.scalars(text("SELECT body FROM event_log")).all()
    assert key not in kept
    assert not [body for body in bodies if key.encode() in bytes(body)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"role": "member"}, "Som medlem"),
        ({"role": "administrator", "hands_over": True}, "stafetten videre"),
        ({"is_contact": True}, "kontaktperson"),
        ({"is_reminder": True}, "Nørrebro Skakklub"),
    ],
)
def test_an_invitation_says_what_is_asked(office, deliver, smtp, changes, said):
    deliver(invited(office.person(), **changes))
    office.send()

    (mail,) = smtp.mails
    assert said in words(mail)
    assert mail.message["Subject"].startswith("Husk") == bool(changes.get("is_reminder"))


def test_an_invitation_that_ran_out_before_it_left_is_not_sent(office, deliver, smtp, clock):
    deliver(invited(office.person(), expires_at=datetime(2024, 1, 31, tzinfo=UTC)))

    office.send()

    assert smtp.mails == []
    assert office.statuses == ["suppressed"]


@pytest.mark.parametrize(
    ("hands_over", "said"), [(True, "ikke længere administrator"), (False, "har nu sin rolle")]
)
def test_whoever_invited_is_told_of_a_yes(office, deliver, smtp, hands_over, said):
    inviter = office.person("Skjalm Skak", email="skjalm@example.org")
    deliver(
        directory.InvitationAccepted(
            invitation_id=uuid4(),
            association_id=uuid4(),
            association_name="Nørrebro Skakklub",
            person_id=uuid4(),
            invited_by_id=inviter,
            role="administrator",
            hands_over=hands_over,
        )
    )
    office.send()

    (mail,) = smtp.to("skjalm@example.org")
    assert said in words(mail)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (InvitationOutcome.DECLINED, "har sagt nej"),
        (InvitationOutcome.EXPIRED, "har ikke svaret i tide"),
        (InvitationOutcome.WITHDRAWN, ""),
    ],
)
def test_whoever_invited_is_told_when_it_came_to_nothing(office, deliver, smtp, outcome, said):
    inviter = office.person("Skjalm Skak", email="skjalm@example.org")
    deliver(
        directory.InvitationEnded(
            invitation_id=uuid4(),
            association_id=uuid4(),
            association_name="Nørrebro Skakklub",
            invited_by_id=inviter,
            outcome=outcome,
            hands_over=False,
        )
    )
    office.send()

    assert [said in words(mail) for mail in smtp.mails] == ([True] if said else [])


def test_old_and_new_people_are_told_of_new_hands(office, deliver, smtp):
    old = office.person("Skjalm Skak", email="skjalm@example.org")
    new = office.person("Karla Kasserer", email="karla@example.org")
    deliver(
        directory.AssociationHandedOver(
            association_id=uuid4(),
            name="Nørrebro Skakklub",
            person_id=new,
            former_person_ids=(old,),
            proof=Proof.MINUTES,
            proof_on=date(2024, 1, 20),
        ),
        times=2,
    )
    office.send()

    (to_old,) = smtp.to("skjalm@example.org")
    (to_new,) = smtp.to("karla@example.org")
    assert "Referat af generalforsamlingen" in words(to_old)
    assert "lørdag den 20. januar 2024" in words(to_old)
    assert "Karla" not in words(to_old)
    assert "administrator og kontaktperson for Nørrebro Skakklub" in words(to_new)


@pytest.mark.parametrize(
    ("is_vacant", "said"), [(False, "vil ingen have hvervet"), (True, "har ingen hvervet")]
)
def test_heads_and_deputy_are_told_that_nobody_is_the_contact_person(
    office, appoint, deliver, smtp, is_vacant, said
):
    head = office.person("Helle Holm", email="head@example.org")
    appoint("department-head", person=head, name="Helle Holm")
    deputy = office.person("Steen Sted", email="deputy@example.org")
    appoint("coordinator", person=deputy, name="Steen Sted")
    appoint("council")
    deliver(
        directory.VacancyAnnounced(
            vacancy_id=uuid4(),
            body=Body.COORDINATOR,
            vacant_on=date(2024, 3, 1),
            is_vacant=is_vacant,
            has_deputy=True,
        ),
        times=2,
    )
    office.send()

    assert sorted(mail.recipients[0] for mail in smtp.mails) == [
        "deputy@example.org",
        "head@example.org",
    ]
    for mail in smtp.mails:
        assert said in words(mail)
        assert "fredag den 1. marts 2024" in words(mail)
        assert "/arbejdsliste/hverv" in words(mail)


def test_the_deputy_signs_and_is_answered_while_nobody_holds_the_office(office, deliver, smtp):
    deputy = office.person("Steen Stedfortræder", email="steen@example.org")
    for title, is_deputy, ends_on in (
        ("Frivilligkonsulent", False, date(2023, 12, 31)),
        ("Stedfortræder", True, None),
    ):
        deliver(
            directory.OfficeGranted(
                office_id=uuid4(),
                person_id=deputy if is_deputy else office.person("Karen Kontakt"),
                person_name="Steen Stedfortræder" if is_deputy else "Karen Kontakt",
                body=Body.COORDINATOR,
                title=title,
                starts_on=date(2023, 1, 1),
                ends_on=ends_on,
                is_deputy=is_deputy,
            )
        )
    deliver(invited(office.person(email="karla@example.org")))
    office.send()

    (mail,) = smtp.to("karla@example.org")
    (reply_to,) = mail.message["Reply-To"].addresses
    assert reply_to.display_name == "Steen Stedfortræder"
    assert reply_to.addr_spec == "frivillighed@vesthimmerland.example.org"


@pytest.mark.parametrize(("ends", "said"), [(False, "fast kontakt"), (True, "slutter")])
def test_both_contacts_of_a_pair_are_told_and_neither_others_name(
    office, deliver, smtp, ends, said
):
    facts = {
        "contact_pair_id": uuid4(),
        "association_id": uuid4(),
        "association_name": "Nørrebro Skakklub",
        "department": "social",
        "team": "Hjemmeplejen",
        "staff_person_id": office.person("Hanne Hjemmepleje", email="hanne@example.org"),
        "association_person_id": office.person("Skjalm Skak", email="skjalm@example.org"),
    }
    day = date(2024, 3, 31)
    event = (
        directory.ContactPairEnded(**facts, ends_on=day)
        if ends
        else directory.ContactPairMade(**facts, starts_on=day)
    )

    deliver(event, times=2)
    office.send()

    (to_staff,) = smtp.to("hanne@example.org")
    (to_other,) = smtp.to("skjalm@example.org")
    assert said in words(to_staff)
    assert "søndag den 31. marts 2024" in words(to_staff)
    assert "Skjalm" not in words(to_staff)
    assert "Hanne" not in words(to_other)


def test_a_pair_without_a_named_contact_tells_the_one_there_is(office, deliver, smtp):
    deliver(
        directory.ContactPairMade(
            contact_pair_id=uuid4(),
            association_id=uuid4(),
            association_name="Nørrebro Skakklub",
            department="social",
            team="Hjemmeplejen",
            staff_person_id=office.person(email="hanne@example.org"),
            association_person_id=None,
            starts_on=date(2024, 3, 1),
        )
    )
    office.send()

    assert [mail.recipients for mail in smtp.mails] == [["hanne@example.org"]]
