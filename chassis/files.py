"""Files as rows: what people attach is kept in the service's own PostgreSQL, with its case.

A service maps the table ``file`` by deriving from :class:`StoredFile` and saying what owns a file::

    class Attachment(files.StoredFile, Base):
        owner_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)

:func:`examine` is the only way in: it admits a file whose *content* and *extension* both say the
same allowed kind, is at most 10 MB, and hides no bomb, macro or outside entity. For viruses it has
been looked into before, where an installation has a scanner (:mod:`chassis.viruses`).
:func:`download_headers` is the only way out: a browser saves the file and never shows it as a page
of ours. The name a person gave is kept for show, with its Danish letters, and is never used as a
path.
"""

import codecs
import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from chassis import fields
from chassis.problems import FieldError, Invalid, TooLarge, UnsupportedMedia
from chassis.viruses import FileInfected, ScannerAway

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_ENTRIES: Final = 2_000
MAX_UNPACKED_BYTES: Final = 100 * 1024 * 1024
MAX_RATIO: Final = 100
"""An office document packs its text some 10 to 20 times; a bomb a thousand times and more."""

_SMALL: Final = 1024 * 1024
"""Below this an unpacked part may be packed as tightly as it likes: blank cells pack well."""
_PROLOGUE: Final = 4096
_OCTETS: Final = "application/octet-stream"
_TRANSLITERATION: Final = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}
)


class FileTooLarge(TooLarge):
    """The file is larger than what is kept."""

    slug = "attachment-too-large"
    title = "The file is too large"


class FileRefused(UnsupportedMedia):
    """The file is of a kind that is not taken, or is not what its name says."""

    slug = "attachment-type"
    title = "This kind of file is not accepted"


REFUSALS: Final = (Invalid, FileTooLarge, FileRefused, FileInfected, ScannerAway)
"""What a route that takes a file may answer because of the file."""


class StoredFile:
    """The columns of the table ``file``; a service derives its class from this, with ``owner_id``.

    ``content`` is read only when asked for (``undefer``), so that a list of files costs nothing.
    """

    __tablename__ = "file"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    stored_at: Mapped[datetime]
    stored_by: Mapped[UUID | None]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it was sent: its display name, the media type its sender gave, and its bytes.

    Routes get one from :func:`chassis.web.received`, which has it looked into for viruses.
    """

    name: str
    content: bytes
    media_type: str = _OCTETS


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of file that is taken: how it is recognised, and what it is handed out as."""

    extensions: tuple[str, ...]
    media_type: str
    matches: Callable[[bytes], bool]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A file that may be kept. ``name`` is for show; ``sha256`` is in hexadecimal digits."""

    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes


def read_name(header: str | None) -> str:
    """Read a file's display name, percent-encoded UTF-8 in a header; folders in it are dropped.

    Raises :class:`Invalid` where there is none, or it holds control characters or a CPR number.
    """
    try:
        raw = unquote_to_bytes(header or "").decode("utf-8")
        name = re.split(r"[\\/]", unicodedata.normalize("NFC", raw))[-1].strip(" .")
        return str(fields.Line(required=True, max=200).deserialize(name))
    except (UnicodeDecodeError, ValidationError) as error:
        detail = (
            str(error.messages[0])
            if isinstance(error, ValidationError) and isinstance(error.messages, list)
            else "Give the file's name in percent-encoded UTF-8."
        )
        raise Invalid(errors=[FieldError("/X-File-Name", detail)]) from error


def examine(upload: Upload, *, kinds: Sequence["Kind"] | None = None) -> Examined:
    """Admit a file, or say why not.

    Neither its name nor the media type its sender gave may contradict the content; ``kinds`` are
    those that are taken, :data:`KINDS` unless given. Raises :class:`FileTooLarge`,
    :class:`FileRefused`, or :class:`Invalid` for an empty file.
    """
    content, name, declared = upload.content, upload.name, upload.media_type
    taken = KINDS if kinds is None else kinds
    if len(content) > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"A file may be {MAX_FILE_BYTES // (1024 * 1024)} MB at most.", limit=MAX_FILE_BYTES
        )
    if not content:
        raise Invalid("The file is empty.", errors=[FieldError("", "The file is empty.")])
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    kind = next((kind for kind in taken if extension in kind.extensions), None)
    if kind is None:
        accepted = [extension for each in taken for extension in each.extensions]
        raise FileRefused(f"Accepted are {', '.join(accepted)}.", accepted=accepted)
    if not kind.matches(content):
        raise FileRefused(f"The content is not that of a sound .{extension} file.")
    known = {each.media_type for each in taken}
    is_text = kind.media_type.startswith("text/")
    if declared != kind.media_type and declared in known and not is_text:
        raise FileRefused(f"It was sent as {declared}, and its name says .{extension}.")
    return Examined(
        name=name,
        media_type=kind.media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def download_headers(*, name: str, sha256: str) -> Mapping[str, str]:
    """Return headers that make a browser save a file under its name and run nothing of it."""
    plain = unicodedata.normalize("NFKD", name.translate(_TRANSLITERATION))
    ascii_name = re.sub(r"[^A-Za-z0-9._ ()-]", "_", plain.encode("ascii", "ignore").decode())
    return {
        "Content-Disposition": (
            f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
        ),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "ETag": f'"{sha256}"',
    }


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]


def _is_text(content: bytes) -> bool:
    """Tell whether this is text, and no page, PDF or macro in the guise of one."""
    text = as_text(content)
    if text is None or text.lstrip("\ufeff \t\r\n").startswith(("<", "%PDF", "{\\rtf")):
        return False
    return not any(
        unicodedata.category(letter) == "Cc" and letter not in "\r\n\t" for letter in set(text)
    )


def as_text(content: bytes) -> str | None:
    """Read bytes as text: Unicode, or the letters of older systems; None where they are none."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if any("\x80" <= letter <= "\x9f" for letter in text):
        # These places hold dashes, quotation marks and letters in the code pages of Windows, DOS
        # and the Mac, control characters in latin-1.
        return content.decode("cp1252", "replace")
    return text


