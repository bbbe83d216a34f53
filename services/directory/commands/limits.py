"""How often something may be tried."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import func, insert, select

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import TooMany
from services.directory.model import Attempt

LIMITS: Final[Mapping[str, tuple[int, timedelta]]] = {
    "sign-in-address": (6, timedelta(minutes=15)),
    "sign-in-client": (60, timedelta(minutes=15)),
    "register-client": (60, timedelta(hours=1)),
    "register-address": (10, timedelta(hours=1)),
    "unmet-room-need": (20, timedelta(hours=1)),
    "change-address": (5, timedelta(days=1)),
    "invite-association": (30, timedelta(days=1)),
    "invite-address": (6, timedelta(days=1)),
    # Every version is kept, of 10 MB at most: enough for all kinds, and for mistakes.
    "file-paper": (30, timedelta(days=1)),
}


def count_attempt(work: UnitOfWork, kind: str, key: str, *, factor: int = 1) -> None:
    """Count one attempt. Raises :class:`TooMany` over the limit of its kind.

    The advisory lock makes racing attempts of one key count one after the other.
    """
    most, window = LIMITS[kind]
    hashed = hashlib.sha256(f"{kind}:{key}".encode()).hexdigest()
    lock = int(hashed[:15], 16)
    work.session.execute(select(func.pg_advisory_xact_lock(lock)))
    since = work.now - window
    count = work.session.scalar(
        select(func.count()).where(Attempt.kind == kind, Attempt.key == hashed, Attempt.at > since)
    )
    if (count or 0) >= most * factor:
        raise TooMany(
            "Too many attempts. Wait a while, then try again.",
            retry_after=int(window.total_seconds() // 3),
        )
    work.session.execute(insert(Attempt).values(id=new_id(), kind=kind, key=hashed, at=work.now))
