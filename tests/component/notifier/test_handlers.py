"""Each event leads to its mails: to the right people, once, also when it comes twice or late."""

import dataclasses
import hashlib
import inspect
import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis import events, replay
from chassis.inbox import Inbox, Message
from chassis.inbox.message import REPLAY
from contracts import directory, grants, meetings
from contracts.notifier import ConfirmationLinkIssued
from contracts.values import (
    AnswerOutcome,
    Ground,
    OnBehalf,
    Outcome,
    PaperKind,
    Reasons,
    RecommendedAmount,
    RegistrationStatus,
    Ruling,
)
from services.notifier.commands import subscriptions as asked_for
from services.notifier.handlers import directory as told_by_directory
from services.notifier.handlers import grants as told_by_grants
from services.notifier.handlers import meetings as told_by_meetings
from services.notifier.handlers import people as told_of_people
from services.notifier.handlers import subscriptions as told_by_subscriptions
from services.notifier.model import TEMPLATES

MARCH = datetime(2024, 3, 15, 22, 59, tzinfo=UTC)
MAY = datetime(2024, 5, 2, 15, tzinfo=UTC)
ENDS = datetime(2024, 5, 2, 18, tzinfo=UTC)


def announced(**changes):
    event = grants.RoundAnnounced(
        round_id=uuid4(),
        programme="paragraf-18",
        title="§ 18-puljen 2024",
        frame_ore=72_630_700,
        opens_at=datetime(2024, 2, 15, 7, tzinfo=UTC),
        closes_at=MARCH,
        council_on=date(2024, 4, 3),
        committee_on=date(2024, 4, 8),
        criteria=("Den frivillige indsats",),
        focus_areas=("Fællesskaber mod ensomhed",),
        decided_by="Kultur- og Fritidsudvalget",
    )
    return dataclasses.replace(event, **changes)


def submitted(association, person):
    return grants.ApplicationSubmitted(
        application_id=uuid4(),
        case_number="2024-0007",
        round_id=uuid4(),
        round_title="§ 18-puljen 2024",
        association_id=association,
        title="Skak på plejehjemmet",
        amount_ore=1_250_000,
        submitted_by=person,
        submitted_at=MARCH,
    )


def decided(association):
    return grants.DecisionMade(
        decision_id=uuid4(),
        application_id=uuid4(),
        case_number="2024-0007",
        round_id=uuid4(),
        round_title="§ 18-puljen 2024",
        association_id=association,
        association_name="Nørrebro Skakklub",
        title="Skak på plejehjemmet",
        outcome=Outcome.PARTLY_GRANTED,
        applied_ore=1_250_000,
        granted_ore=400_000,
        reasons=Reasons(rules="Servicelovens § 18", considerations="Mange søgte", facts="12 søgte"),
        legal_basis="Lov om social service § 18",
        conditions=("Pengene bruges i 2024",),
        report_on=date(2025, 3, 1),
        appeal="Afgørelsen kan ikke påklages.",
        decided_by="Kultur- og Fritidsudvalget",
        decided_on=date(2024, 4, 8),
    )


def called(audience="associations"):
    return meetings.MeetingCalled(
        meeting_id=uuid4(),
        kind="dialogue",
        title="Dialogmøde 2024",
        starts_at=MAY,
        ends_at=ENDS,
        place="Rådhuset i Aars",
        capacity=40,
        agenda=("Velkomst", "Eventuelt"),
        audience=audience,
        registration_closes_at=None,
    )


def registered(meeting, person, status=RegistrationStatus.CONFIRMED):
    return meetings.RegistrationMade(
        registration_id=uuid4(),
        meeting_id=meeting,
        meeting_title="Dialogmøde 2024",
        starts_at=MAY,
        ends_at=ENDS,
        place="Rådhuset i Aars",
        association_id=None,
        person_id=person,
        status=status,
        waiting_position=3 if status is RegistrationStatus.WAITING else None,
    )


