"""The pictures of the README are made by the code: SAMSPIL_PICTURES=1 makes them anew."""

import os
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

IMAGES = ROOT / "docs" / "images"
PNG = b"\x89PNG\r\n\x1a\n"


def take(page, path: str, name: str, *, height: int = 900) -> Path:
    """Photograph the upper part of a page."""
    target = IMAGES / name
    if os.environ.get("SAMSPIL_PICTURES"):
        page.set_viewport_size({"width": 1280, "height": height})
        page.goto(path)
        page.screenshot(path=target)
    return target


def test_the_pictures_for_everybody(site):
    with site.visitor() as context:
        page = context.new_page()

        pictures = [
            take(page, "/", "front.png", height=1100),
            take(page, "/foreninger?q=natur", "vejviser.png"),
        ]

    assert [picture.read_bytes()[:8] for picture in pictures] == [PNG, PNG]


def test_the_pictures_of_a_decision(decided):
    with decided.visitor() as context:
        page = context.new_page()
        email = "ulla.udvalgsformand@vesthimmerland.example.org"
        decided.sign_in(page, email)
        page.goto("/udvalg")
        round_path = page.get_attribute("main a[href^='/udvalg/']", "href")
        receipt = next(
            mail
            for mail in decided.mails("visiting-friends@example.org")
            if "2024-" in mail["text"]
        )

        pictures = [
            take(page, round_path, "udvalg.png", height=1000),
            take(page, f"/mailbox/{receipt['id']}", "letter.png"),
        ]

    assert [picture.read_bytes()[:8] for picture in pictures] == [PNG, PNG]
