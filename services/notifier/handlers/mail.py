"""The loop that sends what is queued, and the count of what became of it."""

from chassis.service import WorkerContext
from services.notifier.commands import Sender
from services.notifier.handlers.registry import handlers
from services.notifier.queries import deliveries_by_state


@handlers.worker("mail")
def send_mail(context: WorkerContext) -> bool:
    """Send what is due; True where there is more."""
    return Sender(context.database, context.settings, context.stop).run()


handlers.count("delivery", deliveries_by_state)
