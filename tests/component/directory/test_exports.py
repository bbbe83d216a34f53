"""The vejviser to take along: tables, the booklet, and the open API in HSDS 3.0."""

import csv
import io
import json
from uuid import UUID, uuid4

import openpyxl
import pypdf
import pytest

from chassis import clock
from services.directory.model import today
from services.directory.queries.exports import booklet
from tests.support.importing import Desk

EXPORTS = "/api/v1/exports"
HSDS = "/api/v1/hsds"
# What a spreadsheet, a web page, typst or a CSV parser could take for more than text.
CORPUS = [
    '=HYPERLINK("http://evil.example.org";"Klik")',
    "+45 12 34 56 78",
    "-1+1|cmd",
    "@SUM(A1:A9)",
    "<script>alert(1)</script>",
    '#eval("1 + 1") *fed* _skrå_ $x^2$ `kode` @henvisning #include "/etc/passwd"',
    'Anførsel " og ; semikolon',
    "\\u{41} \\ // ikke en kommentar /* heller ikke */",
    "æøå ÆØÅ é – “citat” Київ мир",
    "Musik 🎵 og leg 👩\u200d🦽, 中文 og عربي",
]


@pytest.fixture
def choir(published):
    return published(
        name="Sangkoret Lærken",
        cvr="13748136",
        street="Kirkegade 3",
        postcode="9600",
        city="Aars",
        phone="12 34 56 78",
        public_email="kor@example.org",
        website="https://kor.example.org/",
        target_groups=["older"],
    )


@pytest.fixture
def both(choir, offered, published):
    """A choir with an offer, and an association elsewhere without one."""
    offer = offered(choir, title="Syng med")
    return choir, offer, published(name="Byhaven", area="logstor")


def rows_of(answer):
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def pages_of(answer):
    return pypdf.PdfReader(io.BytesIO(answer.data))


def text_of(answer):
    text = " ".join(page.extract_text() for page in pages_of(answer).pages)
    # Hyphens at the end of lines, and lines.
    return " ".join(text.replace("\u00ad", "").split())


# --- tables


def test_associations_come_as_a_table_with_licence_and_day(client, both):
    answer = client.get(f"{EXPORTS}/associations.csv")

    garden, choir = rows_of(answer)
    assert (garden["Navn"], choir["Navn"]) == ("Byhaven", "Sangkoret Lærken")
    assert (choir["Postnummer"], choir["By"], choir["Målgrupper"]) == ("9600", "Aars", "Ældre")
    assert (choir["Licens"], choir["Hentet"]) == ("CC-BY-4.0", today(clock.now()).isoformat())
    assert 'rel="license"' in answer.headers["Link"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_offers_come_as_a_table_too(client, both):
    (row,) = rows_of(client.get(f"{EXPORTS}/offers.csv"))

    assert (row["Tilbud"], row["Udbyder"]) == ("Syng med", "Sangkoret Lærken")
    assert (row["Tider"], row["Pris"]) == ("hver tirsdag kl. 10.00-12.00", "gratis")


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ({"area": "logstor"}, ["Byhaven"]),
        ({"target_group": "older"}, ["Sangkoret Lærken"]),
        ({"target_group": "older", "area": "logstor"}, []),
    ],
)
def test_a_part_is_taken_alone(client, both, part, names):
    rows = rows_of(client.get(f"{EXPORTS}/associations.csv", query_string=part))

    assert [row["Navn"] for row in rows] == names


def test_only_what_is_public_is_taken_along(client, both, registration, coordinator):
    client.put(f"/api/v1/associations/{uuid4()}", json=registration(name="Venter", cvr=None))
    closing = {"reason": "Slut"}
    client.as_(coordinator).post(f"/api/v1/associations/{both[2]['id']}/closure", json=closing)

    for path in ("associations.csv", "vejviser.xlsx", "vejviser.pdf"):
        whole = client.get(f"{EXPORTS}/{path}")
        told = text_of(whole) if path.endswith("pdf") else str(cells_of(whole, path))
        assert "Lærken" in told
        for hidden in ("Venter", "Byhaven", "skjalm@example.org", "Skjalm"):
            assert hidden not in told, path