def test_a_round_is_told_once_to_each_contact_also_when_the_event_comes_twice(
    publish, deliver, queued
):
    _, first = publish()
    _, second = publish("Aars Madklub")

    deliver(announced(), times=2)

    assert queued("round_announced") == sorted([(first, "queued"), (second, "queued")])


def test_a_contact_of_two_associations_gets_one_mail_that_names_both(
    office, publish, deliver, smtp
):
    person = office.person(email="begge@example.org")
    publish("Aars Madklub", contact=person)
    publish("Ranum Kor", contact=person)
    office.send()
    smtp.forget()

    deliver(announced())
    office.send()

    (mail,) = smtp.to("begge@example.org")
    words = mail.message.get_body(("plain",)).get_content()
    assert "Aars Madklub" in words
    assert "Ranum Kor" in words


@pytest.mark.parametrize(
    ("event", "template"),
    [
        (directory.AssociationPaperExpiring, "paper_expiring"),
        (directory.AssociationPaperExpired, "paper_expired"),
    ],
)
def test_the_contact_is_reminded_of_a_paper_once(publish, deliver, queued, event, template):
    association, contact = publish()
    publish("Aars Madklub")
    told = event(
        association_id=association,
        name="Nørrebro Skakklub",
        paper_id=uuid4(),
        kind=PaperKind.CVR,
        expires_on=date(2024, 4, 30),
    )

    deliver(told, times=2)

    assert queued(template) == [(contact, "queued")]


def test_letters_receipts_and_answers_are_one_for_each_case_also_to_one_contact(
    office, publish, deliver, queued
):
    person = office.person()
    associations = [publish(name, contact=person)[0] for name in ("Aars Madklub", "Ranum Kor")]
    meeting, hearing = called(), uuid4()
    deliver(meeting)

    for association in associations:
        deliver(submitted(association, person))
        deliver(decided(association))
        deliver(
            dataclasses.replace(registered(meeting.meeting_id, person), association_id=association)
        )
        response = {
            "response_id": uuid4(),
            "hearing_id": hearing,
            "hearing_title": "Lån af lokaler",
            "association_id": association,
            "person_id": person,
        }
        deliver(meetings.ResponseReceived(**response))
        deliver(
            meetings.ResponseAnswered(
                **response, outcome=AnswerOutcome.NOTED, answer="Tak.", conclusion="Vedtaget."
            )
        )

    for template in (
        "application_receipt",
        "decision_letter",
        "registration_confirmed",
        "response_receipt",
        "hearing_answer",
    ):
        assert queued(template) == [(person, "queued")] * 2, template
        told = [row.association_ids for row in office.rows() if row.template == template]
        assert sorted(told) == sorted([each] for each in associations), template


def test_a_contact_of_two_associations_is_asked_in_a_hearing_once_and_for_both(
    office, publish, deliver, smtp
):
    person = office.person(email="begge@example.org")
    ids = [publish(name, contact=person)[0] for name in ("Aars Madklub", "Ranum Kor")]
    office.send()
    smtp.forget()

    deliver(
        meetings.HearingOpened(
            hearing_id=uuid4(),
            title="Lån af lokaler",
            question="Hvad mener I?",
            closes_at=MARCH,
            association_ids=tuple(ids),
            to_council=False,
        )
    )
    office.send()

    (mail,) = smtp.to("begge@example.org")
    words = mail.message.get_body(("plain",)).get_content()
    assert all(name in words for name in ("Aars Madklub", "Ranum Kor"))
    (row,) = (row for row in office.rows() if row.template == "hearing_opened")
    assert sorted(row.association_ids) == sorted(ids)


def test_a_round_reaches_nobody_who_left_the_vejviser(publish, deliver, queued):
    association, _ = publish()
    deliver(directory.AssociationClosed(association_id=association, name="Nørrebro Skakklub"))

    deliver(announced())

    assert queued("round_announced") == []


def asked(association, **changes):
    event = directory.AssociationConfirmationRequested(
        association_id=association,
        name="Nørrebro Skakklub",
        purpose="Skak for alle",
        target_groups=("older",),
        area="aars",
        confirmed_at=datetime(2023, 1, 5, 9, tzinfo=UTC),
        is_reminder=False,
        confirmation_link_id=uuid4(),
        expires_at=MAY,
    )
    return dataclasses.replace(event, **changes)


