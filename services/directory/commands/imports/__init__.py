"""Bringing associations in from files.

- ``cases``: what a person does: upload, say what the columns hold, start, stop, answer
- ``reading``: from bytes to rows of text
- ``columns``: which column holds what
- ``words``: names and words in the form they are compared in
- ``matching``: which association a row is about
- ``rows``: what a row comes to
- ``working``: the worker that reads, checks, brings in and tells
"""

from services.directory.commands.imports.cases import (
    answer,
    choose_header,
    drop,
    forget_person,
    introduce,
    map_columns,
    put_import,
    start,
    stop,
)
from services.directory.commands.imports.columns import FIELDS
from services.directory.commands.imports.rows import UNKNOWN_WORD
from services.directory.commands.imports.working import Importer

__all__ = [
    "FIELDS",
    "UNKNOWN_WORD",
    "Importer",
    "answer",
    "choose_header",
    "drop",
    "forget_person",
    "introduce",
    "map_columns",
    "put_import",
    "start",
    "stop",
]
