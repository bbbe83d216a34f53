"""The main job from end to end, on both municipalities, and through kill -9 at any moment."""

import os
import random
import subprocess
import sys
import threading

import pytest

from embedded.story import Story
from tests.journeys.conftest import ROOT, STARTS_AT

# About as often as there are chapters, all over the story.
MOST_KILLS = 13
pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]


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
    """Kill -9 again and again while the story goes on; people press the button once more."""
    embedded.demo_clock = STARTS_AT
    embedded.start()
    story = Story(embedded.url, ROOT / "profiles" / "vesthimmerland.toml", patience=150)
    is_over = threading.Event()
    killer = threading.Thread(target=kill_again_and_again, args=(embedded, is_over))

    killer.start()
    try:
        for _, chapter in story.chapters:
            chapter()
    finally:
        is_over.set()
        killer.join()

    assert embedded.kill_count >= 10
    assert story.discrepancies == []


def kill_again_and_again(embedded, is_over):
    """Let it live for a random moment each time, at times hardly longer than it needs to start."""
    moments = random.Random(2024)
    while embedded.kill_count < MOST_KILLS and not is_over.wait(moments.uniform(0.1, 12)):
        embedded.kill()
        embedded.start()
