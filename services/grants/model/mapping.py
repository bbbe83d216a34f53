"""What every mapped class of this service stands on: the base, and text of fixed words."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Enum
from sqlalchemy.orm import DeclarativeBase

from chassis.database import declarative_base

if TYPE_CHECKING:
    # A type checker cannot follow a base class that a function makes.
    class Base(DeclarativeBase):
        """What every mapped class of this service stands on."""
else:
    Base = declarative_base()

DENMARK: Final = ZoneInfo("Europe/Copenhagen")


def one_of(words: type[StrEnum], *, name: str) -> Enum:
    """Make a column type for a fixed set of words: text in the database, under a CHECK."""
    return Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda kind: [word.value for word in kind],
    )


def local_day(at: datetime) -> date:
    """Return the day a moment falls on in Denmark."""
    return at.astimezone(DENMARK).date()


def local_year(at: datetime) -> int:
    """The calendar year in Denmark."""
    return at.astimezone(DENMARK).year
