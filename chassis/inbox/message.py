"""Reading messages: from bytes to an event and the handlers it is for, or to the reason why not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from chassis.events import (
    CONTENT_TYPE,
    Envelope,
    Event,
    Undecodable,
    UnknownType,
    UnknownVersion,
    decode,
)
from chassis.handlers import Handler, Handlers

ACCEPTED: Final = ("application/json", CONTENT_TYPE)
REPLAY: Final = "all"
REPLAY_PROJECTIONS: Final = "projections"

Stream = tuple[str, str]
Key = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Message:
    """What came from the broker.

    ``replay`` is empty for a live message, else what a replay asked for: "all", or "projections"
    where effects must not run. ``fault`` is set where the broker's side found it unfit already.
    ``sender`` is the broker's word for who published it, where it vouches for that. ``routed_as``
    is the key it was published under, which the broker may allow to one account only.
    """

    body: bytes
    content_type: str = CONTENT_TYPE
    replay: str = ""
    fault: str = ""
    sender: str = ""
    routed_as: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A message that could be read, and what this service makes of it.

    ``obstacle`` says why it cannot be handled even when its turn comes: an unknown version, which
    may pass, or data that do not fit (``poison``), which needs a human. ``stored`` items are rows
    of the inbox that are tried again; ``dropped`` ones a human gave up once.
    """

    message: Message
    envelope: Envelope
    event: Event | None = None
    handlers: Sequence[Handler] = ()
    obstacle: str = ""
    poison: bool = False
    stored: bool = False
    attempts: int = 0
    effects_done: bool = False
    dropped: bool = False

    @property
    def stream(self) -> Stream:
        """Whose sequence it is part of."""
        return self.envelope.source, self.envelope.subject

    @property
    def key(self) -> Key:
        """What tells it from any other: an id is unique within its source only."""
        return self.envelope.source, self.envelope.id

    @property
    def facts(self) -> dict[str, Any]:
        """What a log line says of it."""
        return {
            "type": self.envelope.type,
            "event_id": str(self.envelope.id),
            "subject": self.envelope.subject,
            "sequence": self.envelope.sequence,
            "correlation_id": self.envelope.correlationid,
        }


class Reader:
    """Reads messages for one service's handlers."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers
        # An unknown version of one of these waits; any other unknown type is of no interest.
        self._stems = {_stem(type_) for type_ in handlers.types}

    def read(self, message: Message) -> Item:
        """Read a message. Raises :class:`Undecodable` where it is no envelope of ours."""
        if message.content_type not in ACCEPTED:
            raise Undecodable(f"content type {message.content_type!r} is not accepted")
        envelope = decode(message.body)
        if message.sender and message.sender != envelope.service:
            raise Undecodable(f"{envelope.source} was sent by {message.sender}")
        if message.routed_as and message.routed_as != envelope.type:
            raise Undecodable(f"{envelope.type} was published as {message.routed_as}")
        if message.fault:
            return Item(message, envelope, obstacle=message.fault, poison=True)
        handlers = self._handlers.of(envelope.type)
        if not handlers:
            # Ignoring it would pass over the version that is known, which may come behind it.
            unknown = _stem(envelope.type) in self._stems
            obstacle = f"unknown version: {envelope.type}" if unknown else ""
            return Item(message, envelope, obstacle=obstacle)
        try:
            return Item(message, envelope, event=envelope.open(), handlers=handlers)
        except Undecodable as error:
            return Item(message, envelope, obstacle=str(error), poison=True)
        except (UnknownType, UnknownVersion) as error:
            return Item(message, envelope, obstacle=f"{type(error).__name__}: {error}")

    def read_row(self, row: Any) -> Item:
        """Read a row of the inbox again. Raises :class:`Undecodable` as :meth:`read` does.

        What was dropped has no handlers and no obstacle: its subject only has to pass it.
        """
        message = Message(bytes(row.body))
        if row.reason is not None:
            return Item(message, decode(message.body), stored=True, dropped=True)
        return replace(
            self.read(message), stored=True, attempts=row.attempts, effects_done=row.effects_done
        )


def in_sequence(items: Sequence[tuple[int, Item]]) -> list[tuple[int, Item]]:
    """Order the events of each subject by sequence, in the places that the subject had.

    Of several versions of one fact the known one comes first, and what was dropped last.
    """
    by_stream: dict[Stream, list[tuple[int, Item]]] = defaultdict(list)
    for pair in items:
        by_stream[pair[1].stream].append(pair)
    for pairs in by_stream.values():
        pairs.sort(key=_place, reverse=True)
    return [by_stream[item.stream].pop() for _, item in items]


def _place(pair: tuple[int, Item]) -> tuple[int, bool, bool]:
    item = pair[1]
    return item.envelope.sequence, item.dropped, bool(item.obstacle)


def _stem(type_: str) -> str:
    return type_.rsplit(".v", 1)[0]