def _is_office(part: str, content_type: str) -> Callable[[bytes], bool]:
    """Recognise Microsoft's formats by their main part and its type; macro kinds have another."""

    def matches(content: bytes) -> bool:
        archive = _sound_archive(content)
        if archive is None or part not in archive.namelist():
            return False
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            return False
        with archive.open("[Content_Types].xml") as types:
            return content_type.encode() in types.read(_SMALL)

    return lambda content: _guarded(matches, content)


def _is_open_document(media_type: str) -> Callable[[bytes], bool]:
    """Recognise an OpenDocument by its first entry, ``mimetype``, which says what it is."""

    def matches(content: bytes) -> bool:
        archive = _sound_archive(content)
        if archive is None or archive.namelist()[0] != "mimetype":
            return False
        if "content.xml" not in archive.namelist():
            return False
        with archive.open("mimetype") as entry:
            return entry.read(200).strip() == media_type.encode()

    return lambda content: _guarded(matches, content)


def _guarded(matches: Callable[[bytes], bool], content: bytes) -> bool:
    try:
        return matches(content)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error):
        return False
    except (KeyError, IndexError, OSError, EOFError):
        return False
    except (NotImplementedError, RuntimeError, ValueError):
        # Odd compression, encryption, and numbers that make no sense.
        return False


def _sound_archive(content: bytes) -> zipfile.ZipFile | None:
    """Open a zip archive that is neither a bomb nor a trap; None where it is one.

    What the archive claims to unpack to is bounded first; then each part must keep its word.
    """
    if not content.startswith(b"PK\x03\x04"):
        return None
    archive = zipfile.ZipFile(io.BytesIO(content))
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if not 0 < len(entries) <= MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES:
        return None
    if len({entry.header_offset for entry in entries}) != len(entries):
        return None
    return archive if all(_is_sound(archive, entry, content) for entry in entries) else None


def _is_sound(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, content: bytes) -> bool:
    encrypted = bool(entry.flag_bits & 0x1)
    climbs = entry.filename.startswith(("/", "\\")) or ".." in re.split(r"[\\/]", entry.filename)
    packed = max(entry.compress_size, 1)
    swells = entry.file_size > _SMALL and entry.file_size / packed > MAX_RATIO
    if encrypted or climbs or swells or not _keeps_its_word(content, entry):
        return False
    if entry.filename.lower().endswith((".xml", ".rels")):
        with archive.open(entry) as part:
            # An XML that declares a document type can pull in files of whoever opens it (XXE).
            prologue = part.read(_PROLOGUE).replace(b"\x00", b"").upper()
        return b"<!DOCTYPE" not in prologue and b"<!ENTITY" not in prologue
    return True


def _keeps_its_word(content: bytes, entry: zipfile.ZipInfo) -> bool:
    """Unpack a part as far as it claims to go: a bomb claims less than it holds."""
    name_length, extra_length = struct.unpack_from("<HH", content, entry.header_offset + 26)
    begin = entry.header_offset + 30 + name_length + extra_length
    packed = content[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        return len(packed) == entry.file_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        # Office formats know no other way of packing.
        return False
    stream, unpacked = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while not stream.eof:
        piece = stream.decompress(packed, _SMALL)
        unpacked += len(piece)
        packed = stream.unconsumed_tail
        if unpacked > entry.file_size or not (piece or packed):
            return False
    return unpacked == entry.file_size


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"

KINDS: Final[tuple[Kind, ...]] = (
    Kind(extensions=("pdf",), media_type="application/pdf", matches=_is_pdf),
    Kind(extensions=("png",), media_type="image/png", matches=_begins(b"\x89PNG\r\n\x1a\n")),
    Kind(extensions=("jpg", "jpeg"), media_type="image/jpeg", matches=_begins(b"\xff\xd8\xff")),
    Kind(
        extensions=("docx",),
        media_type=f"{_OFFICE}.wordprocessingml.document",
        matches=_is_office("word/document.xml", f"{_OFFICE}.wordprocessingml.document.main+xml"),
    ),
    Kind(
        extensions=("xlsx",),
        media_type=f"{_OFFICE}.spreadsheetml.sheet",
        matches=_is_office("xl/workbook.xml", f"{_OFFICE}.spreadsheetml.sheet.main+xml"),
    ),
    Kind(
        extensions=("ods",),
        media_type=f"{_OPEN}.spreadsheet",
        matches=_is_open_document(f"{_OPEN}.spreadsheet"),
    ),
    Kind(
        extensions=("odt",),
        media_type=f"{_OPEN}.text",
        matches=_is_open_document(f"{_OPEN}.text"),
    ),
    Kind(extensions=("csv",), media_type="text/csv", matches=_is_text),
)
PLAIN: Final = Kind(extensions=("txt",), media_type="text/plain", matches=_is_text)
"""Plain text: not among :data:`KINDS`, for those who take it besides."""
EXTENSIONS: Final = tuple(extension for kind in KINDS for extension in kind.extensions)
