"""The API tells what became of mails to those who may know, and never what they say."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.notifier import DeliverySent
from tests.component.notifier.test_handlers import announced

DELIVERIES = "/api/v1/deliveries"


@pytest.fixture
def set_status(database):
    """Bring every delivery into a state, as the sender would have."""

    def bring(status):
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE delivery SET status = :status"), {"status": status})

    return bring


@pytest.fixture
def delivery(office, publish):
    """Give one queued mail: its row."""
    publish()
    return office.rows()[0]


def test_the_coordinator_sees_every_delivery_and_no_words(client, principal, delivery):
    answer = client.as_(principal("coordinator")).get(DELIVERIES)

    (item,) = answer.json["items"]
    assert item["about"] == {"kind": "association", "id": str(delivery.about_id)}
    assert item["status"] == "queued"
    assert "Skakklub" not in answer.text
    assert answer.json["next"] is None


def test_a_person_sees_their_own_deliveries_and_nobody_elses(client, principal, delivery, publish):
    publish("Aars Madklub")

    answer = client.as_(principal(id=delivery.person_id)).get(DELIVERIES)

    assert [item["id"] for item in answer.json["items"]] == [str(delivery.id)]


def test_an_administrator_sees_their_associations_deliveries(client, principal, delivery):
    administrator = principal(associations={delivery.association_ids[0]: "administrator"})

    one = client.as_(administrator).get(f"{DELIVERIES}/{delivery.id}")

    assert one.status_code == 200
    assert one.headers["ETag"].startswith(f'"{delivery.version}')


def test_one_mail_for_two_associations_is_in_the_list_of_each(
    client, principal, publish, office, deliver
):
    contact = office.person()
    ids = [publish(name, contact=contact)[0] for name in ("Aars Madklub", "Ranum Kor")]
    deliver(announced())
    news = f"{DELIVERIES}?template=round_announced"
    staff = client.as_(principal("coordinator"))
    administrators = [client.as_(principal(associations={id_: "administrator"})) for id_ in ids]

    (everything,) = staff.get(news).json["items"]
    filtered = [staff.get(f"{news}&association_id={id_}").json["items"] for id_ in ids]
    own = [each.get(news).json["items"] for each in administrators]
    (mine,) = client.as_(principal(id=contact)).get(news).json["items"]

    assert sorted(everything["association_ids"]) == sorted(map(str, ids))
    assert filtered == [[everything], [everything]]
    assert mine == everything
    # Each sees that it was told, and not whose contact the person is besides.
    for id_, (item,), administrator in zip(ids, own, administrators, strict=True):
        assert item["id"] == everything["id"]
        assert (item["association_ids"], item["association_id"]) == ([str(id_)], str(id_))
        assert administrator.get(f"{DELIVERIES}/{item['id']}").json == item


def test_somebody_elses_delivery_does_not_exist(client, principal, delivery):
    stranger = client.as_(principal(associations={uuid4(): "administrator"}))

    assert stranger.get(f"{DELIVERIES}/{delivery.id}").status_code == 404
    assert stranger.get(f"{DELIVERIES}/{uuid4()}").status_code == 404
    assert stranger.get(DELIVERIES).json["items"] == []
    assert client.get(DELIVERIES).status_code == 401


def test_a_list_is_filtered_and_paged(client, principal, publish):
    for number in range(5):
        publish(f"Forening {number}")
    reader = client.as_(principal("caseworker"))

    first = reader.get(f"{DELIVERIES}?template=association_published&limit=3").json
    second = reader.get(
        f"{DELIVERIES}?template=association_published&limit=3&cursor={first['next']}"
    ).json

    ids = [item["id"] for item in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 5
    assert second["next"] is None
    assert reader.get(f"{DELIVERIES}?status=sent").json["items"] == []


@pytest.mark.parametrize(
    "query", ["status=lost", "template=rumour", "limit=0", "cursor=nonsense", "association_id=7"]
)
def test_a_wrong_filter_is_refused(client, principal, query):
    answer = client.as_(principal("coordinator")).get(f"{DELIVERIES}?{query}")

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("status", ["failed", "uncertain"])
def test_a_mail_can_be_sent_again_by_hand(
    client, principal, office, delivery, set_status, smtp, status
):
    set_status(status)
    path = f"{DELIVERIES}/{delivery.id}/resending"

    again = [client.as_(principal("coordinator")).post(path) for _ in range(2)]
    office.send()

    assert [answer.json["status"] for answer in again] == ["queued", "queued"]
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("status", ["sent", "sending", "suppressed"])
def test_a_mail_that_is_not_lost_is_not_sent_again(client, principal, delivery, set_status, status):
    set_status(status)

    answer = client.as_(principal("coordinator")).post(f"{DELIVERIES}/{delivery.id}/resending")

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/delivery-not-resendable")


def test_an_uncertain_mail_can_be_noted_as_received(
    client, principal, delivery, set_status, outbox, office, smtp
):
    set_status("uncertain")
    path = f"{DELIVERIES}/{delivery.id}/confirmation"

    answers = [client.as_(principal("operator")).post(path) for _ in range(2)]
    office.send()

    assert [answer.json["status"] for answer in answers] == ["sent", "sent"]
    assert len(outbox.of(DeliverySent)) == 1
    assert smtp.mails == []


def test_only_an_uncertain_mail_is_noted_as_received(client, principal, delivery):
    answer = client.as_(principal("coordinator")).post(f"{DELIVERIES}/{delivery.id}/confirmation")

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/delivery-not-uncertain")


@pytest.mark.parametrize("transition", ["resending", "confirmation"])
def test_only_staff_settles_mail(client, principal, delivery, set_status, transition):
    set_status("uncertain")
    owner = client.as_(principal(id=delivery.person_id))

    assert owner.post(f"{DELIVERIES}/{delivery.id}/{transition}").status_code == 403


def test_news_stop_by_the_link_in_the_mail_and_letters_do_not(
    client, office, publish, deliver, smtp, queued
):
    _, contact = publish()
    deliver(announced())
    office.send()
    news = next(mail for mail in smtp.mails if mail.message["List-Unsubscribe"])
    link = news.message["List-Unsubscribe"].strip("<>")
    token = link.rpartition("/")[2]

    answers = [
        client.post(f"/api/v1/unsubscriptions/{token}", data={"List-Unsubscribe": "One-Click"})
        for _ in range(2)
    ]
    deliver(announced())
    publish("Aars Madklub", contact=contact)
    office.send()

    assert [answer.json for answer in answers] == [{"news": False}] * 2
    assert news.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith("https://samspil.example.org/afmeld/")
    assert sorted(status for _, status in queued("round_announced")) == ["sent", "suppressed"]
    assert [status for _, status in queued("association_published")] == ["sent", "sent"]


def test_an_unsubscription_also_stops_news_that_wait(
    client, principal, office, publish, deliver, smtp, queued
):
    _, contact = publish()
    deliver(announced())

    client.as_(principal(id=contact)).put(f"/api/v1/preferences/{contact}", json={"news": False})
    office.send()

    assert queued("round_announced") == [(contact, "suppressed")]
    assert len(smtp.mails) == 1


def test_a_link_that_was_never_mailed_stops_nothing(client):
    assert client.post("/api/v1/unsubscriptions/guess").status_code == 404


def test_a_person_chooses_about_news(client, principal):
    me = principal()
    path = f"/api/v1/preferences/{me.id}"
    mine = client.as_(me)

    before = mine.get(path)
    chosen = mine.put(path, json={"news": False})
    stale = mine.put(path, json={"news": True}, headers={"If-Match": '"99"'})

    assert before.json["news"] is True
    assert chosen.json["news"] is False
    assert mine.get(path).json["news"] is False
    assert mine.get(path).json["version"] == chosen.json["version"]
    assert stale.status_code == 412


def test_a_preference_is_nobody_elses(client, principal):
    path = f"/api/v1/preferences/{uuid4()}"

    assert client.as_(principal()).get(path).status_code == 403
    assert client.as_(principal("coordinator")).put(path, json={"news": False}).status_code == 403
    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"news": "nej"}, {"news": None}, {"news": True, "token": "x"}]
)
def test_a_wrong_choice_is_refused(client, principal, body):
    me = principal()

    answer = client.as_(me).put(f"/api/v1/preferences/{me.id}", json=body)

    assert answer.status_code == 422
