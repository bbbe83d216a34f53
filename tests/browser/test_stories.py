"""Stories a person plays with a browser, without JavaScript; and with the keyboard only."""

import re

import pytest

from embedded.story import PDF
from tests.browser.people import person
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COORDINATOR = "karen.kontakt@vesthimmerland.example.org"
CONTACT = "visiting-friends@example.org"


def fill_registration(page, *, cvr):
    page.goto("/foreninger/opret")
    page.fill("#name", "Nørrebro Skakklub")
    page.fill("#cvr", cvr)
    page.fill("#purpose", "Skak for alle, der ellers sidder alene.")
    page.check("input[name='target_groups[]'][value='everyone']")
    page.select_option("#area", "aars")
    page.fill("#contact-name", "Skjalm Skak")
    page.fill("#contact-email", "skjalm.skak@example.org")
    page.check("#consent")
    page.click("main form.samspil-form button[type=submit]")


def test_an_association_registers_and_a_wrong_number_loses_nothing(site):
    with site.visitor(scripts=False) as context:
        page = context.new_page()

        fill_registration(page, cvr="12345678")

        assert page.locator("#fejl a[href='#cvr']").count() == 1
        assert page.input_value("#purpose") == "Skak for alle, der ellers sidder alene."
        page.fill("#cvr", "")
        page.click("main form.samspil-form button[type=submit]")
        assert "Tak" in page.inner_text("h1")

    with site.visitor(scripts=False) as context:
        page = context.new_page()
        site.sign_in(page, COORDINATOR)
        page.goto("/arbejdsliste")
        page.click("main a:has-text('Nørrebro Skakklub')")
        page.click("main button:has-text('Godkend')")
        page.goto("/foreninger?q=skakklub")
        assert "Nørrebro Skakklub" in page.inner_text("main")

    eventually(lambda: _has_mail(site, "skjalm.skak@example.org", "vejviser"), within=20)


def _has_mail(site, email, word):
    assert any(word in mail["text"].lower() for mail in site.mails(email))


def test_an_application_from_draft_to_receipt_without_javascript(site):
    with site.visitor(scripts=False) as context:
        page = context.new_page()
        site.sign_in(page, CONTACT)
        page.goto("/ansoegninger/ny")
        page.fill("#title", "Besøgsvenner til 40 ældre")
        page.click("main form.samspil-form button[type=submit]")
        page.fill("#activity", "Vi besøger ældre, der savner selskab.")
        page.fill("#target_group", "Ældre")
        page.fill("#contact_name", "Birthe Besøgsven")
        page.fill("#signatory_name", "Birthe Besøgsven")
        page.click("button[value=continue]")
        texts = page.locator("input[name$='-text']")
        amounts = page.locator("input[name$='-amount_ore']")
        texts.nth(0).fill("Kurser")
        amounts.nth(0).fill("12.500,00")
        page.fill("#amount_ore", "12.500")
        page.click("button[value=continue]")
        page.set_input_files(
            "#file",
            {
                "name": "Årsregnskab.pdf",
                "mimeType": "application/pdf",
                "buffer": PDF,
            },
        )
        page.click("form[enctype] button[type=submit]")
        assert "Årsregnskab.pdf" in page.inner_text("main")
        page.goto(re.sub(r"/rediger.*", "/indsend", page.url))
        page.click("main button:has-text('Send ansøgningen')")
        assert page.locator("a[href='#truth']").count() == 1
        page.check("#truth")
        page.click("main button:has-text('Send ansøgningen')")

        assert "sendt" in page.inner_text("h1").lower()
        assert re.search(r"20\d\d-\d{4}", page.inner_text("main"))

    eventually(lambda: _has_mail(site, CONTACT, "12.500"), within=20)


def test_opening_a_link_never_signs_in(site):
    with site.visitor(scripts=False) as context:
        page = context.new_page()
        site.sign_in(page, CONTACT)
        page.goto("/min-side")
        assert "/min-side" in page.url

    link = re.search(
        r"https?://\S+/log-ind/bekraeft\S+",
        next(m["text"] for m in reversed(site.mails(CONTACT)) if "bekraeft" in m["text"]),
    ).group()
    with site.visitor(scripts=False) as context:
        page = context.new_page()
        page.goto(link)
        page.goto("/min-side")
        assert "/log-ind" in page.url


def test_the_keyboard_is_enough(site):
    with site.visitor() as context:
        page = context.new_page()
        page.goto("/")
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.getAttribute('href')")
        page.keyboard.press("Enter")
        inside = page.evaluate("document.activeElement.id")
        page.goto("/log-ind")
        page.focus("#email")
        page.keyboard.type(CONTACT)
        with page.expect_navigation():
            page.keyboard.press("Enter")

        assert first == "#main-content"
        assert inside == "main-content"
        assert "/log-ind/kode" in page.url


def test_the_other_language(site):
    with site.visitor(scripts=False) as context:
        page = context.new_page()
        page.goto("/puljer")
        page.click("a[lang=en]")

        assert page.get_attribute("html", "lang") == "en"
        assert page.url.endswith("/puljer")
        assert "Puljer" not in page.inner_text("h1")


def test_an_offer_is_written_published_and_found_without_javascript(site):
    with person(site, CONTACT) as editor, person(site) as citizen:
        editor.opens("/min-side")
        editor.follows("Besøgsvennerne")
        editor.follows("Nyt tilbud")
        editor.writes({"title": "Havedag på plejehjemmet", "description": "Vi luger og planter."})
        editor.page.check("main [name='topics[]'][value='nature']")
        editor.chooses("times-0-rrule", "sa")
        editor.writes({"times-0-starts": "10:00", "times-0-ends": "12:00"})
        editor.presses("Gem kladde")
        editor.reads("Hver lørdag kl. 10.00-12.00")
        citizen.opens("/find?q=havedag")
        citizen.reads("Intet passer")

        editor.presses("Offentliggør")

        editor.reads("Tilbuddet kan nu findes af alle.")
        citizen.opens("/find")
        citizen.writes({"q": "havedag"})
        citizen.page.click("main summary:has-text('Tid, pris')")
        citizen.chooses("dag", "sa")
        citizen.presses("Søg")
        citizen.follows("Havedag på plejehjemmet")
        citizen.reads("Vi luger og planter.")

        editor.presses("Træk tilbage")
        citizen.opens("/find?q=havedag")
        citizen.reads("Intet passer")