def confirmed(association, **changes):
    event = directory.AssociationConfirmed(
        association_id=association,
        name="Nørrebro Skakklub",
        confirmed_at=MARCH,
        confirmed_by=OnBehalf.ASSOCIATION,
        by_link=False,
        changed=(),
    )
    return dataclasses.replace(event, **changes)


def test_the_yearly_question_has_two_buttons_and_only_the_hash_of_their_secret_is_told(
    office, publish, deliver, smtp, outbox, database
):
    association, _ = publish()
    office.send()
    smtp.forget()
    question = asked(association)

    deliver(question, times=2)
    office.send()

    (mail,) = smtp.mails
    words = mail.message.get_body(("plain",)).get_content()
    keys = set(re.findall(r"noegle=(\S+)", words))
    (key,) = keys
    assert "/bekraeft?noegle=" in words
    assert "/bekraeft/ret?noegle=" in words
    assert "Mennesker" not in words
    assert "Ældre" in words
    (issued,) = outbox.of(ConfirmationLinkIssued)
    assert issued.confirmation_link_id == question.confirmation_link_id
    assert issued.token_hash == hashlib.sha256(key.encode()).hexdigest()
    with database.reading() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        everything = [
            str(session.execute(text(f"SELECT t::text FROM {table} t")).all()) for table in tables
        ]
        bodies = session.scalars(text("SELECT body FROM event_log")).all()
    assert key not in "".join(everything)
    assert not [body for body in bodies if key.encode() in bytes(body)]


def test_a_reminder_has_a_secret_of_its_own(office, publish, deliver, smtp, outbox):
    association, _ = publish()
    deliver(asked(association))
    deliver(asked(association, is_reminder=True))

    office.send()

    hashes = {each.token_hash for each in outbox.of(ConfirmationLinkIssued)}
    assert len(hashes) == 2
    assert any("Husk" in mail.message["Subject"] for mail in smtp.mails)


@pytest.mark.parametrize(
    ("changes", "template"),
    [
        ({"by_link": True, "changed": ("phone",)}, "association_corrected"),
        ({"confirmed_by": OnBehalf.CENTRE}, "association_confirmed"),
        ({"confirmed_by": OnBehalf.COORDINATOR}, "association_confirmed"),
        ({"by_link": True}, ""),
        ({}, ""),
    ],
)
def test_an_association_is_told_what_others_did_to_its_record(
    publish, deliver, queued, changes, template
):
    association, contact = publish()

    deliver(confirmed(association, **changes), times=2)

    told = {name for name in ("association_corrected", "association_confirmed") if queued(name)}
    assert told == ({template} if template else set())
    if template:
        assert queued(template) == [(contact, "queued")]


def test_both_contacts_are_told_of_a_merger_and_only_the_other_hears_of_rounds(
    publish, deliver, queued
):
    one, first = publish()
    other, second = publish("Aars Madklub")

    deliver(
        directory.AssociationMerged(
            association_id=one, name="Nørrebro Skakklub", into_id=other, into_name="Aars Madklub"
        ),
        times=2,
    )
    deliver(announced())

    assert queued("association_merged") == sorted([(first, "queued"), (second, "queued")])
    assert queued("round_announced") == [(second, "queued")]


def test_a_reopened_association_is_welcomed_and_hears_of_rounds_again(publish, deliver, queued):
    association, contact = publish()
    deliver(directory.AssociationClosed(association_id=association, name="Nørrebro Skakklub"))

    deliver(
        directory.AssociationReopened(
            association_id=association,
            name="Nørrebro Skakklub",
            cvr=None,
            purpose="Skak for alle",
            target_groups=("older",),
            area="aars",
            contact_person_id=contact,
        ),
        times=2,
    )
    deliver(announced())

    assert queued("association_reopened") == [(contact, "queued")]
    assert queued("round_announced") == [(contact, "queued")]


