"""What an operator does across services: dumps, restores, reconciling, dead letters, one trace."""

import json
from datetime import datetime
from uuid import uuid4

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from tests.support.sample.ledger import copies, rows
from tests.support.sample.services import shelf
from tools.ops import group


@pytest.fixture
def dump(ops, tmp_path):
    """Dump both databases; return the folder."""

    def make():
        place = tmp_path / uuid4().hex
        ops("backup", "--to", place)
        (folder,) = place.iterdir()
        return folder

    return make


def restore(ops, pair, folder, service):
    pair.stop(service.name)
    ops("restore", service.name, folder / f"{service.name}.dump", "--yes")
    pair.reopen(service)


def test_a_backup_is_a_file_per_service_and_a_line_about_each(pair, dump):
    pair.post(moves=2)

    folder = dump()

    manifest = json.loads((folder / "manifest.json").read_text())
    assert {path.name for path in folder.iterdir()} == {
        *("shelf.dump", "reader.dump", "manifest.json")
    }
    assert manifest["shelf"]["event_log_position"] == 3
    assert manifest["reader"]["event_log_position"] == 0
    assert (folder / "shelf.dump").stat().st_mode & 0o077 == 0


def test_a_finished_dump_is_noted_for_prometheus(pair, ops, tmp_path):
    notes = tmp_path / "metrics"

    ops("backup", "--to", tmp_path / "a", "--only", "shelf", "--metrics", notes)
    ops("backup", "--to", tmp_path / "b", "--metrics", notes)

    assert {path.name for path in notes.iterdir()} == {
        *("samspil-backup-shelf.prom", "samspil-backup-reader.prom")
    }
    path = notes / "samspil-backup-shelf.prom"
    assert path.stat().st_mode & 0o777 == 0o644
    (folder,) = (tmp_path / "b").iterdir()
    made = json.loads((folder / "manifest.json").read_text())["shelf"]
    started = datetime.fromisoformat(made["started_at"]).timestamp()
    assert {
        (sample.name, sample.labels["service"], sample.value)
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    } == {
        ("samspil_backup_timestamp_seconds", "shelf", started),
        ("samspil_backup_size_bytes", "shelf", made["bytes"]),
    }


def test_a_dump_that_fails_is_not_noted(pair, ops, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))
    for name in ("pg_dump", "psql"):
        (tmp_path / name).write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)

    told = ops("backup", "--to", tmp_path / "a", "--metrics", tmp_path / "notes", fails=True)

    assert "the disk is full" in told
    assert not (tmp_path / "notes").exists()


def test_a_restored_database_is_the_one_that_was_dumped(pair, ops, dump):
    kept, _ = pair.post()
    folder = dump()
    pair.post()

    restore(ops, pair, folder, shelf)

    assert [row.id for row in rows(pair.open["shelf"], "SELECT id FROM item")] == [kept]


def test_tables_that_are_newer_than_the_dump_are_left_to_migrate(pair, ops, dump):
    folder = dump()
    with pair.open["shelf"].engine.begin() as connection:
        connection.execute(text("CREATE TABLE newer (id int)"))

    restore(ops, pair, folder, shelf)

    (found,) = rows(pair.open["shelf"], "SELECT to_regclass('newer') AS name")
    assert found.name is None
    assert rows(pair.open["shelf"], "SELECT to_regclass('item') AS name")[0].name == "item"


def test_nothing_is_restored_while_a_role_is_at_work(pair, ops, dump):
    pair.post()
    folder = dump()

    told = ops("restore", "shelf", folder / "shelf.dump", "--yes", fails=True)

    assert "stop every role of shelf first: samspil-shelf is at work" in told


def test_a_file_that_was_changed_is_refused(pair, ops, dump):
    folder = dump()
    pair.stop("shelf")
    with (folder / "shelf.dump").open("ab") as file:
        file.write(b"x")

    assert "its digest differs" in ops(
        "restore", "shelf", folder / "shelf.dump", "--yes", fails=True
    )


def test_somebody_elses_dump_is_refused(pair, ops, dump):
    folder = dump()
    pair.stop("shelf")
    (folder / "manifest.json").write_text("{}")

    assert "whose dump" in ops("restore", "shelf", folder / "shelf.dump", "--yes", fails=True)


def test_what_was_published_and_forgotten_is_found_and_counted_on_from(pair, ops, dump):
    item_id, _ = pair.post(moves=1)
    folder = dump()
    with pair.open["shelf"].engine.begin() as connection:
        connection.execute(text("DELETE FROM item"))
    pair.post(item_id=item_id, moves=1)
    lost, _ = pair.post()
    pair.carry()
    restore(ops, pair, folder, shelf)
    pair.stop("shelf")

    told = ops("reconcile", "shelf", "--mend")

    assert "shelf has forgotten 3 events of 2 subjects" in told
    assert f"item/{item_id}  knows 2, others have seen 4" in told
    assert f"item/{lost}  knows 0, others have seen 1" in told
    assert "#4 shelf.item.moved.v1  reached reader" in told
    assert "forgotten nothing" in ops("reconcile", "shelf")
    found = rows(
        pair.open["shelf"],
        "SELECT sequence, type, published_at FROM event_log WHERE subject = :s ORDER BY sequence",
        s=f"item/{item_id}",
    )
    assert [row.sequence for row in found] == [1, 2, 3, 4]
    assert found[3].type == "shelf.item.forgotten.v1"
    assert found[3].published_at is not None


