"""The mapped base of the notifier's tables."""

from chassis.database import declarative_base

Base = declarative_base()
