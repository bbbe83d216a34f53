"""Three offers with room for a need, fairly chosen; what could not be met, in numbers only."""

import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pypdf
import pytest
from sqlalchemy import text

MATCHES, NEEDS = "/api/v1/matches", "/api/v1/unmet-needs"
MARCH = datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_march(clock):
    clock.set(MARCH)


@pytest.fixture
def caseworker(client, principal):
    return client.as_(principal("caseworker"))


@pytest.fixture
def offers(published, offered):
    """Publish offers of as many associations, which all fit the same need."""

    def publish(count, **changes):
        return [
            offered(published(name=f"Forening {each}"), title=f"Besøgsven {each}", **changes)
            for each in range(count)
        ]

    return publish


def found(who, **asked):
    answer = who.post(MATCHES, json={"topic": "visiting", **asked})
    assert answer.status_code == 200, answer.json
    return answer.json


def titles(answer):
    return [each["offer"]["title"] for each in answer["items"]]


def test_three_are_given_of_three_associations(caseworker, published, offered, offers):
    offers(4)
    one = published(name="Den Store")
    for each in range(4):
        offered(one, title=f"Besøgsven fra Den Store {each}")

    answer = found(caseworker)

    assert len(answer["items"]) == 3
    assert len({each["provider"] for each in answer["items"]}) == 3
    assert answer["more"] == 2


def test_only_what_takes_new_users_now_is_given(caseworker, offers, published, offered):
    offers(1)
    offered(published(name="Fuldt hus"), title="Fuldt", takes_new_users=False)

    answer = found(caseworker)

    assert titles(answer) == ["Besøgsven 0"]
    (only,) = answer["items"]
    assert (only["is_fresh"], only["is_elsewhere"]) == (True, False)
    assert only["provider"] == "Forening 0"
    assert only["offer"]["contact_email"] == "besoeg@example.org"


def test_known_and_fresh_room_comes_before_what_was_said_long_ago(
    caseworker, offers, published, offered, clock
):
    offers(3)
    clock.move(timedelta(days=91))
    offered(published(name="Den Friske"), title="Frisk")

    answer = found(caseworker)

    assert titles(answer)[0] == "Frisk"
    assert [each["is_fresh"] for each in answer["items"]] == [True, False, False]


def test_to_confirm_ones_record_is_to_say_that_there_is_room(
    client, coordinator, caseworker, published, offered, clock
):
    one = published()
    offered(one)
    clock.move(timedelta(days=91))
    client.as_(coordinator).post(f"/api/v1/associations/{one['id']}/confirmation")

    item = found(caseworker)["items"][0]
    assert item["is_fresh"] is True
    shown = client.get(f"/api/v1/offers/{item['offer']['id']}").json
    assert shown["capacity_said_at"] == item["capacity_said_at"]


def test_what_else_is_written_does_not_say_that_there_is_room(
    client, coordinator, caseworker, published, offered, described, clock
):
    one = published()
    path = f"/api/v1/offers/{offered(one)['id']}"
    staff = client.as_(coordinator)
    clock.move(timedelta(days=91))

    staff.put(path, json=described(association_id=one["id"], title="Besøgsvenner"))
    written = found(caseworker)["items"][0]
    said = staff.post(f"{path}/capacity", json={"takes_new_users": True}).json
    fresh = found(caseworker)["items"][0]

    assert (written["is_fresh"], fresh["is_fresh"]) == (False, True)
    assert fresh["capacity_said_at"] == fresh["offer"]["capacity_said_at"]
    assert fresh["capacity_said_at"] == said["capacity_said_at"] > written["capacity_said_at"]


def test_the_turn_goes_round_from_day_to_day_and_stays_within_one(caseworker, offers, clock):
    offers(6)
    drawn, days = {}, 40

    for _ in range(days):
        today = titles(found(caseworker))
        assert titles(found(caseworker)) == today
        for title in today:
            drawn[title] = drawn.get(title, 0) + 1
        clock.move(timedelta(days=1))

    assert len(drawn) == 6
    # Each has half the days to expect; to be drawn on six or fewer has one chance in 100,000.
    assert min(drawn.values()) > 6


def test_those_that_were_shown_are_left_out_of_the_next(caseworker, offers):
    offers(5)
    first = found(caseworker)

    second = found(caseworker, leave_out=[each["offer"]["id"] for each in first["items"]])

    assert len(second["items"]) == 2
    assert not set(titles(first)) & set(titles(second))


def test_words_need_not_all_fit_and_more_of_them_come_first(caseworker, published, offered):
    offered(published(name="Kortklubben"), title="Kortspil", description="Vi spiller kort.")
    offered(published(name="Kaffen"), title="Kaffe", description="Kaffe og kortspil for ældre.")
    offered(published(name="Koret"), title="Kor", description="Vi synger.")

    answer = caseworker.post(MATCHES, json={"q": "kort og kaffe"}).json

    assert titles(answer) == ["Kaffe", "Kortspil"]


