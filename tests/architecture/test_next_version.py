"""The version after this one, to which tests/deploy upgrades, is still made of this one."""

import pytest

from tests.deploy.versions import ROOT, next_version


@pytest.mark.parametrize("change", next_version()["change"], ids=lambda change: change["path"])
def test_what_the_next_version_changes_is_there(change):
    text = (ROOT / change["path"]).read_text(encoding="utf-8")

    assert change["before"] in text, "has changed: change tests/deploy/next.toml too"
