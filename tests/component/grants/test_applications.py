"""Applications through the API: drafts, attachments, handing in, withdrawing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from contracts.directory import (
    AssociationChanged,
    AssociationClosed,
    AssociationMerged,
    AssociationRegistered,
    MembershipEnded,
)
from contracts.grants import ApplicationSubmitted, ApplicationWithdrawn, RoundClosed
from tests.component.grants.conftest import (
    CLOSES,
    KR,
    PDF,
    application_body,
    asking,
    attach,
    decide,
    fields_of,
    id_of,
    membership,
    refusal,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def test_a_draft_may_be_unfinished_and_is_the_associations_alone(
    announced, publish_association, member, coordinator, council
):
    association_id = publish_association()
    path = f"/api/v1/applications/{uuid4()}"
    body = {"round_id": id_of(announced()), "association_id": str(association_id)}
    editor = member(association_id, role="editor")

    created = editor.put(path, json=body)

    assert created.status_code == 201
    assert created.json["association_name"] == "Nørre Samvær"
    assert editor.get(path).json == created.json
    assert refusal(coordinator.get(path)) == (404, "not-found")
    assert refusal(council[0].get(path)) == (404, "not-found")
    assert coordinator.get("/api/v1/applications").json["items"] == []


def test_saying_the_same_again_changes_nothing(announced, drafted):
    round_path = announced()
    path, writer = drafted(round_path)

    again = writer.put(path, json=application_body(round_path, writer.association_id))
    changed = writer.put(
        path, json=application_body(round_path, writer.association_id, title="Andet")
    )

    assert (again.status_code, again.json["version"]) == (200, 1)
    assert (changed.json["version"], changed.json["title"]) == (2, "Andet")


def test_a_stale_change_is_refused(announced, drafted):
    round_path = announced()
    path, writer = drafted(round_path)
    newer = application_body(round_path, writer.association_id, title="Nyere")
    older = application_body(round_path, writer.association_id, title="Ældre")

    writer.put(path, json=newer, headers={"If-Match": '"1"'})
    answer = writer.put(path, json=older, headers={"If-Match": '"1"'})

    assert refusal(answer) == (412, "stale")
    assert writer.get(path).json["title"] == "Nyere"


@pytest.mark.parametrize("role", ["administrator", "editor"])
def test_a_token_from_before_somebody_left_opens_nothing_of_the_association(
    announced, drafted, publish_association, member, client, principal, deliver, role
):
    """An association is handed over at once, and a token says for ten minutes what was (ADR 59)."""
    round_path, ours, others = announced(), publish_association(), publish_association("Anden")
    roles = {ours: role, others: "administrator"}
    person = principal(name="Anna Andersen", associations=roles)
    role_in_ours = membership(ours, person.id, role=role)
    for event in (role_in_ours, membership(others, person.id)):
        deliver(event)
    writer = client.as_(person)
    path, _ = drafted(round_path, association_id=ours, client=writer)
    other_path, _ = drafted(round_path, association_id=others, client=writer)
    body = application_body(round_path, ours, title="Kuppet")

    deliver(
        MembershipEnded(
            membership_id=role_in_ours.membership_id, association_id=ours, person_id=person.id
        )
    )

    for answer in (writer.get(path), writer.post(f"{path}/submission"), writer.delete(path)):
        assert refusal(answer) == (404, "not-found")
    assert refusal(writer.put(path, json=body)) == (403, "forbidden")
    assert refusal(attach(writer, path)) == (404, "not-found")
    listed = writer.get("/api/v1/applications").json["items"]
    assert [each["association_id"] for each in listed] == [str(others)]
    assert writer.get(other_path).status_code == 200

    # Let in again, with a new role.
    deliver(membership(ours, person.id, role="editor"))
    assert writer.get(path).json["title"] == "Fællesspisning i Farsø"


def test_nobody_writes_for_another_association(announced, drafted, member, publish_association):
    round_path = announced()
    path, _ = drafted(round_path)
    stranger_association = publish_association("Sønder Skak")
    stranger = member(stranger_association)
    other = application_body(round_path, stranger_association)

    assert refusal(stranger.get(path)) == (404, "not-found")
    assert refusal(stranger.put(path, json=other)) == (404, "not-found")
    assert refusal(stranger.delete(path)) == (404, "not-found")
    assert refusal(stranger.post(f"{path}/submission")) == (404, "not-found")
    assert refusal(attach(stranger, path)) == (404, "not-found")


def test_a_member_reads_an_editor_writes_and_an_administrator_hands_in(open_round, drafted, member):
    path, writer = drafted(open_round())
    reader = member(writer.association_id, role="member", name="Laura Læser")
    editor = member(writer.association_id, role="editor", name="Rita Redaktør")

    assert reader.get(path).status_code == 200
    assert refusal(attach(reader, path)) == (403, "forbidden")
    assert attach(editor, path).status_code == 201
    assert refusal(editor.post(f"{path}/submission")) == (403, "forbidden")
    assert writer.post(f"{path}/submission").status_code == 200


def test_an_application_is_handed_in_once_and_numbered(open_round, drafted, outbox):
    round_path = open_round()
    first, one = drafted(round_path, name="Forening A")
    second, two = drafted(round_path, name="Forening B")

    answers = [one.post(f"{first}/submission") for _ in range(2)]
    answers.append(two.post(f"{second}/submission"))

    assert [each.json["case_number"] for each in answers] == [
        "2024-0001",
        "2024-0001",
        "2024-0002",
    ]
    published = outbox.of(ApplicationSubmitted)
    assert [each.case_number for each in published] == ["2024-0001", "2024-0002"]
    assert published[0].submitted_by == one.person_id
    assert [each["kind"] for each in answers[0].json["history"]] == ["draft", "submitted"]


def test_case_numbers_have_no_gaps_when_something_fails(open_round, drafted, submitted):
    round_path = open_round()
    unfinished, writer = drafted(round_path, contact_name="")
    for _ in range(3):
        assert refusal(writer.post(f"{unfinished}/submission")) == (422, "incomplete")

    path, other = submitted(round_path, name="Sønder Skak")

    assert other.get(path).json["case_number"] == "2024-0001"


def test_twenty_at_once_get_twenty_numbers(open_round, drafted):
    round_path = open_round()
    ready = [drafted(round_path, name=f"Forening {place}") for place in range(20)]
    barrier = Barrier(len(ready))

    def hand_in(case):
        path, writer = case
        barrier.wait()
        return writer.post(f"{path}/submission")

    with ThreadPoolExecutor(len(ready)) as pool:
        answers = list(pool.map(hand_in, ready))

    assert sorted(each.json["case_number"] for each in answers) == [
        f"2024-{number:04d}" for number in range(1, 21)
    ]


def test_the_closing_minute_counts_to_its_last_second(open_round, drafted, clock):
    round_path = open_round()
    path, writer = drafted(round_path)
    clock.set(CLOSES + MINUTE - SECOND)

    assert writer.post(f"{path}/submission").status_code == 200


def test_a_late_application_is_told_when_the_round_closed(open_round, drafted, clock):
    round_path = open_round()
    path, writer = drafted(round_path)
    clock.set(CLOSES + MINUTE)

    answer = writer.post(f"{path}/submission")

    assert refusal(answer) == (409, "round-closed")
    assert answer.json["closed_at"] == "2024-03-15T22:59:00Z"
    changed = application_body(round_path, writer.association_id, title="Sent")
    assert refusal(writer.put(path, json=changed)) == (409, "round-closed")


def test_a_scheduler_that_is_late_lets_nobody_in_and_shuts_nobody_out(
    announced, drafted, clock, client
):
    round_path = announced()
    path, writer = drafted(round_path)
    early = writer.post(f"{path}/submission")
    # Nobody opens the round: the clock alone says that it is open.
    clock.set(CLOSES)
    in_time = writer.post(f"{path}/submission")

    assert refusal(early) == (409, "round-not-open")
    assert in_time.status_code == 200
    assert client.get(round_path).json["status"] == "announced"


def test_no_draft_is_written_before_the_announcement(
    coordinator, publish_association, member, programme
):
    draft = coordinator.get("/api/v1/rounds?status=draft").json["items"][0]
    association_id = publish_association()

    answer = member(association_id).put(
        f"/api/v1/applications/{uuid4()}", json=application_body(draft["id"], association_id)
    )

    assert refusal(answer) == (404, "not-found")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"/title"}),
        ({"activity": "", "target_group": ""}, {"/activity", "/target_group"}),
        ({"signatory_name": " "}, {"/signatory_name"}),
        ({"budget": []}, {"/budget"}),
        (asking(0), {"/amount_ore"}),
        (asking(999 * KR), {"/amount_ore"}),
        (asking(150_001 * KR), {"/amount_ore"}),
    ],
)
def test_what_is_missing_is_named(open_round, drafted, changes, fields):
    path, writer = drafted(open_round(), **changes)

    answer = writer.post(f"{path}/submission")

    assert refusal(answer) == (422, "incomplete")
    assert fields_of(answer) == fields


def test_a_budget_must_add_up(open_round, drafted):
    path, writer = drafted(open_round(), amount_ore=29_999_99)

    answer = writer.post(f"{path}/submission")

    assert refusal(answer) == (422, "budget-does-not-add-up")
    assert answer.json["budget_ore"] == 30_000 * KR


def test_only_published_associations_apply(open_round, drafted, deliver, member):
    association_id = uuid4()
    deliver(
        AssociationRegistered(
            association_id=association_id,
            name="Ny Forening",
            cvr=None,
            area="aars",
            contact_person_id=uuid4(),
            registered_at=CLOSES,
        )
    )
    path, writer = drafted(
        open_round(), association_id=association_id, client=member(association_id)
    )

    assert writer.get(path).json["association_name"] == "Ny Forening"
    assert refusal(writer.post(f"{path}/submission")) == (409, "association-not-published")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_ore": -1},
        {"amount_ore": 10**15},
        {"amount_ore": "300"},
        {"amount_ore": 1.5},
        {"budget": [{"kind": "gift", "text": "x", "amount_ore": 1}]},
        {"budget": [{"kind": "cost", "text": "x", "amount_ore": -5}]},
        {"volunteers_count": -1},
        {"volunteers_count": 10**9},
        {"title": "x" * 201},
        {"title": "a\x00b"},
        {"contact_name": "Anna 010190-1234"},
        {"case_number": "2024-9999"},
        {"status": "decided"},
        {"round_id": "1"},
    ],
)
def test_wrong_input_is_refused_and_nothing_kept(announced, publish_association, member, changes):
    association_id = publish_association()
    writer = member(association_id)
    path = f"/api/v1/applications/{uuid4()}"
    body = application_body(announced(), association_id) | changes

    answer = writer.put(path, json=body)

    assert answer.status_code == 422, answer.json
    assert writer.get(path).status_code == 404


def test_what_is_handed_in_is_not_changed(open_round, submitted):
    round_path = open_round()
    path, writer = submitted(round_path)
    changed = application_body(round_path, writer.association_id, title="Andet")

    assert refusal(writer.put(path, json=changed)) == (409, "wrong-state")
    assert refusal(writer.delete(path)) == (409, "wrong-state")
    assert refusal(attach(writer, path)) == (409, "wrong-state")


def test_an_id_of_another_round_is_taken(announced, drafted):
    path, writer = drafted(announced())
    other = application_body(announced(), writer.association_id)

    assert refusal(writer.put(path, json=other)) == (409, "id-taken")


def test_a_draft_is_thrown_away_with_its_files(announced, drafted):
    path, writer = drafted(announced())
    attach(writer, path)

    assert writer.delete(path).status_code == 204
    assert refusal(writer.get(path)) == (404, "not-found")


def test_withdrawing_is_told_once_and_gives_the_frame_back(closed, committee, coordinator, outbox):
    round_path, [(path, writer)] = closed(30_000 * KR)
    decide(committee, path, 10_000 * KR)
    before = coordinator.get(round_path).json["allocated_ore"]

    answers = [writer.post(f"{path}/withdrawal") for _ in range(2)]

    assert [each.json["status"] for each in answers] == ["withdrawn", "withdrawn"]
    assert len(outbox.of(ApplicationWithdrawn)) == 1
    assert before == 10_000 * KR
    assert coordinator.get(round_path).json["allocated_ore"] == 0


def test_handing_in_and_closing_at_once_agree(open_round, drafted, clock, schedule, outbox):
    round_path = open_round()
    ready = [drafted(round_path, name=f"Forening {place}") for place in range(8)]
    clock.set(CLOSES + MINUTE - SECOND)
    barrier = Barrier(len(ready) + 1)

    def hand_in(case):
        path, writer = case
        barrier.wait()
        return writer.post(f"{path}/submission").status_code

    def close():
        barrier.wait()
        clock.set(CLOSES + MINUTE)
        return schedule()

    with ThreadPoolExecutor(len(ready) + 1) as pool:
        closing = pool.submit(close)
        statuses = list(pool.map(hand_in, ready))
        closing.result()

    (told,) = outbox.of(RoundClosed)
    assert told.application_count == statuses.count(200)
    assert set(statuses) <= {200, 409}


def test_a_closed_association_leaves_its_drafts_and_keeps_its_cases(
    open_round, drafted, submitted, deliver, coordinator, outbox
):
    round_path = open_round()
    case, writer = submitted(round_path)
    draft, _ = drafted(round_path, association_id=writer.association_id, client=writer)

    deliver(AssociationClosed(association_id=writer.association_id, name="Nørre Samvær"))

    assert writer.get(draft).json["status"] == "withdrawn"
    assert refusal(coordinator.get(draft)) == (404, "not-found")
    kept = coordinator.get(case).json
    assert kept["status"] == "submitted"
    assert kept["history"][-1]["kind"] == "association-closed"
    assert outbox.of(ApplicationWithdrawn) == []
    listed = coordinator.get("/api/v1/applications").json["items"]
    assert [each["id"] for each in listed] == [id_of(case)]


def test_a_merged_association_keeps_its_cases_under_the_name_the_other_has_now(
    open_round, drafted, submitted, publish_association, deliver, coordinator
):
    round_path = open_round()
    case, writer = submitted(round_path)
    draft, _ = drafted(round_path, association_id=writer.association_id, client=writer)
    into = publish_association("Aars Samvær")
    merged = AssociationMerged(
        association_id=writer.association_id,
        name="Nørre Samvær",
        into_id=into,
        into_name="Aars Samvær",
    )

    deliver(merged, times=2)

    assert writer.get(draft).json["status"] == "withdrawn"
    kept = coordinator.get(case).json
    assert (kept["status"], kept["association_name"]) == ("submitted", "Aars Samvær")
    assert kept["association_id"] == str(writer.association_id)
    assert [each["kind"] for each in kept["history"]][-1] == "association-merged"
    assert "Aars Samvær" in kept["history"][-1]["text"]
    assert writer.get(case).json["association_name"] == "Aars Samvær"
    deliver(
        AssociationChanged(
            association_id=into,
            name="Samvær for alle",
            cvr=None,
            purpose="Samvær",
            target_groups=("older",),
            area="aars",
        )
    )
    assert coordinator.get(case).json["association_name"] == "Samvær for alle"


def test_applications_are_listed_by_round_association_and_status(
    open_round, submitted, drafted, coordinator
):
    round_path = open_round()
    case, writer = submitted(round_path, name="Forening A")
    draft, _ = drafted(round_path, association_id=writer.association_id, client=writer)
    other, _ = submitted(round_path, name="Forening B")

    def listed(client, query):
        page = client.get(f"/api/v1/applications?{query}").json
        return {each["id"] for each in page["items"]}

    everything = f"round_id={id_of(round_path)}"
    assert listed(coordinator, everything) == {id_of(case), id_of(other)}
    assert listed(writer, everything) == {id_of(case), id_of(draft)}
    assert listed(writer, "status=draft") == {id_of(draft)}
    assert listed(coordinator, f"association_id={writer.association_id}") == {id_of(case)}
    assert refusal(coordinator.get("/api/v1/applications?status=lost")) == (
        422,
        "invalid",
    )


def test_a_file_comes_back_as_it_was_under_its_own_name(announced, drafted):
    path, writer = drafted(announced())

    kept = attach(writer, path, name="Årsregnskab æøå.pdf")
    (said,) = kept.json["attachments"]
    answer = writer.get(f"{path}/attachments/{said['id']}")

    assert kept.status_code == 201
    assert (said["name"], said["size"]) == ("Årsregnskab æøå.pdf", len(PDF))
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_file_again_changes_nothing_another_is_refused(announced, drafted):
    path, writer = drafted(announced())
    place = f"{path}/attachments/{uuid4()}"
    headers = {"Content-Type": "application/pdf", "X-File-Name": "a.pdf"}

    first = writer.put(place, data=PDF, headers=headers)
    second = writer.put(place, data=PDF, headers=headers)
    other = writer.put(place, data=PDF + b"\n%%EOF\n", headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert refusal(other) == (409, "id-taken")


@pytest.mark.parametrize(
    ("content", "name", "media_type", "expected"),
    [
        (PDF, "a.exe", "application/pdf", (415, "attachment-type")),
        (PDF, "a.pdf.exe", "application/pdf", (415, "attachment-type")),
        (PDF, "a", "application/pdf", (415, "attachment-type")),
        (PDF, "a.png", "image/png", (415, "attachment-type")),
        (PDF, "a.pdf", "image/png", (415, "attachment-type")),
        (b"<html><script>1</script>", "a.pdf", "application/pdf", (415, "attachment-type")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml", (415,) * 2),
        (b"\x00" * (10 * 1024 * 1024 + 1), "a.pdf", "application/pdf", (413,) * 2),
        (b"", "a.pdf", "application/pdf", (422, "invalid")),
        (PDF, "", "application/pdf", (422, "invalid")),
        (PDF, "010190-1234.pdf", "application/pdf", (422, "invalid")),
    ],
)
def test_a_file_that_is_not_taken_is_refused(
    announced, drafted, content, name, media_type, expected
):
    path, writer = drafted(announced())

    answer = attach(writer, path, content, name=name, media_type=media_type)

    slugs = {415: "attachment-type", 413: "attachment-too-large"}
    assert refusal(answer) == (expected[0], slugs.get(expected[0], expected[1]))
    assert writer.get(path).json["attachments"] == []


def test_ten_files_are_enough(announced, drafted):
    path, writer = drafted(announced())
    for place in range(10):
        assert attach(writer, path, name=f"{place}.pdf").status_code == 201

    assert refusal(attach(writer, path)) == (409, "too-many-attachments")


def test_a_file_is_taken_off_a_draft(announced, drafted):
    path, writer = drafted(announced())
    (said,) = attach(writer, path).json["attachments"]
    place = f"{path}/attachments/{said['id']}"

    assert writer.delete(place).status_code == 204
    assert refusal(writer.delete(place)) == (404, "not-found")
    assert refusal(writer.get(place)) == (404, "not-found")


def test_staff_read_the_files_of_a_case_and_strangers_do_not(
    open_round, drafted, coordinator, member, publish_association
):
    path, writer = drafted(open_round())
    (said,) = attach(writer, path).json["attachments"]
    place = f"{path}/attachments/{said['id']}"
    before = coordinator.get(place)
    writer.post(f"{path}/submission")

    assert refusal(before) == (404, "not-found")
    assert coordinator.get(place).data == PDF
    stranger = member(publish_association("Sønder Skak"))
    assert refusal(stranger.get(place)) == (404, "not-found")
