"""Files that no door takes, and files that are two things at once: the rules of every upload.

Each service that takes files holds its doors against the same table (security.md: by content and
extension, 10 MB, no bombs, no macros, no outside entities, no folders).
"""

import io
import struct
import zipfile
from typing import Any, Final
from urllib.parse import unquote

import openpyxl
from PIL import Image

OFFICE: Final = "application/vnd.openxmlformats-officedocument"
PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SCRIPT: Final = b"<html><body onload=alert(1)><script>alert(1)</script></body></html>"
SVG: Final = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>1</script></svg>"
ENTITY: Final = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
# The file that every scanner of viruses takes for one (eicar.org), in two halves so that none of
# them takes this one.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TOO_LARGE: Final = 10 * 1024 * 1024 + 1
TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "csv": "text/csv",
    "docx": f"{OFFICE}.wordprocessingml.document",
}
"""What a file is handed out as, by what it is called."""


def archive(parts: dict[str, Any]) -> bytes:
    """Pack parts into a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return packed.getvalue()


def docx(main: str = "wordprocessingml.document.main+xml", **more: Any) -> bytes:
    """Pack a Word file, with other parts beside its own."""
    types = (
        f'<Types><Override PartName="/word/document.xml" ContentType="{OFFICE}.{main}"/></Types>'
    )
    return archive({"[Content_Types].xml": types, "word/document.xml": "<w:document/>", **more})


def workbook(**more: Any) -> bytes:
    """Write a workbook, with other parts beside its own."""
    saved, packed = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(saved)
    deflated = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(saved) as read, zipfile.ZipFile(packed, "w", deflated) as made:
        for name in read.namelist():
            made.writestr(name, read.read(name))
        for name, content in more.items():
            made.writestr(name, content)
    return packed.getvalue()


def picture(kind: str = "PNG") -> bytes:
    """Draw a picture."""
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, kind)
    return drawn.getvalue()


def nested(depth: int = 5, width: int = 16) -> bytes:
    """Pack archives in archives, as 42.zip does: some kilobytes that say to be gigabytes."""
    packed = archive({"0.dll": bytes(1024 * 1024)})
    for _ in range(depth):
        packed = archive({f"lib {place}.zip": packed for place in range(width)})
    return packed


def overlapping() -> bytes:
    """Let two parts of a Word file be the same bytes: a bomb that repeats nothing."""
    whole = docx(**{"word/media.bin": bytes(900_000)})
    directory = whole.rindex(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entry = whole[directory:end]
    count, size, offset = struct.unpack_from("<HII", whole, end + 10)
    tail = bytearray(whole[end:])
    struct.pack_into("<HHII", tail, 8, count + 1, count + 1, size + len(entry), offset)
    return whole[:end] + entry + bytes(tail)


def encrypted() -> bytes:
    """Say of a Word file's parts that they are encrypted, so that nobody can look into it."""
    whole = bytearray(docx())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = whole.index(sign)
        whole[begin + place] |= 1
    return bytes(whole)


