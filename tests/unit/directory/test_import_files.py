"""Files as people have them: how they are read, and what their columns are taken for."""

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest

from services.directory.commands.imports import reading
from services.directory.commands.imports.columns import find_header, suggest
from services.directory.commands.imports.reading import Unreadable, read_table, written
from services.directory.commands.imports.words import Words, key_of, name_key
from tests.support.importing import xlsx_of

TABLE = "Navn;Formål;By\nNørrebro Skakklub;Skak for ældre;Århus\nRøde Kors;Hjælp;Løgstør\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = [
    {"key": "older", "da": "Ældre", "en": "Older people"},
    {"key": "young", "da": "Børn og unge", "en": "Children and young people"},
]


def csv(text, encoding="utf-8"):
    return read_table(text.encode(encoding), media_type="text/csv")


def fields(text):
    table = csv(text)
    return [each.field for each in suggest(table.rows, find_header(table.rows))]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("iso8859_1", "cp1252"),
        ("cp850", "cp850"),
        ("mac_roman", "mac_roman"),
        ("utf-16", "utf-16"),
    ],
)
def test_danish_is_read_in_every_encoding_it_comes_in(encoding, told):
    table = csv(TABLE * 3, encoding)

    assert table.encoding == told
    assert list(table.rows.values())[1] == ["Nørrebro Skakklub", "Skak for ældre", "Århus"]


def test_dashes_and_quotation_marks_of_windows_survive():
    table = csv("Navn;Formål\nCafé – “Åben”;Ældre\n", "cp1252")

    assert table.rows[2] == ["Café – “Åben”", "Ældre"]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found_whatever_stands_in_the_cells(separator):
    rows = ["Navn", "Formål"], ['"Skak, kaffe; te | mere"', "Spil"], ["Strik", "Garn"]
    table = csv("\n".join(separator.join(row) for row in rows))

    assert table.separator == separator
    assert table.rows[2] == ["Skak, kaffe; te | mere", "Spil"]


def test_the_line_in_which_excel_names_the_separator_is_none_of_the_rows():
    assert csv("sep=|\nNavn|By\nSkak|Aars\n").rows == {2: ["Navn", "By"], 3: ["Skak", "Aars"]}


def test_a_text_of_several_lines_is_one_cell_and_a_quotation_mark_left_open_swallows_nothing():
    several = csv('Navn;Formål\nSkak;"Spil\nog kaffe"\n')
    open_one = csv('Navn;Formål\n"Skak;Spil\n' + "Strik;Garn\n" * 100)

    assert several.rows[2] == ["Skak", "Spil\nog kaffe"]
    assert open_one.rows[2] == ['"Skak', "Spil"]
    assert len(open_one.rows) == 102


def test_empty_rows_are_left_out_and_the_others_keep_their_numbers():
    assert list(csv(";;\nNavn;By\n\n;;\nSkak;Aars\n").rows) == [2, 5]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n;;\n", "empty"),
        (b"\xff\xfe\x00", "broken"),
        (b"a;" * 101, "too-wide"),
    ],
)
def test_what_is_no_table_is_told_by_a_word(content, code):
    with pytest.raises(Unreadable) as refused:
        read_table(content, media_type="text/csv")

    assert refused.value.code == code


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)

    with pytest.raises(Unreadable, match="too-long"):
        csv("Skak\n" * 4)


def test_a_row_far_beyond_the_end_of_a_sheet_is_a_trap(monkeypatch):
    monkeypatch.setattr(reading, "LAST_ROW", 1000)
    trap = rewritten(xlsx_of(["Navn"], ["Skak"]), b'r="2"', b'r="4000000000"')

    with pytest.raises(Unreadable, match="too-long"):
        read_table(trap, media_type=XLSX)


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_an_entity_behind_a_long_comment_brings_nothing_in(doctype):
    """Behind what the examination at the door looks at; the reader itself must hold."""
    head = b"<!--" + b" " * 5000 + b"-->" + doctype
    trap = rewritten(xlsx_of(["Navn"], ["Skak"]), b"<sst", head + b"<sst")
    trap = rewritten(trap, b"<t>Skak</t>", b"<t>&e;</t>")

    try:
        table = read_table(trap, media_type=XLSX)
    except Unreadable:
        return
    assert Path("/etc/hostname").read_text(encoding="utf-8").strip() not in str(table.rows)