def cells_of(answer, path):
    if path.endswith("csv"):
        return rows_of(answer)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for sheet in book.worksheets for row in sheet.rows]


@pytest.mark.parametrize("text", CORPUS)
def test_no_cell_is_a_formula_and_every_text_comes_back(client, published, offered, text):
    one = published(name=text, purpose=text, street=text[:100], city=text[:60], phone=text[:30])
    offered(one, title=text, description=text, place=text, contact_title=text)

    for table in ("associations", "offers"):
        content = client.get(f"{EXPORTS}/{table}.csv").data.decode("utf-8-sig")
        cells = [
            cell
            for row in csv.reader(io.StringIO(content, newline=""), delimiter=";")
            for cell in row
        ]
        assert [cell for cell in cells if cell[:1] in set("=+-@\t\r")] == []
        assert {cell.removeprefix("'") for cell in cells} >= {text}
    answer = client.get(f"{EXPORTS}/vejviser.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cells = [cell for sheet in book.worksheets for row in sheet.rows for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
    assert text in {cell.value for cell in cells}


def test_a_workbook_says_its_terms(client, both):
    answer = client.get(f"{EXPORTS}/vejviser.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    about = dict(row[:2] for row in book["Om"].iter_rows(values_only=True))
    assert book.sheetnames == ["Foreninger", "Tilbud", "Om"]
    assert about["Hentet"] == today(clock.now()).isoformat()
    assert "CC BY 4.0" in about["Licens"]
    assert about["Kilde, som skal nævnes"]


@pytest.mark.parametrize("path", ["associations.csv", "vejviser.xlsx"])
def test_what_was_taken_along_can_be_brought_back_and_changes_nothing(
    client, database, coordinator, both, published, path
):
    published(name="=Klubben", purpose="+ mere")
    name = path if path.endswith("csv") else "vejviser.xlsx"

    desk = Desk(client, database, coordinator)
    found = desk.read(client.get(f"{EXPORTS}/{path}").data, name=name)
    done = desk.run(desk.check(found, existing="update"))

    assert done["counts"]["outcomes"] | {"same": 3} == done["counts"]["outcomes"]
    assert done["counts"]["rows"] == 3


# --- the booklet


@pytest.mark.parametrize("large", ["false", "true"])
def test_the_booklet_is_tagged_danish_and_says_what_is_public(client, both, large):
    answer = client.get(f"{EXPORTS}/vejviser.pdf", query_string={"large_print": large})

    root = pages_of(answer).trailer["/Root"]
    told = text_of(answer)
    assert answer.mimetype == "application/pdf"
    assert root["/Lang"] == "da"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in answer.data
    for text in ("Vejviser over foreninger", "2 foreninger · 1 tilbud", "Sangkoret Lærken",
                 "Kirkegade 3, 9600 Aars", "Syng med", "hver tirsdag kl. 10.00", "CC BY 4.0",
                 "Byhaven"):  # fmt: skip
        assert text in told


def test_large_print_is_larger(client, both):
    def size_of(large):
        sizes = []
        answer = client.get(f"{EXPORTS}/vejviser.pdf", query_string={"large_print": large})
        for page in pages_of(answer).pages:
            page.extract_text(
                visitor_text=lambda text, _cm, _tm, _font, size: sizes.append((size, text))
            )
        return next(size for size, text in sizes if "Kirkegade" in text)

    assert size_of("false") == pytest.approx(10, abs=1)
    assert size_of("true") == pytest.approx(18, abs=1)


def test_a_part_of_the_booklet_says_of_what(client, both):
    told = text_of(client.get(f"{EXPORTS}/vejviser.pdf?area=logstor"))

    assert "Løgstør" in told
    assert "Byhaven" in told
    assert "Lærken" not in told


@pytest.mark.parametrize("text", CORPUS)
def test_whatever_people_wrote_is_set_as_text(client, published, offered, text):
    one = published(name=text, purpose=text, street=text[:100], city="Aars")
    offered(one, title=text, description=text, place=text, contact_title=text)

    told = text_of(client.get(f"{EXPORTS}/vejviser.pdf"))

    known = [letter for letter in text if letter.isalnum() and letter < "\u0600"]
    assert "".join(known)[:30] in "".join(letter for letter in told if letter.isalnum())
    assert "root:" not in told


def test_a_booklet_is_made_once_until_something_changes(client, both, published, monkeypatch):
    made = []
    compile_ = booklet.typst.compile
    monkeypatch.setattr(
        booklet.typst, "compile", lambda *args, **more: made.append(1) or compile_(*args, **more)
    )

    for _ in range(2):
        client.get(f"{EXPORTS}/vejviser.pdf?area=farso")
    assert len(made) == 1
    published(name="Ny forening", area="farso")
    told = text_of(client.get(f"{EXPORTS}/vejviser.pdf?area=farso"))

    assert len(made) == 2
    assert "Ny forening" in told


def test_a_booklet_that_nobody_prints_is_refused(client, both, monkeypatch):
    monkeypatch.setattr(booklet, "MOST_ENTRIES", 1)

    answer = client.get(f"{EXPORTS}/vejviser.pdf?target_group=")

    assert answer.status_code == 422
    assert answer.json["type"].endswith("/booklet-too-thick")


def test_an_empty_vejviser_makes_a_booklet_too(client):
    assert "0 foreninger" in text_of(client.get(f"{EXPORTS}/vejviser.pdf"))


# --- HSDS


def everything(client, path):
    return client.get(f"{HSDS}/{path}", query_string={"per_page": 200, "full": True})


def test_organizations_and_services_hold_against_the_standard(
    client, both, published, offered, described, coordinator, hsds
):
    times = [
        {"rrule": rule, "starts_on": "2026-03-03", "starts": "10:00", "ends": "12:00"}
        for rule in ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=MONTHLY;BYDAY=1WE;COUNT=5",
                     "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231")
    ]  # fmt: skip
    offered(both[0], title="Kor", times=times, latitude=56.8, longitude=9.5, wheelchair=True,
            languages=["da", "en"], price_ore=2550, price_text="med kaffe",
            contact_phone="12 34 56 78", takes_new_users=False)  # fmt: skip
    path = f"/api/v1/municipal-offers/{uuid4()}"
    staff = client.as_(coordinator)
    assert staff.put(path, json=described(department="social")).status_code == 201
    assert staff.post(f"{path}/publication").status_code == 200

    for kind in ("organization", "service"):
        answer = everything(client, f"{kind}s")
        hsds["page"](answer.data)
        listed = answer.json["contents"]
        assert len(listed) == 3
        for each in listed:
            hsds[kind](json.dumps(each).encode())
            one = client.get(f"{HSDS}/{kind}s/{each['id']}")
            hsds[kind](one.data)
            assert one.json["name"] == each["name"]


def test_an_organization_has_its_number_place_words_and_services(client, both):
    choir, offer, _ = both
    found = client.get(f"{HSDS}/organizations/{choir['id']}").json

    (identifier,) = found["organization_identifiers"]
    (address,) = found["locations"][0]["addresses"]
    assert (identifier["identifier_scheme"], identifier["identifier"]) == ("DK-CVR", "13748136")
    assert (address["postal_code"], address["city"]) == ("9600", "Aars")
    assert found["attributes"][0]["taxonomy_term"]["name"] == "Ældre"
    assert [each["id"] for each in found["services"]] == [offer["id"]]
    assert "confirmed_at" not in found


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("organizations", {"search": "lærk"}, ["Sangkoret Lærken"]),
        ("organizations", {"per_page": 1, "page": 2}, ["Sangkoret Lærken"]),
        ("organizations", {"page": 9}, []),
        ("services", {"search": "syng"}, ["Syng med"]),
        ("services", {"search": "findes ikke"}, []),
        ("services", {"modified_after": "2199-01-01T00:00:00Z"}, []),
    ],
)
def test_pages_and_searches_of_the_standard(client, both, path, query, names):
    answer = client.get(f"{HSDS}/{path}", query_string=query).json

    assert [each["name"] for each in answer["contents"]] == names
    assert answer["size"] == len(names)
    assert answer["empty"] is (names == [])


