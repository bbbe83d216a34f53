"""The mapped base of the notifier's tables."""

from typing import TYPE_CHECKING

from chassis.database import declarative_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase as Base
else:
    # A type checker cannot follow a base class that a function makes.
    Base = declarative_base()

__all__ = ["Base"]
