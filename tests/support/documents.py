"""Files with words in them, as people make them, and the turn of whoever reads them."""

import io
import threading
import zipfile

import docx
import typst

from services.directory.commands.document_text import DocumentReader

_ODT = "application/vnd.oasis.opendocument.text"
_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">
<office:body><office:text><text:p>{words}</text:p></office:text></office:body>
</office:document-content>"""
_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
 manifest:version="1.3"><manifest:file-entry manifest:full-path="/"
 manifest:media-type="application/vnd.oasis.opendocument.text"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""


def pdf(*pages: str) -> bytes:
    """Set a PDF, one text a page."""
    return typst.compile("\n#pagebreak()\n".join(pages).encode())


def word(words: str, *, cell: str = "") -> bytes:
    """Write a Word file with a paragraph, and a table where there is something for it."""
    document, saved = docx.Document(), io.BytesIO()
    document.add_paragraph(words)
    if cell:
        document.add_table(1, 1).cell(0, 0).text = cell
    document.save(saved)
    return saved.getvalue()


def open_text(words: str) -> bytes:
    """Write an OpenDocument text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", _ODT, zipfile.ZIP_STORED)
        made.writestr("content.xml", _CONTENT.format(words=words))
        made.writestr("META-INF/manifest.xml", _MANIFEST)
    return packed.getvalue()


def read_all(database) -> int:
    """Let the worker read what was uploaded; return how many files that were."""
    count = 0
    while DocumentReader(database, threading.Event()).run():
        count += 1
    return count
