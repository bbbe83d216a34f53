"""The main job from end to end, on both municipalities, and through kill -9 at any moment."""

import os
import random
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from embedded.story import Story
from tests.journeys.conftest import ROOT, STARTS_AT

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("profile", ["vesthimmerland", "naestved"])
def test_the_demo_plays_the_story_and_it_adds_up(profile):
    """``make demo``: its exit code is the oracle, its table is what a reader sees."""
    done = subprocess.run(
        [sys.executable, "-m", "embedded", "demo", "--profile", profile],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "kontroller holdt" in done.stdout
    assert "decision_letter" in done.stdout


def test_killed_at_any_moment_nothing_is_lost_and_no_mail_leaves_twice(embedded):
    """Kill -9 in each chapter, while it is played; people press the button once more."""
    embedded.demo_clock = STARTS_AT
    embedded.start()
    story = Story(embedded.url, ROOT / "profiles" / "vesthimmerland.toml", patience=150)
    moments = random.Random(2024)

    for _, chapter in story.chapters:
        with killed_meanwhile(embedded, after=moments.uniform(0.1, 5)):
            chapter()

    assert embedded.kill_count == len(story.chapters)
    assert story.discrepancies == []


@contextmanager
def killed_meanwhile(embedded, *, after):
    """Kill and start it once while the block runs: after some seconds, or when the block ends."""
    is_over = threading.Event()

    def kill_once():
        is_over.wait(after)
        embedded.kill()
        embedded.start()

    killer = threading.Thread(target=kill_once)
    killer.start()
    try:
        yield
    finally:
        is_over.set()
        killer.join()
