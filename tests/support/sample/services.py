"""The sample services themselves."""

import itertools
import os
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from marshmallow import Schema, fields
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.auth import Principal, public
from chassis.database import UnitOfWork
from chassis.handlers import Handlers, RetryLater
from chassis.problems import NotFound
from chassis.service import Service, WorkerContext
from chassis.web import Blueprint, unit_of_work
from tests.support.sample.contracts import (
    ItemAdded,
    ItemCleaned,
    ItemMoved,
    ItemMovedV2,
    ReceiptGiven,
)
from tests.support.sample.model import Copy, Item, Job, Line, ReaderBase, ShelfBase

shelf_handlers = Handlers()
reader_handlers = Handlers()
items = Blueprint("items", __name__)


class ItemSchema(Schema):
    id = fields.UUID()
    moves = fields.Integer()


def add_item(work: UnitOfWork, item_id: UUID, *, moves: int = 0, mode: str = "") -> Item:
    """Add an item and move it so many times: 1 + ``moves`` events, numbered from 0."""
    item = work.add(Item(id=item_id, moves=moves, due_at=None, dusted_count=0))
    work.emit(ItemAdded(item_id=item_id, number=0, mode=mode))
    for number in range(1, moves + 1):
        work.emit(ItemMoved(item_id=item_id, number=number, mode=mode))
    return item


def clean_item(work: UnitOfWork, item_id: UUID) -> None:
    """Say something the reader does not listen to."""
    work.emit(ItemCleaned(item_id=item_id))


def move_in_both_versions(work: UnitOfWork, item_id: UUID, number: int) -> None:
    """Publish one fact in two major versions."""
    work.emit(
        ItemMovedV2(item_id=item_id, position=number), ItemMoved(item_id=item_id, number=number)
    )


@items.put("/api/v1/items/<uuid:item_id>")
@items.response(201, ItemSchema)
@public
def put_item(item_id: UUID) -> Item:
    with unit_of_work() as work:
        found = work.find(Item, item_id)
        return found or add_item(work, item_id)


@items.get("/api/v1/items/<uuid:item_id>")
@items.response(200, ItemSchema)
@items.problems(NotFound)
@public
def get_item(item_id: UUID) -> Item:
    with unit_of_work() as work:
        return work.get(Item, item_id)


def due_items(session: Session, now: datetime) -> Sequence[UUID]:
    return session.scalars(select(Item.id).where(Item.due_at <= now).order_by(Item.id)).all()


@shelf_handlers.when_due(due_items)
def dust_item(item_id: UUID, work: UnitOfWork) -> None:
    item = work.get(Item, item_id, lock=True)
    item.due_at = None
    item.dusted_count += 1
    work.emit(ItemCleaned(item_id=item_id))


@reader_handlers.project(ItemAdded)
def copy_item(event: ItemAdded, work: UnitOfWork) -> None:
    work.add(Copy(item_id=event.item_id, number=event.number, history=str(event.number)))


@reader_handlers.project(ItemMoved)
def move_copy(event: ItemMoved, work: UnitOfWork) -> None:
    copy = work.get(Copy, event.item_id)
    copy.number = event.number
    copy.history += f" {event.number}"


attempts = itertools.count()
failing: set[str] = set()


def _is_healed() -> bool:
    """Whether the mistake in the handlers has been mended: in a test, or in a new deployment."""
    return "healed" in failing or "HEALED" in os.environ


@reader_handlers.on(ItemAdded)
def note_item(event: ItemAdded, work: UnitOfWork) -> None:
    _note(event, work)


@reader_handlers.on(ItemMoved)
def note_move(event: ItemMoved, work: UnitOfWork) -> None:
    _note(event, work)


def _note(event: ItemAdded | ItemMoved, work: UnitOfWork) -> None:
    if event.mode == "poison" and not _is_healed():
        raise ValueError("poison")
    if event.mode == "later" and not _is_healed():
        raise RetryLater("not yet")
    if event.mode == "slow":
        time.sleep(float(os.environ.get("SLOW_SECONDS", "0.5")))
    if event.mode == "endless" and not _is_healed():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pass
    if event.mode == "job":
        work.add(Job(item_id=event.item_id, done_at=None))
        work.wake_workers()
    work.add(Line(item_id=event.item_id, number=event.number, at=work.now))
    work.emit(ReceiptGiven(receipt_id=uuid4(), item_id=event.item_id, number=event.number))


@reader_handlers.worker("jobs")
def do_job(context: WorkerContext) -> bool:
    with context.database.unit_of_work(Principal.of_service("reader")) as work:
        done = work.session.execute(
            update(Job)
            .where(
                Job.id
                == select(Job.id)
                .where(Job.done_at.is_(None))
                .limit(1)
                .with_for_update(skip_locked=True)
                .scalar_subquery()
            )
            .values(done_at=work.now)
            .returning(Job.id)
        ).first()
    return done is not None


OPERATOR_ONLY = {
    f"{name}.dead-letter:{action}": {"operator": "any"}
    for name in ("shelf", "reader")
    for action in ("read", "settle")
}
EVERY_SERVICE = {
    **OPERATOR_ONLY,
    **{
        f"{name}.personal-data:read": {"person": "own", "coordinator": "any"}
        for name in ("shelf", "reader")
    },
}

shelf = Service(
    name="shelf",
    title="Shelf",
    package="tests.support.sample.shelf",
    metadata=ShelfBase.metadata,
    blueprints=[items],
    handlers=shelf_handlers,
    permissions=EVERY_SERVICE,
)

reader = Service(
    name="reader",
    title="Reader",
    package="tests.support.sample.reader",
    metadata=ReaderBase.metadata,
    blueprints=[],
    handlers=reader_handlers,
    permissions=EVERY_SERVICE,
    projections=[Copy],
)
