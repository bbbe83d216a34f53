"""What a service listens to and what it does when a time comes.

The registry behind ``handlers.py`` of every service.

::

    handlers = Handlers()


    @handlers.project(AssociationRenamed)  # keeps a local copy; may run again in a rebuild
    def rename_applicant(event, work): ...


    @handlers.on(RoundAnnounced)  # has an effect (a mail, a new fact): once and never again
    def tell_everyone(event, work): ...


    @handlers.when_due(queries.rounds_to_open)  # dates become events
    def open_round(round_id, work): ...


    handlers.count("round", queries.rounds_near)  # watched: cases by state, in the metrics


    @handlers.worker("mail")  # slow work is a row with a status and a loop of its own
    def send_mail(context): ...

Handlers need not compare versions: the consumer gives each service the events of one subject once
and in order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from chassis.clock import AT_ONCE, CountQuery, Due, DueQuery, DueTask, due_name

if TYPE_CHECKING:
    from chassis.database import UnitOfWork
    from chassis.events import Event


class RetryLater(Exception):
    """A handler cannot do its work yet, for a reason that passes by itself.

    It is tried again as after a failure.
    """


E = TypeVar("E", bound="Event")
Handle = Callable[[Any, "UnitOfWork"], None]
H = TypeVar("H", bound=Callable[..., Any])
Worker = Callable[[Any], bool]


@dataclass(frozen=True)
class Handler:
    """A function for one event type.

    A projection may run again in a rebuild; an effect never does.
    """

    event: "type[Event]"
    handle: Handle
    projection: bool


class Handlers:
    """The registry of one service."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[Handler]] = {}
        self.due: list[Due] = []
        self.counted: dict[str, CountQuery] = {}
        self.workers: dict[str, Worker] = {}

    def project(self, event: "type[Event]") -> Callable[[H], H]:
        """Register a projection: it writes a local copy and does nothing else.

        The same event must be kept the same whenever it is handled: it reads ``work.occurred_at``
        and no clock.
        """
        return self._register(event, projection=True)

    def on(self, event: "type[Event]") -> Callable[[H], H]:
        """Register an effect.

        It runs exactly once for each event, also through replays and rebuilds.
        """
        return self._register(event, projection=False)

    def when_due(
        self, query: DueQuery, *, every: timedelta = AT_ONCE
    ) -> Callable[[DueTask], DueTask]:
        """Register a scheduled task.

        Each id that ``query(session, now)`` returns gets a unit of work of its own. What keeps to
        the day need not be looked for each second: ``every`` is then ``clock.SOON``.
        """

        def register(task: DueTask) -> DueTask:
            self.due.append(Due(name=due_name(task), query=query, task=task, every=every))
            return task

        return register

    def count(self, kind: str, query: CountQuery) -> None:
        """Have the scheduler tell in the metrics how many cases of a kind are in each state.

        ``query(session, now)`` names every state it knows, also those that no case is in; it is
        asked every fifteen seconds, so it must be cheap.
        """
        self.counted[kind] = query

    def worker(self, name: str) -> Callable[[Worker], Worker]:
        """Register a loop that runs beside the consumer.

        Called with a ``WorkerContext`` again and again: at once while it returns True, which says
        that there may be more to do; else when work comes, and at the latest after a second. It
        opens its own units of work and must be quick to return, so that the process can end. When
        it raises, that is logged and it is called again after a growing pause.
        """

        def register(run: Worker) -> Worker:
            self.workers[name] = run
            return run

        return register

    def of(self, type_: str) -> list[Handler]:
        """The handlers of an event type, projections first.

        Empty where the service does not listen to it.
        """
        return sorted(self._by_type.get(type_, []), key=lambda handler: not handler.projection)

    @property
    def types(self) -> Mapping[str, list[Handler]]:
        """Every event type the service handles."""
        return self._by_type

    def _register(self, event: "type[Event]", *, projection: bool) -> Callable[[H], H]:
        def register(handle: H) -> H:
            self._by_type.setdefault(event.TYPE, []).append(Handler(event, handle, projection))
            return handle

        return register