def test_the_area_and_the_whole_municipality_come_before_elsewhere(caseworker, published, offered):
    for name, area in (("Farsø", "farso"), ("Aars", "aars"), ("Alle", "whole")):
        offered(published(name=name), title=name, area=area)

    answer = found(caseworker, area="aars")

    assert set(titles(answer)[:2]) == {"Aars", "Alle"}
    assert [(each["offer"]["title"], each["is_elsewhere"]) for each in answer["items"][2:]] == [
        ("Farsø", True)
    ]


def test_time_group_and_wheelchair_are_choices(caseworker, published, offered):
    offered(published(), title="Tirsdag formiddag", wheelchair=True)
    offered(published(name="Uden rampe"), title="Uden rampe", wheelchair=False)

    fitting = {"weekday": "tu", "time_of_day": "morning", "target_group": "older"}
    assert titles(found(caseworker, **fitting, wheelchair=True)) == ["Tirsdag formiddag"]
    assert titles(found(caseworker, weekday="su")) == []
    assert titles(found(caseworker, target_group="children")) == []


def test_an_offer_of_the_municipality_is_given_too(client, coordinator, caseworker, described):
    path = f"/api/v1/municipal-offers/{uuid4()}"
    staff = client.as_(coordinator)
    (department, *_) = staff.get("/api/v1/vocabulary").json["departments"]
    staff.put(path, json=described(department=department["key"]))
    assert staff.post(f"{path}/publication").status_code == 200

    (only,) = found(caseworker)["items"]

    assert (only["offer"]["department"], only["provider"]) == (department["key"], None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"q": "Ældre mand, 010190-1234"}, "/q"),
        ({"q": "0101901234 søger hjælp"}, "/q"),
        ({"q": "ensom\nmand"}, "/q"),
        ({}, "/q"),
        ({"area": "aars"}, "/q"),
        ({"topic": "visiting", "weekday": "someday"}, "/weekday"),
        ({"topic": "visiting", "citizen": "Jens"}, "/citizen"),
    ],
)
def test_nothing_of_a_citizen_is_taken_and_no_need_is_no_question(caseworker, body, pointer):
    answer = caseworker.post(MATCHES, json=body)

    assert answer.status_code == 422, answer.json
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def everything(work):
    """Write down all that the database holds, but for what changes by itself."""
    tables = work.session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ).all()
    return {
        table: sorted(
            json.dumps(row, default=str)
            for row in work.session.scalars(text(f'SELECT to_jsonb(found) FROM "{table}" AS found'))
        )
        for table in tables
    }


def test_a_question_leaves_no_trace(caseworker, offers, arrange, outbox, caplog):
    offers(1)
    with arrange() as work:
        before = everything(work)
    events = len(outbox.events)
    caplog.clear()

    found(caseworker, q="kørestolsbruger søger skakmakker")

    with arrange() as work:
        assert everything(work) == before
    assert len(outbox.events) == events
    assert "skakmakker" not in caplog.text


def card_of(who, *offers):
    return who.get(f"{MATCHES}/card.pdf", query_string={"offers": ",".join(offers)})


def test_a_card_names_the_offers_in_order_and_whom_to_ask(caseworker, offers):
    ids = [each["id"] for each in offers(3)]

    answer = card_of(caseworker, ids[2], ids[0])

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert b"pdfuaid:part" in answer.data
    told = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages)
    assert told.index("Besøgsven 2") < told.index("Besøgsven 0")
    assert "Besøgsven 1" not in told
    for said in ("Forening 2", "hver tirsdag kl. 10.00-12.00", "Besøgstjenesten", "gratis"):
        assert said in told


def test_a_card_takes_what_is_written_as_text_only(caseworker, published, offered):
    one = offered(published(), title='#panic("x") $a$ *b* 👋 漢字')

    answer = card_of(caseworker, one["id"])

    assert answer.status_code == 200
    assert '#panic("x") $a$ *b*' in pypdf.PdfReader(io.BytesIO(answer.data)).pages[
        0
    ].extract_text().replace("“", '"').replace("”", '"')


def test_a_card_shows_what_is_public_only(client, caseworker, published, described, principal):
    one = published()
    draft = str(uuid4())
    editor = client.as_(principal(associations={UUID(one["id"]): "editor"}))
    body = described(association_id=one["id"])
    assert editor.put(f"/api/v1/offers/{draft}", json=body).status_code == 201

    assert card_of(caseworker, draft).status_code == 404
    assert card_of(caseworker, *map(str, (uuid4(), uuid4(), uuid4(), uuid4()))).status_code == 422
    assert card_of(client.as_(None), draft).status_code == 401


