"""What lives with an association in the directory is not asked for again by an application."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.directory import AssociationPaperFiled
from contracts.values import ChildProtection, PaperKind
from tests.component.grants.conftest import attach, refusal

MARCH_2023 = date(2023, 3, 3)
CVR = "13748136"


@pytest.fixture
def filed(deliver, clock):
    """Let the directory tell of a paper; return its id."""

    def file(association_id, kind="statutes", *, dated_on=MARCH_2023, expires_on=None, times=1):
        paper_id = uuid4()
        deliver(
            AssociationPaperFiled(
                association_id=association_id,
                paper_id=paper_id,
                kind=PaperKind(kind),
                dated_on=dated_on,
                expires_on=expires_on,
                statement=ChildProtection.OBTAINED if kind == "child-protection" else None,
                filed_at=datetime(2023, 3, 4, 9, tzinfo=UTC),
            ),
            times=times,
        )
        return paper_id

    return file


def papers_of(client, path):
    return {each["kind"]: each for each in client.get(path).json["papers"]}


def answers(client, path):
    return {kind: each["answer"] for kind, each in papers_of(client, path).items()}


def test_an_application_shows_what_is_known_already(open_round, drafted, filed):
    path, chair = drafted(open_round())
    paper = filed(chair.association_id, times=2)

    assert papers_of(chair, path)["statutes"] == {
        "kind": "statutes",
        "answer": "known",
        "paper_id": str(paper),
        "dated_on": "2023-03-03",
        "expires_on": None,
        "statement": None,
    }
    assert answers(chair, path) == {
        "statutes": "known",
        "accounts": "missing",
        "child-protection": "missing",
    }


def test_who_has_a_cvr_number_is_asked_for_registration_and_account(
    open_round, drafted, publish_association, filed
):
    path, chair = drafted(open_round(), association_id=publish_association(cvr=CVR))
    filed(chair.association_id, "nemkonto")
    filed(chair.association_id, "cvr-registration", expires_on=date(2024, 2, 29))

    assert answers(chair, path) == {
        "statutes": "missing",
        "accounts": "missing",
        # It held until the day before.
        "cvr-registration": "missing",
        "nemkonto": "known",
        "child-protection": "missing",
    }


def test_an_attachment_answers_for_its_kind(open_round, drafted):
    path, chair = drafted(open_round())

    answer = chair.put(
        f"{path}/attachments/{uuid4()}?kind=accounts",
        data=b"%PDF-1.7\n%%EOF\n",
        headers={"Content-Type": "application/pdf", "X-File-Name": "regnskab.pdf"},
    )
    attach(chair, path, name="Budget.pdf")

    assert answer.status_code == 201, answer.json
    kinds = [each["kind"] for each in chair.get(path).json["attachments"]]
    assert sorted(map(str, kinds)) == ["None", "accounts"]
    assert answers(chair, path)["accounts"] == "attached"


def test_a_declaration_is_not_attached(open_round, drafted):
    path, chair = drafted(open_round())

    answer = chair.put(
        f"{path}/attachments/{uuid4()}?kind=nemkonto",
        data=b"%PDF-1.7\n%%EOF\n",
        headers={"Content-Type": "application/pdf", "X-File-Name": "kontonummer.pdf"},
    )

    assert refusal(answer) == (422, "invalid")


def test_the_case_keeps_what_was_known_when_it_was_handed_in(
    open_round, drafted, filed, coordinator
):
    path, chair = drafted(open_round())
    first = filed(chair.association_id)
    filed(chair.association_id, "accounts", expires_on=date(2024, 3, 1))
    assert chair.post(f"{path}/submission").status_code == 200

    filed(chair.association_id, dated_on=date(2024, 3, 2))
    filed(chair.association_id, "child-protection", expires_on=date(2024, 12, 31))

    assert papers_of(coordinator, path)["statutes"]["paper_id"] == str(first)
    assert answers(coordinator, path) == {
        "statutes": "known",
        # It holds on its last day, and the case keeps that it did.
        "accounts": "known",
        "child-protection": "missing",
    }


def test_what_is_missing_stops_nobody_from_handing_in(open_round, drafted):
    path, chair = drafted(open_round())

    assert chair.post(f"{path}/submission").status_code == 200
    assert set(answers(chair, path).values()) == {"missing"}


def test_a_newer_paper_takes_the_place_of_the_older(open_round, drafted, filed):
    path, chair = drafted(open_round())
    filed(chair.association_id)
    newer = filed(chair.association_id, dated_on=date(2024, 2, 1))

    assert papers_of(chair, path)["statutes"]["paper_id"] == str(newer)


def test_one_association_is_not_answered_for_by_another(
    open_round, drafted, publish_association, filed
):
    path, chair = drafted(open_round())
    filed(publish_association("Aars Skakklub"))

    assert answers(chair, path)["statutes"] == "missing"


def test_assessors_see_what_is_known(open_round, submitted, filed, council):
    path, chair = submitted(open_round())
    filed(chair.association_id)

    assert answers(council[0], path)["statutes"] == "missing"
    assert council[0].get(path).json["papers"] == chair.get(path).json["papers"]
