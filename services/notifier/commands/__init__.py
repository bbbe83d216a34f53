"""Use cases that change state, and the sending of mail.

- ``deliveries``: queue mails, send one again, note one as received
- ``preferences``: who wants news
- ``forgetting``: an erased person
- ``subscriptions``: what an address asked to be mailed about
- ``sending``: the sender: claim, write, hand over, settle
- ``smtp``: the conversation with a mail server
- ``writing``: from a delivery to the bytes of a mail
- ``calendar``: the meeting in a mail
- ``wording``: dates, money and names as people write them
"""

from services.notifier.commands.deliveries import (
    confirm,
    doubt_waiting,
    queue,
    resend,
)
from services.notifier.commands.forgetting import forget_person, tell_what_is_kept, wipe_mails
from services.notifier.commands.preferences import choose_news, unsubscribe
from services.notifier.commands.sending import Sender
from services.notifier.commands.subscriptions import ask, confirm_subscription

__all__ = [
    "Sender",
    "ask",
    "choose_news",
    "confirm",
    "confirm_subscription",
    "doubt_waiting",
    "forget_person",
    "queue",
    "resend",
    "tell_what_is_kept",
    "unsubscribe",
    "wipe_mails",
]
