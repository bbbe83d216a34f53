"""Pages by keyset: every item once, whatever the order."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    insert,
    select,
)
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.paging import paginate
from chassis.problems import Invalid

metadata = MetaData()
item = Table(
    "item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("weight", Numeric, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("on", Date, nullable=False),
)
START = datetime(2024, 3, 15, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(postgres: Any) -> Iterator[Database]:
    made = Database(postgres.ensure_database("test_paging"), service="items")
    metadata.drop_all(made.engine)
    metadata.create_all(made.engine)
    with made.engine.begin() as connection:
        connection.execute(
            insert(item),
            [
                {
                    "id": UUID(int=number),
                    "name": f"Forening {number % 4} æøå'\"",
                    "number": number % 3,
                    "weight": Decimal(number % 5) / 2,
                    "at": START + timedelta(microseconds=number // 2),
                    "on": date(2024, 1, 1 + number % 6),
                }
                for number in range(23)
            ],
        )
    yield made
    made.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.reading() as opened:
        yield opened


@pytest.mark.parametrize("limit", [1, 4, 23, 100])
@pytest.mark.parametrize(
    "order_by",
    [
        [item.c.id],
        [item.c.name, item.c.id],
        [item.c.number.desc(), item.c.id],
        [item.c.at.desc(), item.c.name.asc(), item.c.id.desc()],
        [item.c.on, item.c.weight.desc(), item.c.id],
    ],
    ids=["id", "name", "number", "moment", "day"],
)
def test_every_item_comes_once_and_in_order(session: Session, order_by: Any, limit: int) -> None:
    expected = session.execute(select(item).order_by(*order_by)).all()

    found, cursor = [], None
    while True:
        page = paginate(session, select(item), order_by=order_by, limit=limit, cursor=cursor)
        found += [row.id for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert found == [row.id for row in expected]


def test_one_column_comes_bare(session: Session) -> None:
    page = paginate(session, select(item.c.name), order_by=[item.c.id], limit=1)

    assert page["items"] == ["Forening 0 æøå'\""]


def test_an_empty_list_is_a_page(session: Session) -> None:
    page = paginate(session, select(item).where(item.c.number > 9), order_by=[item.c.id], limit=5)

    assert page == {"items": [], "next": None}


def cursor_of(values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "æ",
        "%%%",
        "A" * 5000,
        cursor_of("text"),
        cursor_of(None),
        cursor_of(7),
        cursor_of([]),
        cursor_of([1, "x", "y"]),
        cursor_of([None, str(UUID(int=1))]),
        cursor_of(["1", str(UUID(int=1))]),
        cursor_of([True, str(UUID(int=1))]),
        cursor_of([2**70, str(UUID(int=1))]),
        cursor_of([1, "no uuid"]),
        cursor_of([1, 7]),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        paginate(session, select(item), order_by=[item.c.number, item.c.id], limit=5, cursor=cursor)

    assert caught.value.errors[0].pointer == "/cursor"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (item.c.name, "a\x00b"),
        (item.c.name, "a\ud800b"),
        (item.c.at, "2024-03-15T12:00:00"),
        (item.c.at, 7),
        (item.c.on, "2024-13-01"),
        (item.c.weight, "x"),
    ],
)
def test_a_cursor_with_a_value_that_cannot_be_is_refused(
    session: Session, column: Any, value: Any
) -> None:
    with pytest.raises(Invalid):
        paginate(
            session,
            select(item),
            order_by=[column, item.c.id],
            limit=5,
            cursor=cursor_of([value, str(UUID(int=1))]),
        )
