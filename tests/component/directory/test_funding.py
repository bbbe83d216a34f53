"""Where money can be sought: rounds by event, others' pools by hand, the next deadline first."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import icalendar
import pytest

from contracts import grants
from contracts.directory import FundingOpportunityPublished, NewsItemPublished

FUNDING = "/api/v1/funding-opportunities"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def described(**changes):
    body = {
        "provider_kind": "foundation",
        "provider": "Nordfonden",
        "title": "Små midler til fællesskaber",
        "summary": "Til madklubber og udflugter for ensomme.",
        "applicants": ["association", "group"],
        "amount_min_ore": 500_000,
        "amount_max_ore": 5_000_000,
        "deadline_kind": "once",
        "deadlines": ["2026-05-01"],
        "link": "https://nordfonden.example.org/soeg",
        "questions": [
            {"question": "Har I et CVR-nummer?", "needed": True, "reason": "Fonden kræver det."}
        ],
    }
    return {**body, **changes}


@pytest.fixture(autouse=True)
def _today(clock):
    clock.set(NOW)


@pytest.fixture
def published(client, coordinator):
    """Write and publish an opportunity; return its address."""

    def make(**changes):
        path, staff = f"{FUNDING}/{uuid4()}", client.as_(coordinator)
        answer = staff.put(path, json=described(**changes))
        assert answer.status_code == 201, answer.json
        assert staff.post(f"{path}/publication").status_code == 200
        return path

    return make


def announced(**changes):
    facts = {
        "round_id": uuid4(),
        "programme": "section-18",
        "title": "§ 18-puljen 2026",
        "frame_ore": 72_630_700,
        "opens_at": NOW + timedelta(days=3),
        "closes_at": datetime(2026, 4, 1, 21, 59, tzinfo=UTC),
        "council_on": NOW.date(),
        "committee_on": NOW.date(),
        "criteria": (),
        "focus_areas": (),
        "decided_by": "Udvalget",
    }
    return grants.RoundAnnounced(**{**facts, **changes})


def titles(client, **asked):
    return [each["title"] for each in client.get(FUNDING, query_string=asked).json["items"]]


def test_published_it_is_news_once(client, coordinator, published, outbox):
    path, staff = published(), client.as_(coordinator)
    staff.post(f"{path}/withdrawal")
    staff.post(f"{path}/publication")

    assert [event.is_new for event in outbox.of(FundingOpportunityPublished)] == [True, False]
    (news,) = outbox.of(NewsItemPublished)
    assert news.title == "Ny støttemulighed: Små midler til fællesskaber"
    (item,) = client.get("/api/v1/news-items").json["items"]
    assert (item["about_kind"], item["about_id"]) == ("funding", path.rpartition("/")[2])


def test_the_next_deadline_comes_first_rounds_among_them_and_none_comes_last(
    client, deliver, published
):
    published(title="Om et halvt år", deadlines=["2026-09-01"])
    published(title="Når som helst", deadline_kind="rolling", deadlines=[])
    published(title="Hvert forår", deadline_kind="yearly", deadlines=["2000-03-15", "2000-10-15"])
    published(title="For sent", deadlines=["2026-02-01"])
    deliver(announced())

    found = client.get(FUNDING).json

    assert [(each["title"], each["next_deadline"]) for each in found["items"]] == [
        ("Hvert forår", "2026-03-15"),
        ("§ 18-puljen 2026", "2026-04-01"),
        ("Om et halvt år", "2026-09-01"),
        ("Når som helst", None),
    ]
    assert found["total"] == 4
    assert "For sent" in titles(client, open="false")


def test_pages_follow_each_other(client, published):
    for number in range(5):
        published(title=f"Pulje {number}", deadlines=[f"2026-0{number + 4}-01"])

    first = client.get(FUNDING, query_string={"limit": 3}).json
    rest = client.get(FUNDING, query_string={"limit": 3, "cursor": first["next"]}).json

    found = [each["title"] for each in (*first["items"], *rest["items"])]
    assert found == [f"Pulje {number}" for number in range(5)]
    assert rest["next"] is None
    assert client.get(FUNDING, query_string={"cursor": "bm9wZQ"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "madklub"}, {"Små midler"}),
        ({"q": "nordfonden ensom"}, {"Små midler"}),
        ({"q": "18"}, {"§ 18-puljen 2026"}),
        ({"q": "pulje"}, {"Statens pulje", "§ 18-puljen 2026"}),
        ({"q": "zebra"}, set()),
        ({"provider_kind": "state"}, {"Statens pulje"}),
        ({"provider_kind": "municipality"}, {"§ 18-puljen 2026"}),
        ({"applicant": "company"}, {"Statens pulje"}),
        ({"applicant": "group"}, {"Små midler", "§ 18-puljen 2026"}),
        ({"target_group": "older"}, {"Små midler", "Statens pulje", "§ 18-puljen 2026"}),
        ({"target_group": "children"}, {"Små midler", "§ 18-puljen 2026"}),
    ],
)
def test_the_list_is_filtered(client, deliver, published, asked, expected):
    published(title="Små midler")
    published(
        title="Statens pulje",
        provider="Socialstyrelsen",
        provider_kind="state",
        summary="Til projekter.",
        applicants=["association", "company"],
        target_groups=["older"],
    )
    deliver(announced())

    assert set(titles(client, **asked)) == expected


def test_a_round_that_closes_leaves_and_is_kept_once_in_time(client, deliver):
    event = announced()
    deliver(event, times=2)
    assert titles(client) == ["§ 18-puljen 2026"]

    deliver(
        grants.RoundClosed(
            round_id=event.round_id,
            title=event.title,
            closed_at=event.closes_at,
            application_count=3,
            applied_ore=1,
        )
    )

    assert titles(client) == []
    assert titles(client, open="false") == ["§ 18-puljen 2026"]


def test_a_round_that_closed_before_it_was_known_is_not_made_up(client, deliver):
    late = grants.RoundClosed(
        round_id=uuid4(), title="Gammel", closed_at=NOW, application_count=0, applied_ore=0
    )

    assert deliver(late) == "handled"
    assert titles(client, open="false") == []


def test_the_calendar_has_every_deadline_to_come(client, deliver, published):
    published(title="En gang")
    published(title="Hvert år", deadline_kind="yearly", deadlines=["2020-03-15", "2020-10-15"])
    published(title="Når som helst", deadline_kind="rolling", deadlines=[])
    event = announced()
    deliver(event)

    answer = client.get(f"{FUNDING}/calendar")
    found = icalendar.Calendar.from_ical(answer.data)

    assert answer.mimetype == "text/calendar"
    events = {(str(each["summary"]), each["dtstart"].dt.isoformat()): each for each in found.events}
    assert set(events) == {
        ("Ansøgningsfrist: En gang", "2026-05-01"),
        ("Ansøgningsfrist: Hvert år", "2020-03-15"),
        ("Ansøgningsfrist: Hvert år", "2020-10-15"),
        ("Ansøgningsfrist: § 18-puljen 2026", "2026-04-01"),
    }
    yearly = events["Ansøgningsfrist: Hvert år", "2020-03-15"]
    assert yearly["rrule"]["freq"] == ["YEARLY"]
    assert len({str(each["uid"]) for each in found.events}) == 4
    own = events["Ansøgningsfrist: § 18-puljen 2026", "2026-04-01"]
    assert str(own["url"]).endswith(f"/puljer/{event.round_id}")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"summary": "Ring til 010190-1234"}, "/summary"),
        ({"provider_kind": "uncle"}, "/provider_kind"),
        ({"applicants": []}, "/applicants"),
        ({"applicants": ["martian"]}, "/applicants/0"),
        ({"target_groups": ["martians"]}, "/target_groups/0"),
        ({"amount_max_ore": 1}, "/amount_max_ore"),
        ({"amount_min_ore": -1}, "/amount_min_ore"),
        ({"deadlines": []}, "/deadlines"),
        ({"deadline_kind": "rolling"}, "/deadlines"),
        ({"deadlines": ["2026-02-30"]}, "/deadlines/0"),
        ({"link": "javascript:alert(1)"}, "/link"),
        ({"questions": [{"question": "?"}]}, "/questions/0/needed"),
        ({"questions": [described()["questions"][0]] * 7}, "/questions"),
        ({"status": "published"}, "/status"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, coordinator, changes, pointer):
    answer = client.as_(coordinator).put(f"{FUNDING}/{uuid4()}", json=described(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}