# What no door takes, by what it is: the file's name, its content, and the answer's status.
REFUSED: Final[dict[str, tuple[str, bytes, int]]] = {
    "a program": ("a.exe", b"MZ\x90\x00", 415),
    "a double extension": ("regnskab.pdf.exe", PDF, 415),
    "a double extension of a picture": ("billede.png.html", picture(), 415),
    "no extension": ("regnskab", PDF, 415),
    "a page": ("a.html", SCRIPT, 415),
    "a page as PDF": ("a.pdf", SCRIPT, 415),
    "a page as a picture": ("a.png", SCRIPT, 415),
    "a page as a photograph": ("a.jpg", SCRIPT, 415),
    "a page as a table": ("a.csv", SCRIPT, 415),
    "a page as Word": ("a.docx", SCRIPT, 415),
    "a page as a workbook": ("a.xlsx", SCRIPT, 415),
    "a page before a PDF": ("a.pdf", SCRIPT + PDF, 415),
    "a drawing": ("a.svg", SVG, 415),
    "a drawing as a picture": ("a.png", SVG, 415),
    "a drawing as a table": ("a.csv", b" \n" + SVG, 415),
    "a drawing with a declaration": ("a.csv", b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG, 415),
    "a PDF as a picture": ("a.png", PDF, 415),
    "a picture as a PDF": ("a.pdf", picture(), 415),
    "a photograph as another picture": ("a.png", picture("JPEG"), 415),
    "a PDF cut off": ("a.pdf", PDF[:20], 415),
    "an archive": ("a.zip", docx(), 415),
    "an archive as a PDF": ("a.pdf", docx(), 415),
    "a picture before an archive": ("a.docx", picture() + docx(), 415),
    "42.zip": ("42.zip", nested(), 415),
    "42.zip as Word": ("42.docx", nested(), 415),
    "42.zip as a workbook": ("42.xlsx", nested(), 415),
    "a bomb": ("a.docx", docx(**{"word/a.xml": b" " * 20_000_000}), 415),
    "a bomb as a workbook": ("a.xlsx", workbook(**{"xl/a.xml": b" " * 20_000_000}), 415),
    "a bomb of many parts": ("a.docx", docx(**{f"a/{n}": "x" for n in range(2_000)}), 415),
    "a bomb of one part twice": ("a.docx", overlapping(), 415),
    "an encrypted document": ("a.docx", encrypted(), 415),
    "an entity in Word": ("a.docx", docx(**{"word/a.xml": ENTITY}), 415),
    "an entity in a workbook": ("a.xlsx", workbook(**{"xl/a.xml": ENTITY}), 415),
    "an entity in UTF-16": ("a.docx", docx(**{"word/a.xml": ENTITY.encode("utf-16")}), 415),
    "a part that climbs": ("a.docx", docx(**{"../../etc/cron.d/x": "x"}), 415),
    "a part that climbs backwards": ("a.xlsx", workbook(**{"..\\..\\x": "x"}), 415),
    "a macro": ("a.docx", docx(**{"word/vbaProject.bin": b"x"}), 415),
    "a macro's document": ("a.docm", docx(), 415),
    "a macro's document as another": (
        "a.docx",
        docx(main="wordprocessingml.document.macroEnabled.main+xml"),
        415,
    ),
    "a macro in a workbook": ("a.xlsx", workbook(**{"xl/vbaProject.bin": b"x"}), 415),
    "an old Word file": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415),
    "an old Word file as a new one": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415),
    "EICAR": ("eicar.com", EICAR, 415),
    "EICAR as a PDF": ("eicar.pdf", EICAR, 415),
    "EICAR in an archive": ("eicar.zip", archive({"eicar.com": EICAR}), 415),
    "too large": ("a.pdf", PDF + b"0" * (TOO_LARGE - len(PDF)), 413),
    "a table too large": ("a.csv", b"a;b\n" * (TOO_LARGE // 4 + 1), 413),
    "nothing": ("a.csv", b"", 422),
    "a name that ends early": ("a.pdf\x00.exe", PDF, 422),
    "a name of two lines": ("a\r\nX-Evil: 1.pdf", PDF, 422),
    "a name that is turned": ("a\u202efdp.exe.pdf", PDF, 422),
    "a name with a CPR number": ("010190-1234.pdf", PDF, 422),
    "no name": ("", PDF, 422),
    "a name of folders only": ("../..", PDF, 422),
}  # fmt: skip
# Sound files that are something else as well: taken, and handed out as what they are called.
TWO_THINGS: Final[dict[str, tuple[str, bytes]]] = {
    "a PDF that ends as a page": ("a.pdf", PDF + SCRIPT + b"\n%%EOF\n"),
    "a PDF that is an archive too": ("a.pdf", PDF + archive({"a.txt": "x"}) + b"\n%%EOF\n"),
    "a picture that ends as a page": ("a.png", picture() + SCRIPT),
    "a photograph that ends as a page": ("a.jpg", picture("JPEG") + SCRIPT),
    "a table with a page in it": ("a.csv", b"navn;" + SCRIPT),
    # There is no scanner of viruses: what is text is kept as text.
    "EICAR as a table": ("eicar.csv", EICAR),
    "a table with formulas": ("a.csv", b'=cmd|"/c calc"!A1;1\n'),
    "a Word file that ends as a page": ("a.docx", docx() + SCRIPT),
}
NAMES: Final = (
    "Årsregnskab æøå ÆØÅ.pdf",
    'Vedtægter "nye"; v=2.pdf',
    "../../etc/Regnskab.pdf",
    "C:\\Dokumenter\\Regnskab.pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "=HYPERLINK(1).pdf",
)
"""What people, and others, call a sound PDF."""


def assert_it_runs_nowhere(answer: Any, name: str) -> None:
    """See that a browser saves it under its name, and neither guesses nor runs what it is."""
    disposition = answer.headers["Content-Disposition"]
    assert answer.status_code == 200
    assert answer.mimetype == TYPES[name.rsplit(".", 1)[1]]
    assert disposition.startswith("attachment; ")
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == name
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
