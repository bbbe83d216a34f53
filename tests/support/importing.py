"""Somebody at the directory's API who brings associations in from files, and the worker's turn."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import xlsxwriter

from chassis.auth import Principal
from chassis.database import Database
from services.directory.commands.imports import Importer
from services.directory.schemas import read_row

IMPORTS = "/api/v1/imports"
HEADER = (
    *("Foreningens navn", "CVR-nr.", "Formål", "Målgruppe", "Område"),
    *("Adresse", "Postnr.", "By", "Kontaktperson", "E-mail"),
)
CHESS = (
    *("Nørrebro Skakklub", "13748136", "Skak og kaffe for alle", "Alle", "Aars"),
    *("Vestergade 1", "9600", "Aars", "Skjalm Skak", "skjalm@example.org"),
)
VISITS = (
    *("Besøgsvennerne i Løgstør", "", "Besøg hos ældre", "Ældre", "Løgstør"),
    *("Østergade 2", "9670", "Løgstør", "Bente Besøg", "bente@example.org"),
)


def csv_of(*rows: Sequence[str], separator: str = ";", encoding: str = "utf-8") -> bytes:
    """Write rows as a CSV file."""
    return "".join(separator.join(row) + "\r\n" for row in rows).encode(encoding)


def xlsx_of(*rows: Sequence[Any], merged: Sequence[str] = ()) -> bytes:
    """Write rows as a workbook; ``merged`` are ranges such as "E2:E4"."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Foreninger")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    for each in merged:
        first = each.partition(":")[0]
        place = xlsxwriter.utility.xl_cell_to_rowcol(first)
        sheet.merge_range(each, rows[place[0]][place[1]])
    book.close()
    return buffer.getvalue()


class Desk:
    """Imports files, one step at a time."""

    def __init__(self, client: Any, database: Database, who: Principal) -> None:
        """``who`` is at the desk."""
        self.client, self.database = client.as_(who), database

    def work(self) -> None:
        """Let the worker do all there is to do."""
        stop = threading.Event()
        while Importer(self.database, stop, read=read_row).run():
            pass

    def upload(
        self, content: bytes, *, name: str = "foreninger.csv", id_: UUID | None = None
    ) -> Any:
        """Upload a file; return the answer."""
        return self.client.put(
            f"{IMPORTS}/{id_ or uuid4()}",
            data=content,
            headers={"Content-Type": "application/octet-stream", "X-File-Name": name},
        )

    def read(self, content: bytes, *, name: str = "foreninger.csv") -> Any:
        """Upload a file and have it read; return the import."""
        answer = self.upload(content, name=name)
        assert answer.status_code == 201, answer.text
        self.work()
        return self.shown(answer.json)

    def check(self, found: Any, **mapping: Any) -> Any:
        """Take the columns as suggested, or as given, and have the rows checked."""
        body = {"columns": found["columns"], "publish": True, **mapping}
        answer = self.client.put(f"{IMPORTS}/{found['id']}/mapping", json=body)
        assert answer.status_code == 200, answer.text
        self.work()
        return self.shown(found)

    def run(self, found: Any) -> Any:
        """Bring the rows in."""
        answer = self.client.post(f"{IMPORTS}/{found['id']}/start")
        assert answer.status_code == 200, answer.text
        self.work()
        return self.shown(found)

    def bring(self, content: bytes, *, name: str = "foreninger.csv", **mapping: Any) -> Any:
        """Bring a file in, from the upload to the end."""
        return self.run(self.check(self.read(content, name=name), **mapping))

    def shown(self, found: Any) -> Any:
        """Show the import as it is now."""
        return self.client.get(f"{IMPORTS}/{found['id']}").json

    def rows(self, found: Any, **filters: Any) -> Any:
        """Return its report, row by row."""
        answer = self.client.get(f"{IMPORTS}/{found['id']}/rows", query_string=filters)
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    def outcomes(self, found: Any) -> list[str]:
        """Say what each row came to."""
        return [row["outcome"] for row in self.rows(found)]
