"""What a view asks of its request: who it is from, its unit of work, the version it builds on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import flask
from flask import g, request

from chassis import clock, files, viruses
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork
from chassis.problems import Stale

_MAX_VERSION_DIGITS: Final = 18


def principal() -> Principal:
    """Return who is asking."""
    found: Principal = g.principal
    return found


def unit_of_work() -> AbstractContextManager[UnitOfWork]:
    """Open the unit of work of this request."""
    return _database().unit_of_work(principal())


@contextmanager
def reading() -> Iterator[UnitOfWork]:
    """Open a read-only unit for single-statement queries; nothing is ever committed."""
    database = _database()
    with database.reading() as session:
        yield UnitOfWork(
            session=session, service=database.service, principal=principal(), now=clock.now()
        )


def if_match() -> int | None:
    """Return the version the caller read before, from ``If-Match``; None when it sent none.

    ``"3"`` and the ETag of an answer (``"3-1f00c2d4"``) both do. Raises :class:`Stale` for a
    foreign tag.
    """
    raw = request.headers.get("If-Match", "*").strip()
    if raw == "*":
        return None
    version = raw.removeprefix("W/").strip('"').split("-")[0]
    if not (version.isascii() and version.isdecimal() and len(version) <= _MAX_VERSION_DIGITS):
        raise Stale
    return int(version)


def received() -> files.Upload:
    """Return the file that is the body of this request; its name is in the header X-File-Name.

    Where a scanner is set it is asked first. Raises :class:`Invalid` for a name that will not do,
    :class:`~chassis.viruses.FileInfected` and :class:`~chassis.viruses.ScannerAway`.
    """
    upload = files.Upload(
        name=files.read_name(request.headers.get("X-File-Name")),
        media_type=request.mimetype or "application/octet-stream",
        content=request.get_data(cache=False),
    )
    clamd = flask.current_app.extensions["samspil.settings"].clamd_url
    if clamd and len(upload.content) <= files.MAX_FILE_BYTES:
        viruses.scan(upload.content, clamd=clamd)
    return upload


def _database() -> Database:
    found: Database = flask.current_app.extensions["samspil.database"]
    return found