def test_a_service_does_not_count_on_while_it_works(pair, ops, dump):
    folder = dump()
    pair.post()
    pair.carry()
    restore(ops, pair, folder, shelf)
    rows(pair.open["shelf"], "SELECT 1")

    assert "stop every role" in ops("reconcile", "shelf", "--mend", fails=True)


def test_a_receiver_that_was_put_back_is_told_what_it_missed(pair, ops, dump):
    pair.post()
    pair.carry()
    folder = dump()
    pair.post()
    pair.carry()
    assert "reader has missed nothing" in ops("reconcile", "reader")

    pair.stop("reader")
    ops("restore", "reader", folder / "reader.dump", "--yes")
    told = ops("reconcile", "reader")

    assert "reader has missed events of 1 subjects" in told
    assert "python -m services.shelf replay --to reader --since 20" in told


def test_dead_letters_of_all_services_are_in_one_table(pair, ops):
    pair.post()
    pair.carry()
    with pair.open["reader"].engine.begin() as connection:
        connection.execute(
            text("UPDATE inbox SET status = 'dead', settled_at = NULL, error = E'it\nbroke'")
        )

    told = ops("dead")

    assert "reader     " in told
    assert "shelf.item.added.v1" in told
    # On one line each, whatever the error's own words look like.
    assert "it broke" in told
    assert told.endswith("1 dead\n")


def test_one_id_leads_from_the_request_to_what_followed(pair, ops):
    _, correlation_id = pair.post()
    pair.carry()

    told = ops("trace", correlation_id)

    steps = [line.split(" s  ")[1] for line in told.splitlines()]
    assert steps[0].startswith("shelf      says shelf.item.added.v1 item/")
    assert any(step.startswith("reader     heard shelf.item.added.v1 of shelf") for step in steps)
    assert any(step.startswith("reader     says reader.receipt.given.v1") for step in steps)
    assert copies(pair.open["reader"])


def test_an_id_that_nobody_knows_says_where_else_to_look(pair, ops):
    assert "look for it in the logs" in ops("trace", "unknown", fails=True)


def test_no_database_is_told_by_the_variables_that_name_one(ops):
    answer = CliRunner().invoke(group, ["dead"], env={"DIRECTORY_DATABASE_URL": ""})

    assert answer.exit_code == 2
    assert "DIRECTORY_DATABASE_URL" in answer.output


def test_a_wrong_address_is_not_quoted(ops):
    answer = CliRunner().invoke(group, ["dead", "--database", "shelf=mysql://u:geheim@h/x"])

    assert answer.exit_code == 2
    assert "geheim" not in answer.output


def bury(pair, service, person):
    with pair.open[service].engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tombstone VALUES (:person, now(), now())"), {"person": person}
        )


def buried(pair, service):
    with pair.open[service].engine.connect() as connection:
        return connection.execute(text("SELECT person_id, applied_at FROM tombstone")).all()


def test_who_was_erased_since_the_backup_is_forgotten_again(pair, ops, dump):
    folder = dump()
    person = uuid4()
    for service in ("reader", "shelf"):
        bury(pair, service, person)
    assert "reader remembers everybody who was erased" in ops("reconcile", "reader")
    pair.stop("reader")
    ops("restore", "reader", folder / "reader.dump", "--yes")

    told = ops("reconcile", "reader")
    mended = ops("reconcile", "reader", "--mend")
    again = ops("reconcile", "reader", "--mend")

    assert "1 erased people may be in reader again" in told
    assert "reader forgets 1 erased people" in mended
    assert "reader remembers everybody" in again


def test_a_list_beside_a_newer_backup_remembers_where_no_service_does(pair, ops, dump):
    person = uuid4()
    bury(pair, "shelf", person)
    folder = dump()
    listed = folder / "erased.txt"
    assert listed.read_text() == f"{person}\n"
    with pair.open["shelf"].engine.begin() as connection:
        connection.execute(text("DELETE FROM tombstone"))

    told = ops("reconcile", "reader", "--mend", "--erased", listed)

    assert "reader forgets 1 erased people" in told
    assert buried(pair, "reader") == [(person, None)]


def test_a_list_that_is_none_is_refused(ops, tmp_path):
    wrong = tmp_path / "erased.txt"
    wrong.write_text("Bo Bech\n")

    assert "is no list of ids" in ops("reconcile", "reader", "--erased", wrong, fails=True)
