"""The loop that sends what is queued."""

from chassis.service import WorkerContext
from services.notifier.commands import Sender
from services.notifier.handlers.registry import handlers


@handlers.worker("mail")
def send_mail(context: WorkerContext) -> bool:
    """Send what is due; True where there is more."""
    return Sender(context.database, context.settings, context.stop).run()