def test_those_who_call_and_those_who_keep_the_vejviser_are_told(appoint, deliver, queued):
    centre, coordinator = appoint("centre"), appoint("coordinator")
    appoint("council")

    deliver(directory.CallListGrown(call_list_id=uuid4(), new_count=1, count=4), times=2)
    deliver(
        directory.EditingAgreementMade(
            editing_agreement_id=uuid4(),
            starts_on=date(2024, 1, 1),
            ends_on=None,
            freshness_target=90,
        )
    )

    assert queued("call_list_grown") == sorted([(centre, "queued"), (coordinator, "queued")])
    assert queued("editing_agreement_made") == [(centre, "queued")]


def test_mail_goes_to_the_contact_of_today(office, publish, deliver, queued):
    association, _ = publish()
    successor = office.person("Ny Kontakt")
    deliver(
        directory.MembershipGranted(
            membership_id=uuid4(),
            association_id=association,
            person_id=successor,
            role="administrator",
            leads=True,
            is_contact=True,
        )
    )

    deliver(announced())

    assert queued("round_announced") == [(successor, "queued")]


def test_the_contact_is_the_same_after_a_rebuild_in_another_order(
    service, database, clock, office, publish, deliver, queued
):
    association, _ = publish()
    former, successor = office.person("Forrige Kontakt"), office.person("Ny Kontakt")
    for person in (former, successor):
        deliver(
            directory.MembershipGranted(
                membership_id=uuid4(),
                association_id=association,
                person_id=person,
                role="editor",
                leads=False,
                is_contact=True,
            )
        )
        clock.move(timedelta(days=1))

    replay.reset(service, database)
    log = [Message(events.encode(envelope), replay=REPLAY) for envelope in deliver.last]
    for message in reversed(log):
        Inbox(service, database).settle([message])
    deliver(announced())

    assert queued("round_announced") == [(successor, "queued")]


def test_a_registration_tells_the_contact_and_the_coordinator(office, appoint, deliver, queued):
    contact, coordinator = office.person(), appoint("coordinator")
    former = appoint("coordinator", ends_on=date(2023, 12, 31), name="Forrige")

    deliver(
        directory.AssociationRegistered(
            association_id=uuid4(),
            name="Ranum Kor",
            cvr=None,
            area="ranum",
            contact_person_id=contact,
            registered_at=MARCH,
        )
    )

    assert queued("association_received") == [(contact, "queued")]
    assert queued("association_registered") == [(coordinator, "queued")]
    assert former not in dict(queued("association_registered"))


def test_a_letter_for_an_association_not_yet_known_waits_for_it(publish, deliver, clock, queued):
    association = uuid4()
    deliver(decided(association), expect="later")

    deliver(
        directory.AssociationPublished(
            association_id=association,
            name="Nørrebro Skakklub",
            cvr=None,
            purpose="Skak",
            target_groups=(),
            area="aars",
            contact_person_id=uuid4(),
        )
    )
    clock.move(clock.now() + timedelta(minutes=1))
    deliver.retry()

    assert len(queued("decision_letter")) == 1


def test_a_mail_to_a_person_not_yet_known_waits_for_them(office, deliver, clock, smtp):
    person = uuid4()
    office.sign_in_link(person)
    office.send()
    assert office.statuses == ["queued"]

    deliver(
        directory.PersonRegistered(person_id=person, name="Sen Ankomst", email="sen@example.org")
    )
    clock.move(clock.now() + timedelta(minutes=1))
    office.send()

    assert len(smtp.to("sen@example.org")) == 1


def test_a_withdrawal_names_what_was_withdrawn(publish, deliver, office, smtp):
    association, contact = publish()
    event = submitted(association, contact)
    deliver(event)
    deliver(
        grants.ApplicationWithdrawn(
            application_id=event.application_id,
            round_id=event.round_id,
            association_id=association,
        )
    )

    office.send()

    assert any("2024-0007 er trukket" in mail.message["Subject"] for mail in smtp.mails)


def test_a_receipt_goes_to_whoever_handed_in_and_to_the_contact(office, publish, deliver, queued):
    association, contact = publish()
    deputy = office.person("Stine Stedfortræder")

    deliver(submitted(association, deputy))

    assert queued("application_receipt") == sorted([(contact, "queued"), (deputy, "queued")])