@pytest.mark.parametrize("office", ["council", "committee", "centre", "operator"])
def test_it_is_for_those_who_help_citizens(client, principal, office):
    who = client.as_(principal(office))

    assert who.post(MATCHES, json={"topic": "visiting"}).status_code == 403
    assert who.put(f"{NEEDS}/{uuid4()}", json={"topic": "visiting"}).status_code == 403
    assert who.get("/api/v1/unmet-need-figures?year=2026").status_code == 403
    assert client.as_(None).post(MATCHES, json={"topic": "visiting"}).status_code == 401


def count(who, times=1, **need):
    for _ in range(times):
        answer = who.put(f"{NEEDS}/{uuid4()}", json=need)
        assert answer.status_code == 204, answer.json


def figures(who, year=2026):
    return who.get(f"/api/v1/unmet-need-figures?year={year}").json


def test_what_could_not_be_met_is_counted_by_month_need_and_area(caseworker, clock):
    count(caseworker, 4, topic="visiting", area="aars")
    clock.set(datetime(2026, 4, 2, 9, tzinfo=UTC))
    count(caseworker, 3, topic="visiting", area="aars")
    count(caseworker, 3, target_group="older")

    assert figures(caseworker)["total"] == 4
    clock.set(datetime(2026, 5, 1, 9, tzinfo=UTC))
    told = figures(caseworker)

    assert told == {
        "year": 2026,
        "months": [
            {"month": "2026-01-01", "count": 0},
            {"month": "2026-02-01", "count": 0},
            {"month": "2026-03-01", "count": 4},
            {"month": "2026-04-01", "count": 6},
        ],
        "needs": [
            {"section": "topics", "need": "visiting", "area": "aars", "count": 7},
            {"section": "target_groups", "need": "older", "area": None, "count": 3},
        ],
        "rest": 0,
        "total": 10,
    }
    assert figures(caseworker, 2025)["months"][11] == {"month": "2025-12-01", "count": 0}


def test_the_month_that_goes_on_is_not_told_of(caseworker):
    count(caseworker, 5, topic="visiting")

    assert figures(caseworker)["total"] is None
    assert [each["month"] for each in figures(caseworker)["months"]] == ["2026-01-01", "2026-02-01"]


def test_small_numbers_are_told_together_or_not_at_all(caseworker, clock):
    count(caseworker, 5, topic="visiting", area="aars")
    count(caseworker, 2, topic="visiting", area="farso")
    count(caseworker, 1, target_group="older", area="farso")
    clock.set(datetime(2026, 4, 2, 9, tzinfo=UTC))
    count(caseworker, 1, topic="visiting", area="aars")
    clock.set(datetime(2026, 5, 2, 9, tzinfo=UTC))

    told = figures(caseworker)

    assert [(each["area"], each["count"]) for each in told["needs"]] == [("aars", 6)]
    assert (told["rest"], told["total"]) == (3, 9)
    # One small month would follow from the total, so the other is not told either.
    assert [each["count"] for each in told["months"]] == [0, 0, None, None]


def test_sent_twice_it_is_counted_once(caseworker, clock):
    id_ = uuid4()
    for _ in range(3):
        caseworker.put(f"{NEEDS}/{id_}", json={"topic": "visiting"})
    count(caseworker, 3, topic="visiting")
    clock.set(datetime(2026, 4, 2, 9, tzinfo=UTC))

    assert figures(caseworker)["total"] == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"area": "aars"},
        {"topic": "visiting", "target_group": "older"},
        {"topic": "unheard-of"},
        {"topic": "visiting", "area": "atlantis"},
        {"topic": "visiting", "note": "Jens"},
    ],
)
def test_only_words_of_the_municipality_are_counted(caseworker, body, arrange):
    assert caseworker.put(f"{NEEDS}/{uuid4()}", json=body).status_code == 422
    with arrange() as work:
        assert work.session.scalar(text("SELECT count(*) FROM unmet_need")) == 0


def test_a_count_tells_nobody_who_or_when(caseworker, arrange, outbox, schedule, clock):
    count(caseworker, topic="visiting", area="aars")

    assert outbox.events == []
    with arrange() as work:
        (row,) = work.session.execute(text("SELECT * FROM unmet_need")).mappings()
        assert dict(row) == {
            "month": MARCH.date().replace(day=1),
            "section": "topics",
            "need": "visiting",
            "area": "aars",
            "count": 1,
        }
    clock.move(timedelta(days=2))
    schedule()
    with arrange() as work:
        kept = text("SELECT count(*) FROM attempt WHERE kind = 'unmet-need'")
        assert work.session.scalar(kept) == 0
