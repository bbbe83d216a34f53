"""The version after this one, to which tests/deploy upgrades, is still made of this one."""

from tests.deploy.versions import ROOT, next_version


def test_what_the_next_version_changes_is_there():
    lost = [
        (change["path"], change["before"])
        for change in next_version()["change"]
        if change["before"] not in (ROOT / change["path"]).read_text(encoding="utf-8")
    ]

    assert lost == [], "has changed: change tests/deploy/next.toml too"
