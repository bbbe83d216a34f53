"""The main job from end to end, on both municipalities, and through kill -9 at any moment."""

import random
import threading
import time

import pytest

from embedded.actors import Overdue, Refused
from embedded.story import Story
from tests.journeys.conftest import ROOT

STARTS_AT = "2024-02-01T09:00:00+01:00"
pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]


@pytest.mark.parametrize("profile", ["vesthimmerland", "naestved"])
def test_the_story_adds_up(embedded, profile):
    embedded.profile = profile
    embedded.demo_clock = STARTS_AT
    embedded.start()
    story = Story(embedded.url, ROOT / "profiles" / f"{profile}.toml")

    for _, chapter in story.chapters:
        chapter()

    assert story.discrepancies == []
    assert story.checks > 60


def test_killed_at_any_moment_nothing_is_lost_and_no_mail_leaves_twice(embedded):
    """Kill -9 in the middle of every chapter; a person whose request was cut off does it again."""
    embedded.demo_clock = STARTS_AT
    embedded.start()
    story = Story(embedded.url, ROOT / "profiles" / "vesthimmerland.toml")
    moments = random.Random(2024)
    kills = 0

    for _, chapter in story.chapters:
        done = threading.Event()

        def kill_once(done=done):
            if not done.wait(moments.uniform(0.1, 1.5)):
                embedded.kill()
                embedded.start()

        killer = threading.Thread(target=kill_once)
        killer.start()
        _persist(chapter)
        done.set()
        killer.join()
        kills += 1

    assert kills == len(story.chapters)
    assert story.discrepancies == []


def _persist(chapter):
    """Play a chapter as people would: when the site does not answer, wait and do it again."""
    end = time.monotonic() + 240
    while True:
        try:
            chapter()
        except (Refused, Overdue, OSError) as error:
            is_outage = not isinstance(error, Refused) or error.status >= 500
            if not is_outage or time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
