"""Files attached to an application: what is not taken, and how the others come out.

The table is that of every service (tests/support/uploads.py).
"""

import pytest

from tests.component.grants.conftest import attach
from tests.support import uploads
from tests.support.uploads import assert_it_runs_nowhere


@pytest.fixture
def draft(announced, drafted):
    return drafted(announced())


@pytest.mark.parametrize("case", uploads.REFUSED)
def test_what_is_not_taken(draft, case):
    path, writer = draft
    name, content, status = uploads.REFUSED[case]

    answer = attach(writer, path, content, name=name, media_type="application/octet-stream")

    assert answer.status_code == status, answer.json
    assert writer.get(path).json["attachments"] == []


@pytest.mark.parametrize("case", uploads.TWO_THINGS)
def test_what_is_two_things_is_handed_out_as_what_it_is_called(draft, case):
    path, writer = draft
    name, content = uploads.TWO_THINGS[case]

    answer = attach(writer, path, content, name=name, media_type="application/octet-stream")

    (said,) = answer.json["attachments"]
    back = writer.get(f"{path}/attachments/{said['id']}")
    assert back.data == content
    assert_it_runs_nowhere(back, name)


@pytest.mark.parametrize("name", uploads.NAMES)
def test_a_name_is_for_show_and_leads_nowhere(draft, name):
    path, writer = draft

    (said,) = attach(writer, path, name=name).json["attachments"]

    assert said["name"] == name.replace("\\", "/").rsplit("/", 1)[-1]
    assert_it_runs_nowhere(writer.get(f"{path}/attachments/{said['id']}"), said["name"])


class TestScanned:
    """The installation has a scanner."""

    @pytest.fixture
    def environment(self, clamd):
        return {"CLAMD_URL": clamd.url}

    def test_a_file_with_a_virus_is_not_kept(self, draft):
        path, writer = draft

        answer = attach(writer, path, uploads.PDF + uploads.EICAR + b"\n%%EOF\n")

        assert answer.status_code == 422
        assert answer.json["type"].endswith("/attachment-infected")
        assert writer.get(path).json["attachments"] == []
        assert attach(writer, path, uploads.PDF).status_code == 201
