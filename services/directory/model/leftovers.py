"""What stops to matter with time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from services.directory.model.confirmation import ConfirmationLink
from services.directory.model.identity import SignInFlow
from services.directory.model.limits import Attempt
from services.directory.model.sign_in import SignInLink, SignInSession


def old_rows(now: datetime) -> list[tuple[Any, ColumnElement[bool]]]:
    """Name the tables whose rows stop to matter, and which of their rows have."""
    return [
        (SignInLink, SignInLink.expires_at < now - timedelta(days=1)),
        (SignInFlow, SignInFlow.expires_at < now - timedelta(days=1)),
        (ConfirmationLink, ConfirmationLink.expires_at < now - timedelta(days=1)),
        (SignInSession, SignInSession.started_at < now - timedelta(days=30)),
        (Attempt, Attempt.at < now - timedelta(days=1)),
    ]
