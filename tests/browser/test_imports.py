"""A list of associations on its way into the vejviser, without JavaScript, as its coordinator."""

import pytest

from tests.browser.people import person
from tests.support.eventually import eventually
from tests.support.importing import HEADER, csv_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COORDINATOR = "karen.kontakt@vesthimmerland.example.org"
CENTRE = "frida.frivilligcenter@example.org"
CHOIR = (
    *("Sangkoret Lærken", "", "Vi synger for dem, der har lyst", "Ældre", "Aars"),
    *("Kirkegade 3", "9600", "Aars", "Lone Lærke", "lone.laerke@example.org"),
)
GARDEN = (
    *("Byhaven Løgstør", "", "Grøntsager og samvær", "Alle", "Ved fjorden"),
    *("Havnevej 4", "9670", "Løgstør", "Gorm Gartner", "gorm.gartner@example.org"),
)
NAMELESS = ("", "", "Ingen ved hvem", "Alle", "Aars", "", "", "", "", "nogen@example.org")
LIST = csv_of(HEADER, CHOIR, GARDEN, NAMELESS, encoding="cp1252")


def upload(somebody, content, name="Foreninger æøå.csv"):
    somebody.opens("/arbejdsliste/import")
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    somebody.page.set_input_files("#file", file)
    somebody.presses("Læs filen")


def see(somebody, text):
    """Press "see how far it is" until the text is there."""

    def look():
        if somebody.page.locator("main a", has_text="Se, hvor langt den er").count():
            somebody.follows("Se, hvor langt den er")
        somebody.reads(text)

    eventually(look, within=20)


def test_a_list_is_brought_in_corrected_and_its_contacts_are_told(site):
    with person(site, COORDINATOR) as karen:
        upload(karen, LIST)
        see(karen, "Hvad står i hver kolonne?")
        assert karen.finds_written("columns-3") == "target_groups"
        karen.presses("Kontrollér rækkerne")
        see(karen, "Det vil der ske")
        karen.reads("»Ved fjorden«")
        karen.chooses("word-1-key", "logstor")
        karen.presses("Kontrollér igen")
        see(karen, "Det vil der ske")
        karen.does_not_read("Ord, kommunen ikke bruger")
        karen.opens(karen.page.url + "/raekker?resultat=refused")
        karen.reads("Foreningens navn: Udfyld feltet.")
        karen.page.go_back()

        karen.presses("Start importen")
        see(karen, "Det skete der")

        karen.reads("3 af 3 rækker er behandlet.")
        import_page = karen.page.url
        assert site.mails("lone.laerke@example.org") == []
        karen.opens("/foreninger?q=lærken")
        karen.follows("Sangkoret Lærken")
        karen.reads("Kirkegade 3, 9600 Aars")

        karen.opens(import_page)
        karen.follows("Skriv til kontaktpersonerne")
        karen.presses("Send")
        karen.is_told("Sæt kryds, hvis kontaktpersonerne skal have en mail nu.", at="sure")
        karen.chooses("sure", "1")
        karen.presses("Send")
        eventually(lambda: has_mail(site, "lone.laerke@example.org"), within=20)
        eventually(lambda: has_mail(site, "gorm.gartner@example.org"), within=20)

        upload(karen, LIST)
        see(karen, "Hvad står i hver kolonne?")
        karen.chooses("existing", "update")
        karen.chooses("publish", "1")
        karen.presses("Kontrollér rækkerne")
        see(karen, "Det vil der ske")
        karen.reads("Uændret")


def test_the_centre_answers_what_is_doubtful_and_the_coordinator_reviews(site):
    walking = ("Gåklubben Rask", "", "Vi går ture", "Alle", "Farsø", "", "9640", "Farsø")
    again = ("Gåklubbben Rask", *walking[1:])
    people = ("Gitte Gang", "gitte.gang@example.org"), ("Rasmus Rask", "rasmus.rask@example.org")
    with person(site, CENTRE) as frida:
        upload(frida, csv_of(HEADER, (*walking, *people[0])), name="første.csv")
        see(frida, "Hvad står i hver kolonne?")
        frida.reads("Nye foreninger venter på, at kommunen godkender dem.")
        frida.presses("Kontrollér rækkerne")
        see(frida, "Det vil der ske")
        frida.presses("Start importen")
        see(frida, "1 af 1 rækker er behandlet.")

        upload(frida, csv_of(HEADER, (*again, *people[1])), name="anden.csv")
        see(frida, "Hvad står i hver kolonne?")
        frida.presses("Kontrollér rækkerne")
        see(frida, "1 række skal afklares")
        frida.follows("Afklar rækkerne")
        frida.reads("Navnet ligner et, der findes.")
        frida.page.get_by_label("Det er en ny forening").check()
        frida.presses("Gem svarene")
        frida.presses("Start importen")
        see(frida, "1 af 1 rækker er behandlet.")

    with person(site, COORDINATOR) as karen:
        karen.opens("/arbejdsliste")
        karen.follows("Gåklubbben Rask")
        karen.presses("Godkend foreningen")
        karen.reads("Gåklubbben Rask er nu i vejviseren.")
        karen.does_not_read("får en mail")
    assert site.mails("rasmus.rask@example.org") == []


def has_mail(site, email):
    (mail,) = site.mails(email)
    assert "vejviser" in mail["text"]
