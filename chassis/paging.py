"""Pages of a list by keyset: the cursor holds the sort keys of the last item, never an offset.

A page costs the same wherever it lies, and an item that is added or removed meanwhile neither
repeats nor hides another.
"""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, or_
from sqlalchemy.orm import Session
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

from chassis.problems import FieldError, Invalid

MAX_CURSOR = 2000


def paginate(
    session: Session,
    statement: Select[Any],
    *,
    order_by: Sequence[Any],
    limit: int,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Return one page: ``{"items": [...], "next": cursor or None}``.

    ``order_by`` names columns, ``column.desc()`` for the other way; together they are unique (end
    with the primary key) and none is ever null. The statement itself has no order and no limit.
    Items are what the statement selects: objects where it selects one thing, rows otherwise.
    Raises :class:`Invalid` for a cursor that is not one of ours.
    """
    keys = [_key(expression) for expression in order_by]
    width = (
        len(statement.selected_columns)
        if not statement.column_descriptions
        else len(statement.column_descriptions)
    )
    if cursor is not None:
        values = decode(cursor, [column for column, _ in keys])
        statement = statement.where(_after(keys, values))
    statement = statement.order_by(*order_by).limit(limit + 1)
    statement = statement.add_columns(
        *(column.label(f"page_key_{place}") for place, (column, _) in enumerate(keys))
    )
    rows = session.execute(statement).all()
    more, rows = len(rows) > limit, rows[:limit]
    following = encode(rows[-1][width:]) if more and rows else None
    return {"items": [row[0] if width == 1 else row for row in rows], "next": following}


def encode(values: Sequence[Any]) -> str:
    """Make a cursor of the sort keys of the last item."""
    plain = [
        value.isoformat() if isinstance(value, datetime | date)
        else value if isinstance(value, int | float | str)
        else str(value)
        for value in values
    ]  # fmt: skip
    raw = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    """Read a cursor again, each key as its column's type. Raises :class:`Invalid`."""
    try:
        raw = base64.b64decode(
            cursor[:MAX_CURSOR] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        return [
            _revive(value, column.type.python_type)
            for value, column in zip(list(json.loads(raw)), columns, strict=True)
        ]
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise Invalid(
            errors=[FieldError("/cursor", "Not a cursor of this list: begin at its first page.")]
        ) from error


def _key(expression: Any) -> tuple[ColumnElement[Any], bool]:
    """Return the column of a sort expression, and whether it goes down."""
    if isinstance(expression, UnaryExpression) and expression.modifier is not None:
        return expression.element, expression.modifier is operators.desc_op
    return expression, False


def _after(
    keys: Sequence[tuple[ColumnElement[Any], bool]], values: Sequence[Any]
) -> ColumnElement[bool]:
    """Say "behind this place": (a > x) or (a = x and b > y) or ..."""
    alternatives = []
    for place, (column, down) in enumerate(keys):
        same = [
            earlier == literal(value, earlier.type)
            for (earlier, _), value in zip(keys[:place], values, strict=False)
        ]
        bound = literal(values[place], column.type)
        alternatives.append(and_(*same, column < bound if down else column > bound))
    return or_(*alternatives)


def _revive(value: Any, kind: Any) -> Any:
    """Give a value from a cursor the type of its column. Raises ``ValueError``."""
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return moment
    if kind is date:
        return date.fromisoformat(value)
    if kind in (UUID, Decimal):
        return kind(str(value))
    if kind is float:
        return float(value)
    if type(value) is not kind or (kind is str and not _storable(value)):
        raise ValueError("another type")
    if kind is int and not -(2**63) <= value < 2**63:
        raise ValueError("out of range")
    return value


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
