"""What the sample services say."""

from uuid import UUID

from chassis.events import Event, event


@event("shelf.item.added.v1")
class ItemAdded(Event):
    """An item stands on the shelf; ``mode`` steers what the reader's handler does."""

    item_id: UUID
    number: int
    mode: str = ""


@event("shelf.item.moved.v1")
class ItemMoved(Event):
    """An item stands elsewhere: every move has the next ``number``."""

    item_id: UUID
    number: int
    mode: str = ""


@event("shelf.item.cleaned.v1")
class ItemCleaned(Event):
    """Of no interest to the reader, but part of the same sequence."""

    item_id: UUID


@event("shelf.item.moved.v2")
class ItemMovedV2(Event):
    """The same fact as ``moved.v1`` in a shape that the reader does not know yet."""

    item_id: UUID
    position: int


@event("reader.receipt.given.v1")
class ReceiptGiven(Event):
    """The reader took note of an item's event."""

    receipt_id: UUID
    item_id: UUID
    number: int
