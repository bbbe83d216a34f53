"""What people attach: admitted by content and name, handed out to be saved."""

import io
import zipfile
from urllib.parse import quote

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import files
from chassis.problems import Invalid

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
TYPES = (
    '<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType='
    f'"{OFFICE}.wordprocessingml.document.main+xml"/></Types>'
)


def examine(content, *, kinds=None, **sent):
    return files.examine(files.Upload(content=content, **sent), kinds=kinds)


def archive(parts, *, packing=zipfile.ZIP_DEFLATED):
    """Pack parts into a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return packed.getvalue()


def docx(**more):
    return archive({"[Content_Types].xml": TYPES, "word/document.xml": "<w:document/>", **more})


def xlsx():
    book = openpyxl.Workbook()
    book.active["A1"] = "Budget"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def open_document(kind):
    return archive({"mimetype": f"{OPEN}.{kind}", "content.xml": "<office/>"})


def test_others_may_be_taken_than_are_usual():
    plain = examine("Ord æøå".encode(), name="a.txt", kinds=(files.PLAIN,))

    assert plain.media_type == "text/plain"
    with pytest.raises(files.FileRefused, match=r"Accepted are txt\."):
        examine(PDF, name="a.pdf", kinds=(files.PLAIN,))
    with pytest.raises(files.FileRefused):
        examine(b"Ord", name="a.txt")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PDF", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPG, "image/jpeg"),
        ("a.jpeg", JPG, "image/jpeg"),
        ("a.docx", docx(), f"{OFFICE}.wordprocessingml.document"),
        ("a.xlsx", xlsx(), f"{OFFICE}.spreadsheetml.sheet"),
        ("a.ods", open_document("spreadsheet"), f"{OPEN}.spreadsheet"),
        ("a.odt", open_document("text"), f"{OPEN}.text"),
        ("a.csv", "Råvarer;34000\r\n".encode(), "text/csv"),
        ("a.csv", "Råvarer;34000\r\n".encode("latin-1"), "text/csv"),
        ("a.csv", "Råvarer – leje;34000".encode("cp1252"), "text/csv"),
    ],
)
def test_sound_files_are_admitted(name, content, media_type):
    admitted = examine(content, name=name)

    assert admitted.media_type == media_type
    assert (admitted.size, admitted.content, len(admitted.sha256)) == (len(content), content, 64)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", PDF),
        ("a.pdf.exe", PDF),
        ("pdf", PDF),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.html", b"<html>"),
        ("a.zip", docx()),
        ("a.pdf", b"<html><!-- %PDF-1.7 %%EOF --></html>"),
        ("a.pdf", b"%PDF-1.7 cut off"),
        ("a.png", JPG),
        ("a.jpg", PDF),
        ("a.csv", b"<html><script>alert(1)</script>"),
        ("a.csv", b"  \n<svg/>"),
        ("a.csv", PDF),
        ("a.csv", b"a;b\x00c"),
        ("a.docx", xlsx()),
        ("a.xlsx", docx()),
        ("a.ods", open_document("text")),
        ("a.odt", docx()),
        ("a.docx", docx()[:-30]),
        ("a.docx", b"PK\x03\x04"),
        ("a.docx", archive({"word/document.xml": "<w:document/>"})),
    ],
)
def test_what_is_not_what_it_says_is_refused(name, content):
    with pytest.raises(files.FileRefused):
        examine(content, name=name)


@pytest.mark.parametrize(
    "more",
    [
        {"word/vbaProject.bin": b"macro"},
        {"word/a.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'},
        {"word/a.xml": "<!DOCTYPE x><x/>".encode("utf-16")},
        {"../../etc/cron.d/x": "x"},
        {"/etc/passwd": "x"},
        {"word/a.xml": b" " * (2 * 1024 * 1024 * 10)},
        {f"word/{place}.xml": "<x/>" for place in range(files.MAX_ENTRIES)},
    ],
    ids=["macro", "entity", "utf-16", "climbs", "absolute", "swells", "many"],
)
def test_traps_in_office_documents_are_refused(more):
    with pytest.raises(files.FileRefused):
        examine(docx(**more), name="a.docx")


def test_many_parts_may_not_add_up_to_a_bomb():
    piece = bytes(range(256)) * 4096
    parts = {f"media/{place}": piece for place in range(110)}

    with pytest.raises(files.FileRefused):
        examine(docx(**parts), name="a.docx")


def test_a_part_that_holds_more_than_it_claims_is_refused():
    honest = docx(**{"word/media.bin": b"\x00" * 900_000})
    claimed = (900_000).to_bytes(4, "little")
    assert honest.count(claimed) == 2

    with pytest.raises(files.FileRefused):
        examine(honest.replace(claimed, (10).to_bytes(4, "little")), name="a.docx")


def test_other_packing_is_refused():
    parts = {"[Content_Types].xml": TYPES, "word/document.xml": "<w:document/>"}

    with pytest.raises(files.FileRefused):
        examine(archive(parts, packing=zipfile.ZIP_BZIP2), name="a.docx")


def test_size_counts_to_the_byte():
    whole = PDF.ljust(files.MAX_FILE_BYTES - len(b"%%EOF"), b" ") + b"%%EOF"

    assert examine(whole, name="a.pdf").size == files.MAX_FILE_BYTES
    with pytest.raises(files.FileTooLarge):
        examine(whole + b" ", name="a.pdf")
    with pytest.raises(Invalid):
        examine(b"", name="a.pdf")


def test_the_sender_may_not_contradict_the_content():
    with pytest.raises(files.FileRefused):
        examine(PDF, name="a.pdf", media_type="image/png")

    assert examine(PDF, name="a.pdf", media_type="application/octet-stream").size
    # Windows calls a table in text a table of Excel's.
    assert examine(b"a;b", name="a.csv", media_type="application/vnd.ms-excel").size


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a.pdf", "a.pdf"),
        (quote("Årsregnskab æøå.pdf"), "Årsregnskab æøå.pdf"),
        (quote("A\u030arsmøde.pdf"), "Årsmøde.pdf"),
        (quote("../../etc/passwd.pdf"), "passwd.pdf"),
        (quote("C:\\Dokumenter\\regnskab.pdf"), "regnskab.pdf"),
        (quote(" .skjult.pdf "), "skjult.pdf"),
    ],
)
def test_names_are_read_without_their_folders(header, name):
    assert files.read_name(header) == name


@pytest.mark.parametrize(
    "header", [None, "", "%20", "..", "a%00.pdf", "a%0d%0ab.pdf", "%ff.pdf", "010190-1234.pdf"]
)
def test_names_that_cannot_be_kept_are_refused(header):
    with pytest.raises(Invalid) as refused:
        files.read_name(header)

    assert [error.pointer for error in refused.value.errors] == ["/X-File-Name"]


def test_a_browser_saves_a_file_and_runs_nothing_of_it():
    headers = files.download_headers(name='Årsmøde "24".pdf', sha256="ab")

    assert headers["Content-Disposition"] == (
        'attachment; filename="Aarsmoede _24_.pdf";'
        " filename*=UTF-8''%C3%85rsm%C3%B8de%20%2224%22.pdf"
    )
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["ETag"] == '"ab"'


@given(st.binary(max_size=400), st.sampled_from([f"a.{each}" for each in files.EXTENSIONS]))
def test_any_bytes_are_admitted_or_refused_and_never_fail(content, name):
    try:
        examine(content, name=name)
    except (files.FileRefused, Invalid):
        return


@given(st.data())
def test_a_damaged_document_is_admitted_or_refused_and_never_fails(data):
    whole = bytearray(docx())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))

    try:
        examine(bytes(whole), name="a.docx")
    except files.FileRefused:
        return


@given(st.text(max_size=80))
def test_any_name_makes_a_header_of_one_line(name):
    header = files.download_headers(name=name, sha256="ab")["Content-Disposition"]

    assert header.isascii()
    assert header.isprintable()
