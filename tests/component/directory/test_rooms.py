"""Rooms: found by what is needed, pictured without a trace; what was missing is counted."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import text

from contracts.directory import NewsItemPublished, RoomPublished
from services.directory.commands.pictures import LONGEST_SIDE
from services.directory.model import MOST_PICTURES, Size, size_of

ROOMS = "/api/v1/rooms"
NEEDS = "/api/v1/unmet-room-needs"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def described(**changes):
    body = {
        "name": "Mødelokalet i Kulturcentret",
        "description": "Et lyst rum med udsigt til parken.",
        "area": "aars",
        "place": "Himmerlandsgade 59",
        "postcode": "9600",
        "persons": 20,
        "square_metres": 45,
        "equipment": ["projector", "wifi"],
        "access": ["step-free", "hearing-loop"],
        "opening": "Hverdage 8-22",
        "contact_title": "Kulturcentrets kontor",
        "contact_email": "kontor@example.org",
        "price_ore": 0,
    }
    return {**body, **changes}


def picture(size=(64, 48), *, kind="JPEG", orientation=None, mode="RGB"):
    """Take a picture, with what a camera writes into it."""
    taken, drawn = io.BytesIO(), Image.new(mode, size, "red")
    exif = Image.Exif()
    exif[0x010F] = "Canary Camera"
    exif[0x8825] = {1: "N", 2: (56.0, 48.0, 0.0)}
    if orientation:
        exif[0x0112] = orientation
    drawn.save(taken, kind, exif=exif)
    return taken.getvalue()


@pytest.fixture
def published(client, coordinator):
    """Describe and publish a room; return its address."""

    def make(**changes):
        path, staff = f"{ROOMS}/{uuid4()}", client.as_(coordinator)
        answer = staff.put(path, json=described(**changes))
        assert answer.status_code == 201, answer.json
        assert staff.post(f"{path}/publication").status_code == 200
        return path

    return make


@pytest.fixture
def hang(client, coordinator):
    """Add a picture to a room."""

    def add(path, content, *, alt="Rummet set fra døren", name="rum.jpg", by=None, id_=None):
        return client.as_(by or coordinator).put(
            f"{path}/pictures/{id_ or uuid4()}",
            query_string={"alt": alt},
            data=content,
            headers={"X-File-Name": name},
            content_type="application/octet-stream",
        )

    return add


def names(client, **asked):
    return [each["name"] for each in client.get(ROOMS, query_string=asked).json["items"]]


def test_published_it_is_news_once(client, coordinator, published, outbox):
    path, staff = published(), client.as_(coordinator)
    staff.post(f"{path}/withdrawal")
    staff.post(f"{path}/publication")

    assert [event.is_new for event in outbox.of(RoomPublished)] == [True, False]
    assert len(outbox.of(NewsItemPublished)) == 1
    assert client.get("/api/v1/news-items").json["items"][0]["about_kind"] == "room"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Køkkenet", "Mødelokalet", "Salen"]),
        ({"persons": 15}, ["Mødelokalet", "Salen"]),
        ({"persons": 500}, []),
        ({"area": "farso"}, ["Salen"]),
        ({"equipment": "kitchen"}, ["Køkkenet", "Salen"]),
        ({"equipment": "kitchen,projector"}, ["Salen"]),
        ({"access": "hearing-loop"}, ["Mødelokalet"]),
        ({"access": "step-free", "equipment": "projector"}, ["Mødelokalet"]),
        ({"q": "park"}, ["Mødelokalet"]),
        ({"q": "salen"}, ["Salen"]),
        ({"q": "park zebra"}, []),
    ],
)
def test_rooms_are_found_by_what_is_needed_the_smallest_that_fits_first(
    client, published, asked, expected
):
    published(name="Mødelokalet")
    published(
        name="Salen",
        area="farso",
        persons=120,
        equipment=["kitchen", "projector", "sound"],
        access=[],
        description="Til koncerter.",
    )
    published(
        name="Køkkenet", persons=8, equipment=["kitchen"], access=["lift"], description="Madlavning"
    )

    assert names(client, **asked) == expected


def test_pages_follow_each_other(client, published):
    for number in range(5):
        published(name=f"Rum {number}", persons=number + 1)

    first = client.get(ROOMS, query_string={"limit": 3}).json
    rest = client.get(ROOMS, query_string={"limit": 3, "cursor": first["next"]}).json

    found = [each["name"] for each in (*first["items"], *rest["items"])]
    assert found == [f"Rum {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("content", "name", "size"),
    [
        (picture(), "rum.jpg", (64, 48)),
        (picture(kind="PNG"), "rum.png", (64, 48)),
        (picture(kind="PNG", mode="RGBA"), "rum.png", (64, 48)),
        (picture(orientation=6), "rum.jpg", (48, 64)),
        (picture((4000, 1000)), "rum.jpg", (LONGEST_SIDE, 400)),
    ],
    ids=["jpeg", "png", "see-through", "turned", "large"],
)
def test_a_picture_is_drawn_anew_and_says_nothing_of_camera_or_place(
    client, published, hang, content, name, size
):
    path = published()

    added = hang(path, content, name=name)
    (shown,) = client.get(path).json["pictures"]
    answer = client.get(f"{path}/pictures/{shown['id']}")

    assert added.status_code == 201, added.json
    assert shown["alt"] == "Rummet set fra døren"
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    drawn = Image.open(io.BytesIO(answer.data))
    assert (drawn.format, drawn.size) == ("JPEG", size)
    assert dict(drawn.getexif()) == {}
    assert b"Canary" not in answer.data


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40, "a.jpg"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "a.png"),
        (picture(), "a.png"),
        (b"%PDF-1.7\n%%EOF", "a.pdf"),
        (b"<svg onload='alert(1)'/>", "a.svg"),
        (picture()[:-40], "a.jpg"),
        (picture((7000, 6000), kind="PNG", mode="1"), "a.png"),
    ],
    ids=["no jpeg", "no png", "another name", "pdf", "svg", "cut off", "too many dots"],
)
def test_what_is_no_sound_picture_is_refused(client, published, hang, content, name):
    path = published()

    assert hang(path, content, name=name).status_code == 415
    assert client.get(path).json["pictures"] == []


def test_a_picture_needs_words_and_a_room_has_so_many(client, published, hang, coordinator):
    path = published()
    id_ = uuid4()
    assert hang(path, picture(), alt=" ").status_code == 422
    assert hang(path, picture(), id_=id_).status_code == 201
    assert hang(path, picture(), id_=id_, alt="Set fra vinduet").status_code == 200
    assert hang(published(name="Et andet"), picture(), id_=id_).status_code == 409
    for _ in range(MOST_PICTURES - 1):
        hang(path, picture())

    assert slug(hang(path, picture())) == "too-many-pictures"
    assert client.get(path).json["pictures"][0]["alt"] == "Set fra vinduet"
    staff = client.as_(coordinator)
    assert staff.delete(f"{path}/pictures/{id_}").status_code == 204
    assert staff.delete(f"{path}/pictures/{id_}").status_code == 404
    assert len(client.get(path).json["pictures"]) == MOST_PICTURES - 1


def test_a_picture_of_a_room_nobody_may_see_is_not_seen(client, coordinator, hang):
    path, id_ = f"{ROOMS}/{uuid4()}", uuid4()
    client.as_(coordinator).put(path, json=described())
    hang(path, picture(), id_=id_)

    assert client.get(f"{path}/pictures/{id_}").status_code == 404
    assert client.as_(coordinator).get(f"{path}/pictures/{id_}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"description": "Ring til 010190-1234"}, "/description"),
        ({"area": "atlantis"}, "/area"),
        ({"persons": 0}, "/persons"),
        ({"square_metres": -1}, "/square_metres"),
        ({"equipment": ["jacuzzi"]}, "/equipment/0"),
        ({"access": ["helipad"]}, "/access/0"),
        ({"contact_title": ""}, "/contact_title"),
        ({"contact_email": "no address"}, "/contact_email"),
        ({"postcode": "96"}, "/postcode"),
        ({"price_ore": -1}, "/price_ore"),
        ({"status": "published"}, "/status"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, coordinator, changes, pointer):
    answer = client.as_(coordinator).put(f"{ROOMS}/{uuid4()}", json=described(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


def test_a_draft_that_is_deleted_takes_its_pictures_along(client, coordinator, hang, database):
    staff, draft = client.as_(coordinator), f"{ROOMS}/{uuid4()}"
    staff.put(draft, json=described())
    hang(draft, picture())

    assert staff.delete(draft).status_code == 204
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM room_picture")) == 0


@pytest.mark.parametrize("who", ["council", "committee", "operator"])
def test_nobody_else_hangs_pictures_or_reads_what_was_missing(
    client, principal, published, hang, who
):
    path, other = published(), principal(who, associations={uuid4(): "administrator"})
    me = client.as_(other)

    assert hang(path, picture(), by=other).status_code == 403
    assert me.delete(f"{path}/pictures/{uuid4()}").status_code == 403
    assert me.get(NEEDS).status_code == 403


def test_what_was_missing_is_counted_by_month_area_and_size(client, coordinator, clock):
    clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    for persons in (12, 20, 200):
        assert client.post(NEEDS, json={"area": "aars", "persons": persons}).status_code == 204
    clock.set(datetime(2026, 4, 2, 9, tzinfo=UTC))
    client.post(NEEDS, json={"area": "aars", "persons": 12})

    found = client.as_(coordinator).get(NEEDS).json
    later = client.as_(coordinator).get(f"{NEEDS}?since=2026-04-01").json

    assert found == {
        "total": 4,
        "items": [
            {"month": "2026-04-01", "area": "aars", "size": "11-25", "count": 1},
            {"month": "2026-03-01", "area": "aars", "size": "11-25", "count": 2},
            {"month": "2026-03-01", "area": "aars", "size": "over-50", "count": 1},
        ],
    }
    assert later["total"] == 1


def test_nothing_is_kept_of_who_it_was(client, principal, database, outbox):
    me = principal(associations={uuid4(): "administrator"})
    client.as_(me).post(NEEDS, json={"area": "aars", "persons": 12})

    assert outbox.events == []
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM unmet_room_need")).all())
        kept += str(session.execute(text("SELECT kind, key FROM attempt")).all())
    assert str(me.id) not in kept
    assert "127.0.0.1" not in kept


def test_many_at_once_are_all_counted_and_one_who_goes_on_is_stopped(client, coordinator):
    def say(number):
        return client.post(
            NEEDS,
            json={"area": "aars", "persons": 12},
            headers={"X-Client-Address": f"192.0.2.{number}"},
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(say, range(24))) == {204}
    assert client.as_(coordinator).get(NEEDS).json["total"] == 24
    assert [say(99) for _ in range(21)] == [204] * 20 + [429]


@pytest.mark.parametrize(
    "body", [{"area": "atlantis", "persons": 1}, {"area": "aars", "persons": 0}, {"area": "aars"}]
)
def test_a_need_that_makes_no_sense_is_not_counted(client, coordinator, body):
    assert client.post(NEEDS, json=body).status_code == 422
    assert client.as_(coordinator).get(NEEDS).json["total"] == 0


@pytest.mark.parametrize(
    ("persons", "size"),
    [
        (1, Size.SMALL),
        (10, Size.SMALL),
        (11, Size.MIDDLE),
        (25, Size.MIDDLE),
        (26, Size.LARGE),
        (50, Size.LARGE),
        (51, Size.HALL),
    ],
)
def test_sizes_meet_without_a_gap(persons, size):
    assert size_of(persons) is size