def rewritten(workbook, old, new):
    """Change bytes in every part of a workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(buffer, "w") as after:
        for entry in before.infolist():
            after.writestr(entry.filename, before.read(entry).replace(old, new))
    return buffer.getvalue()


def test_numbers_days_and_formulas_become_what_one_sees():
    sheet = xlsx_of(["CVR", "Pris", "Fri"], [13748136, 12.5, True], ["=1+1", None, None])
    table = read_table(sheet, media_type=XLSX)

    assert table.rows[2] == ["13748136", "12.5", "ja"]
    assert table.rows[3] == ["=1+1"]


def test_values_are_written_as_people_type_them():
    assert written(datetime(2024, 3, 15)) == "2024-03-15"  # noqa: DTZ001 - as a spreadsheet has it
    assert written(datetime(2024, 3, 15, 14, 30)) == "2024-03-15 14:30"  # noqa: DTZ001
    assert written(date(2024, 3, 15)) == "2024-03-15"
    assert written(time(14, 30)) == "14:30:00"
    assert (written(9600.0), written(None), written(False)) == ("9600", "", "nej")


def test_a_text_that_reaches_over_several_rows_holds_for_each():
    rows = ["Område", "Navn"], ["Aars", "Skak"], ["", "Strik"], ["", "Sang"], ["", "Dans"]
    table = read_table(xlsx_of(*rows, merged=["A2:A4"]), media_type=XLSX)

    assert [row[0] for row in table.rows.values()] == ["Område", "Aars", "Aars", "Aars", ""]


# --- columns


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "Foreningens navn;CVR-nr.;Kort beskrivelse;Målgruppe;Post nr.;By",
            ["name", "cvr", "purpose", "target_groups", "postcode", "city"],
        ),
        (
            "Association;Company number;Description;Target group;Zip;Website",
            ["name", "cvr", "purpose", "target_groups", "postcode", "website"],
        ),
        ("FORENING;Tlf.;Kontaktperson;E-mail", ["name", "phone", "contact_name", "contact_email"]),
        ("Navn;Kontaktpersons tlf;Navn", ["name", "", ""]),
        ("Navn;;Løbenummer", ["name", "", ""]),
    ],
)
def test_columns_are_known_by_what_they_are_called(header, expected):
    assert fields(f"{header}\n") == expected


def test_titles_above_the_header_are_passed_over():
    table = csv("Foreninger i kommunen\n\nPr. 1. januar 2024;;\nNavn;CVR;Formål\nSkak;;Spil\n")

    assert find_header(table.rows) == 4


def test_without_a_header_the_content_speaks():
    rows = (
        "Skak;13748136;skak@example.org;9600;www.skak.dk\n"
        "Strik;10000009;strik@example.org;9670;strik.dk\n"
    )

    assert csv(rows).rows
    assert find_header(csv(rows).rows) == 0
    assert fields(rows) == ["", "cvr", "contact_email", "postcode", "website"]


def test_a_column_that_holds_something_else_than_its_header_nearly_says_is_left_open():
    rows = "Navn;Hjemmesider\n" + "Skak;ved ikke\n" * 5

    assert fields(rows) == ["name", ""]


# --- words


def test_names_are_compared_without_what_all_of_them_have():
    assert name_key("Foreningen Skak & Kaffe i Års") == name_key("SKAK OG KAFFE, AARS")
    assert name_key("Foreningen") == "foreningen"
    assert key_of("  Café\u00a0Åben!") == "cafe aaben"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ældre", (["older"], [])),
        ("ÆLDRE; Børn og unge", (["older", "young"], [])),
        ("Ældre og Marsboere", ([], ["Ældre og Marsboere"])),
        ("Ældre, Marsboere", (["older"], ["Marsboere"])),
        ("Seniorer", (["older"], [])),
        ("Alle", ([], [])),
    ],
)
def test_the_words_of_the_municipality_are_found_in_a_text(text, expected):
    words = Words(WORDS, {"Seniorer": "older", "Alle": ""})

    assert words.find_all(text) == expected