def test_the_committee_hears_of_the_recommendation_but_reads_no_line_of_it(
    appoint, deliver, office, queued
):
    politician = appoint("committee")
    line = RecommendedAmount(application_id=uuid4(), amount_ore=123_400)

    deliver(
        grants.RecommendationSubmitted(
            recommendation_id=uuid4(),
            round_id=uuid4(),
            round_title="§ 18-puljen 2024",
            lines=(line,),
            total_ore=123_400,
        )
    )

    assert queued("recommendation_submitted") == [(politician, "queued")]
    kept = str([row.content for row in office.rows()])
    assert str(line.application_id) not in kept
    # With the total, who may not see one line takes the others from it.
    assert "123400" not in kept


def conflict(person, ground=Ground.LEADS, *, took_part=False):
    return grants.ConflictRaised(
        application_id=uuid4(),
        case_number="2024-0007",
        round_title="§ 18-puljen 2024",
        association_id=uuid4(),
        association_name="Nørrebro Skakklub",
        person_id=person,
        ground=ground,
        took_part=took_part,
    )


def test_nobody_is_taken_out_of_a_case_in_silence(appoint, deliver, office, queued, smtp):
    member, coordinator = appoint("council", name="Ruth Råd"), appoint("coordinator")

    deliver(conflict(member, took_part=True), times=2)
    office.send()

    assert queued("conflict_presumed") == [(member, "sent")]
    assert queued("conflict_raised") == [(coordinator, "sent")]
    to_member, to_coordinator = (
        " ".join(mail.message.get_body(("plain",)).get_content().split())
        for mail in sorted(smtp.mails, key=lambda mail: str(mail.message["Subject"]))
    )
    assert "Nørrebro Skakklub" in to_member
    assert "tæller ikke med" in to_member
    # Another coordinator may be out of the case too: the mail names neither who nor for whom.
    assert "Nørrebro Skakklub" not in to_coordinator
    assert "Ruth Råd" not in to_coordinator


def test_who_declares_it_need_not_be_told(appoint, deliver, queued):
    member, coordinator = appoint("council"), appoint("coordinator")

    deliver(conflict(member, Ground.DECLARED))

    assert queued("conflict_presumed") == []
    assert queued("conflict_raised") == [(coordinator, "queued")]


def test_where_the_coordinator_is_in_question_the_caseworker_is_told(appoint, deliver, queued):
    coordinator, caseworker = appoint("coordinator"), appoint("caseworker")

    deliver(conflict(coordinator))

    assert queued("conflict_presumed") == [(coordinator, "queued")]
    assert queued("conflict_raised") == [(caseworker, "queued")]


@pytest.mark.parametrize(
    ("ruling", "said"), [(Ruling.CLEARED, "ikke er inhabil"), (Ruling.UPHELD, "at du er inhabil")]
)
def test_a_ruling_is_told_with_its_reason(appoint, deliver, office, smtp, ruling, said):
    member = appoint("council")
    raised = conflict(member)

    deliver(
        grants.ConflictRuled(
            application_id=raised.application_id,
            case_number=raised.case_number,
            round_title=raised.round_title,
            association_id=raised.association_id,
            association_name=raised.association_name,
            person_id=member,
            ruling=ruling,
            reason="Kasserer i en anden forening.",
        )
    )
    office.send()

    (mail,) = smtp.mails
    words = " ".join(mail.message.get_body(("plain",)).get_content().split())
    assert said in words
    assert "Kasserer i en anden forening." in words


@pytest.mark.parametrize(
    ("audience", "invited"),
    [("associations", {"contact"}), ("council", {"member"}), ("all", {"contact", "member"})],
)
def test_a_meeting_invites_its_audience(publish, appoint, deliver, queued, audience, invited):
    people = {"contact": publish()[1], "member": appoint("council")}

    deliver(called(audience))

    assert {person for person, _ in queued("meeting_invitation")} == {
        people[name] for name in invited
    }


