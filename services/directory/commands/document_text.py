"""Reading the words in a file, so that documents can be searched inside (V20).

PDF by pypdf, Word by python-docx, OpenDocument by odfdo, plain text as it is; pictures and
spreadsheets are found by title and summary only. The worker reads an edition outside any
transaction and keeps what it found in one of its own; an edition whose reading ended its process
three times is left without words.
"""

import io
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from uuid import UUID

import docx
import odfdo
import pypdf
from docx.table import Table
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import undefer

from chassis import clock, files, telemetry
from chassis.auth import Principal
from chassis.database import Database, crash_point
from services.directory.model import READ_AGAIN, DocumentEdition
from services.directory.model.documents import MOST_READ

log = telemetry.logger(__name__)

# Of a PDF that takes longer only the first pages are searched.
PDF_SECONDS: Final = 20.0
_KEPT: Final = frozenset("\n\t")
_REFUSED: Final = ("Cc", "Cs")


def words_in(content: bytes, media_type: str) -> str:
    """Return the words of a file that :func:`chassis.files.examine` admitted.

    At most a little more than ``MOST_READ`` letters. Raises whatever the libraries raise for a file
    that is broken inside.
    """
    read = _READERS.get(media_type)
    found = "".join(_so_far(read(content))) if read else ""
    text = unicodedata.normalize("NFC", found)
    return "".join(
        letter if letter in _KEPT or unicodedata.category(letter) not in _REFUSED else " "
        for letter in text
    ).strip()


class DocumentReader:
    """Reads the editions that nobody has read yet. Made anew for each run."""

    def __init__(self, database: Database, stop: threading.Event) -> None:
        self._database, self._stop = database, stop
        self._principal = Principal.of_service(database.service)

    def run(self) -> bool:
        """Read one edition; return whether there is probably more."""
        taken = self._take()
        if taken is None or self._stop.is_set():
            return False
        edition_id, content, media_type = taken
        crash_point("document_taken")
        try:
            words = words_in(content, media_type)
        except Exception:
            # A file may be broken in as many ways as there are; it can be downloaded all the same.
            log.exception("document not readable", edition_id=str(edition_id))
            words = ""
        with self._database.unit_of_work(self._principal) as work:
            edition = work.find(DocumentEdition, edition_id, lock=True)
            if edition is not None and edition.read_at is None:
                edition.keep_words(words, at=work.now)
        return True

    def _take(self) -> tuple[UUID, bytes, str] | None:
        with self._database.reading() as session:
            if session.scalar(select(DocumentEdition.id).where(_is_unread()).limit(1)) is None:
                return None
        with self._database.unit_of_work(self._principal) as work:
            edition = work.session.scalars(
                select(DocumentEdition)
                .where(_is_unread())
                .order_by(DocumentEdition.stored_at, DocumentEdition.id)
                .options(undefer(DocumentEdition.content))
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if edition is None or not edition.try_to_read(at=work.now):
                return None
            return edition.id, edition.content, edition.media_type


def _is_unread() -> ColumnElement[bool]:
    """Say which editions wait; one that is in hand is left alone for a while."""
    return DocumentEdition.read_at.is_(None) & or_(
        DocumentEdition.tried_at.is_(None), DocumentEdition.tried_at < clock.now() - READ_AGAIN
    )


def _so_far(pieces: Iterator[str]) -> Iterator[str]:
    """Read on until there is more than can be searched."""
    length = 0
    for piece in pieces:
        yield f"{piece}\n"
        length += len(piece) + 1
        if length > MOST_READ:
            return


def _pdf(content: bytes) -> Iterator[str]:
    end = time.monotonic() + PDF_SECONDS
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        yield page.extract_text()
        if time.monotonic() > end:
            return


def _docx(content: bytes) -> Iterator[str]:
    for part in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                yield "\t".join(cell.text for cell in row.cells)
        else:
            yield part.text


def _odt(content: bytes) -> Iterator[str]:
    yield odfdo.Document(io.BytesIO(content)).get_formatted_text()


def _text(content: bytes) -> Iterator[str]:
    yield files.as_text(content) or ""


_READERS: Final[Mapping[str, Callable[[bytes], Iterator[str]]]] = {
    "application/pdf": _pdf,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _docx,
    "application/vnd.oasis.opendocument.text": _odt,
    "text/plain": _text,
    "text/csv": _text,
}
