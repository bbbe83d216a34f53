"""Messages of the shelf's, made by hand."""

from uuid import UUID, uuid4

from chassis import clock
from chassis.events import Envelope, decode, encode, new_id, source_of
from chassis.inbox import Message
from tests.support.sample.contracts import ItemAdded, ItemMoved


def wrap(event, sequence, **changes):
    """The bytes of an event as the shelf's relay would send them."""
    fields = {
        "id": new_id(),
        "source": source_of(event.SERVICE),
        "type": event.TYPE,
        "subject": event.subject,
        "time": clock.now(),
        "sequence": sequence,
        "data": {},
        "correlationid": uuid4().hex,
        "actor": "person:1",
        **changes,
    }
    return encode(Envelope(**fields), event)


def story(item_id=None, moves=3, mode=""):
    """An item's whole story: added, then moved so many times, in sequence."""
    item_id = item_id or uuid4()
    events = [ItemAdded(item_id=item_id, number=0, mode=mode)]
    events += [ItemMoved(item_id=item_id, number=each) for each in range(1, moves + 1)]
    return [Message(wrap(event, place)) for place, event in enumerate(events, start=1)]


def raw(*, item_id: UUID, type_: str, sequence: int, data):
    """An envelope with data of any form, as another version of the publisher might send."""
    bare = decode(wrap(ItemAdded(item_id=item_id, number=0), sequence, type=type_))
    return Message(encode(bare, data))