def test_a_change_reaches_those_invited_and_those_who_signed_up(office, publish, deliver, queued):
    _, contact = publish()
    guest, waiting, gone = office.person("Gæst"), office.person("Venter"), office.person("Væk")
    meeting = called()
    deliver(meeting)
    deliver(registered(meeting.meeting_id, guest))
    deliver(registered(meeting.meeting_id, waiting, RegistrationStatus.WAITING))
    leaving = registered(meeting.meeting_id, gone)
    deliver(leaving)
    deliver(
        meetings.RegistrationWithdrawn(
            registration_id=leaving.registration_id,
            meeting_id=meeting.meeting_id,
            association_id=None,
            person_id=gone,
        )
    )

    deliver(
        meetings.MeetingChanged(
            meeting_id=meeting.meeting_id,
            title="Dialogmøde 2024",
            starts_at=MAY,
            ends_at=ENDS,
            place="Biblioteket",
            agenda=(),
            audience="associations",
            revision=1,
        )
    )

    told = {person for person, _ in queued("meeting_changed")}
    assert told == {contact, guest, waiting}


def test_a_promoted_registration_is_told_with_the_calendar(office, deliver, smtp):
    person = office.person(email="rykket@example.org")
    waiting = registered(uuid4(), person, RegistrationStatus.WAITING)
    deliver(waiting)
    deliver(
        meetings.RegistrationPromoted(
            registration_id=waiting.registration_id,
            meeting_id=waiting.meeting_id,
            meeting_title=waiting.meeting_title,
            starts_at=MAY,
            ends_at=ENDS,
            place=waiting.place,
            association_id=None,
            person_id=person,
        )
    )

    office.send()

    first, second = smtp.to("rykket@example.org")
    assert "nummer 3" in first.message.get_body(("plain",)).get_content()
    assert "BEGIN:VCALENDAR" not in first.content.decode()
    assert second.message.get_content_type() == "multipart/mixed"


def test_somebody_in_two_capacities_is_asked_once(publish, appoint, deliver, queued):
    association, contact = publish()
    appoint("council", person=contact)

    deliver(
        meetings.HearingOpened(
            hearing_id=uuid4(),
            title="Lån af lokaler",
            question="Hvad mener I?",
            closes_at=MARCH,
            association_ids=(association,),
            to_council=True,
        )
    )

    assert queued("hearing_opened") == [(contact, "queued")]


def test_the_answer_goes_to_whoever_responded(publish, deliver, queued, office):
    association, contact = publish()
    author = office.person("Forfatter")

    deliver(
        meetings.ResponseAnswered(
            response_id=uuid4(),
            hearing_id=uuid4(),
            hearing_title="Lån af lokaler",
            association_id=association,
            person_id=author,
            outcome=AnswerOutcome.PARTLY,
            answer="Tak.",
            conclusion="Vedtaget.",
        )
    )

    assert queued("hearing_answer") == sorted([(author, "queued"), (contact, "queued")])


def test_an_erased_person_is_forgotten_everywhere(office, publish, deliver, smtp, database):
    person = office.person("Canary Kanariefugl", email="canary@example.org")
    publish(contact=person)
    deliver(announced())

    deliver(directory.PersonErased(person_id=person))
    office.send()
    deliver(
        directory.PersonChanged(
            person_id=person, name="Canary Igen", email="canary@example.org", language="da"
        )
    )

    assert smtp.mails == []
    assert set(office.statuses) == {"suppressed"}
    with database.reading() as session:
        everything = str(
            [
                session.execute(text(f"SELECT * FROM {table}")).all()
                for table in ("person", "office", "delivery", "preference", "membership")
            ]
        )
    assert "anary" not in everything


def test_every_kind_of_mail_is_brought_about_by_some_handler(service):
    source = "".join(
        inspect.getsource(module)
        for module in (
            told_by_directory,
            told_of_people,
            told_by_grants,
            told_by_meetings,
            told_by_subscriptions,
            asked_for,
        )
    )

    assert [name for name in TEMPLATES if f'"{name}"' not in source] == []