def test_services_are_found_by_who_offers_them_and_by_words(client, both):
    choir, offer, garden = both
    terms = client.get(f"{HSDS}/taxonomy_terms?per_page=200").json["contents"]
    older = next(each["id"] for each in terms if each["code"] == "older")
    young = next(each["id"] for each in terms if each["code"] == "children")

    def services(**query):
        found = client.get(f"{HSDS}/services", query_string=query).json["contents"]
        return [each["id"] for each in found]

    assert services(organization_id=choir["id"]) == [offer["id"]]
    assert services(organization_id=garden["id"]) == []
    assert services(taxonomy_term_id=older) == [offer["id"]]
    assert services(taxonomy_term_id=young) == []
    (minimal,) = client.get(f"{HSDS}/services?minimal=true").json["contents"]
    assert set(minimal) == {"id", "last_modified"}


def test_the_api_says_its_version_and_terms(client):
    about = client.get(HSDS).json

    assert (about["version"], about["licence"]) == ("3.0", "CC-BY-4.0")
    assert client.get(f"{HSDS}/taxonomies").json["total_items"] == 2


@pytest.mark.parametrize("path", ["organizations", "services"])
def test_what_is_not_public_is_not_there(client, path):
    assert client.get(f"{HSDS}/{path}/{uuid4()}").status_code == 404
    assert client.get(f"{HSDS}/{path}?page=0").status_code == 422
    assert client.get(f"{HSDS}/{path}?unknown=1").status_code == 422


