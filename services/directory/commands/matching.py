"""Use case of a need that nobody could meet: one more, and nothing of whose it was."""

import hashlib
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import FieldError, Invalid
from services.directory.commands.words import require_words
from services.directory.model import Attempt, UnmetNeed, today

KIND = "unmet-need"


def count_unmet_need(
    work: UnitOfWork,
    id_: UUID,
    *,
    topic: str | None,
    target_group: str | None,
    area: str | None,
) -> None:
    """Count a need that could not be met; sent twice it is counted once.

    No event tells of it and no row has its time, its counter or its id: an event would say who and
    when, which is how one would find the citizen. That it was counted is remembered for a day, as a
    hash of the id and apart from what was counted. Raises :class:`Invalid` for a word that is not
    in use here, and unless there is one need.
    """
    if (topic is None) == (target_group is None):
        raise Invalid(errors=[FieldError("/topic", "Give one: a topic, or a target group.")])
    require_words(
        work,
        {
            "topics": ("/topic", topic, ()),
            "target_groups": ("/target_group", target_group, ()),
            "areas": ("/area", area, ()),
        },
    )
    if _is_counted(work, id_):
        return
    statement = insert(UnmetNeed).values(
        month=today(work.now).replace(day=1),
        section="topics" if topic else "target_groups",
        need=topic or target_group,
        area=area or "",
        count=1,
    )
    work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[UnmetNeed.month, UnmetNeed.section, UnmetNeed.need, UnmetNeed.area],
            set_={"count": UnmetNeed.count + 1},
        )
    )


def _is_counted(work: UnitOfWork, id_: UUID) -> bool:
    hashed = hashlib.sha256(f"{KIND}:{id_}".encode()).hexdigest()
    # Twice at once: the second waits here and then sees the first.
    work.session.execute(select(func.pg_advisory_xact_lock(int(hashed[:15], 16))))
    known = select(Attempt.id).where(Attempt.kind == KIND, Attempt.key == hashed)
    if work.session.scalar(known) is not None:
        return True
    work.add(Attempt(id=new_id(), kind=KIND, key=hashed, at=work.now))
    return False