# --- an association's own


def test_an_association_takes_along_all_that_is_kept_of_it(
    client, both, principal, coordinator, described
):
    choir, _offer, _garden = both
    draft = f"/api/v1/offers/{uuid4()}"
    boss = client.as_(principal(associations={UUID(choir["id"]): "administrator"}))
    assert boss.put(draft, json=described(association_id=choir["id"])).status_code == 201
    note = {"text": "=Aftale med hjemmeplejen"}
    path = f"/api/v1/associations/{choir['id']}"
    client.as_(coordinator).put(f"{path}/municipal-note", json=note)

    karla = {"name": "Karla", "email": "karla@example.org"}
    own = {"association_id": choir["id"]}
    lent = {"kind": "speaker", "title": "Skak for begyndere", "description": "En aften."}
    pair = {"department": "social", "team": "Hjemmeplejen", "starts_on": "2024-01-01"}
    asked = boss.put(
        f"/api/v1/invitations/{uuid4()}", json={**own, "person": karla, "role": "editor"}
    )
    written = boss.put(
        f"/api/v1/competences/{uuid4()}", json={**own, **lent, "topics": ["company"]}
    )
    linked = client.as_(coordinator).put(
        f"/api/v1/contact-pairs/{uuid4()}", json={**own, **pair, "person": karla}
    )
    assert [each.status_code for each in (asked, written, linked)] == [201] * 3

    whole, table = boss.get(f"{path}/export"), boss.get(f"{path}/export.csv")

    assert whole.json["association"]["contact"]["email"] == "skjalm@example.org"
    assert [each["role"] for each in whole.json["memberships"]] == ["administrator"]
    assert {each["status"] for each in whole.json["offers"]} == {"draft", "published"}
    assert whole.json["municipal_note"]["text"] == note["text"]
    assert [each["email"] for each in whole.json["invitations"]] == ["karla@example.org"]
    assert [each["title"] for each in whole.json["competences"]] == ["Skak for begyndere"]
    assert [each["team"] for each in whole.json["contact_pairs"]] == ["Hjemmeplejen"]
    rows = {(row["Del"], row["Felt"]): row["Indhold"] for row in rows_of(table)}
    assert rows["association", "name"] == choir["name"]
    assert rows["association", "contact.email"] == "skjalm@example.org"
    assert rows["municipal_note", "text"] == "'" + note["text"]
    assert rows["offers 1", "times.1.rrule"] == "FREQ=WEEKLY;BYDAY=TU"


@pytest.mark.parametrize("role", ["editor", "member"])
def test_only_administrators_take_it_along(client, both, principal, role):
    path = f"/api/v1/associations/{both[0]['id']}/export"
    colleague = client.as_(principal(associations={UUID(both[0]["id"]): role}))

    assert colleague.get(path).status_code == 403
    assert colleague.get(f"{path}.csv").status_code == 403
