"""The kinds of mail there are, and how each is treated.

Their words are in ``templates/<language>/<name>.jinja``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Uncertain(StrEnum):
    """What to do with a mail when nobody can know whether the server took it."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A kind of mail.

    ``news`` marks mail that a person may say no to (RFC 8058). ``rank`` orders the queue: somebody
    who waits at the screen comes first, what goes to everybody comes last. ``secret`` content is
    wiped once the mail has left. ``to_subscriber``: the recipient is an address that asked for it,
    not a person of the directory.
    """

    name: str
    news: bool = False
    uncertain: Uncertain = Uncertain.HOLD
    rank: int = 5
    secret: bool = False
    to_subscriber: bool = False


_ALL: Final = (
    Template(name="sign_in_link", uncertain=Uncertain.RESEND, rank=0, secret=True),
    Template(name="invitation", uncertain=Uncertain.RESEND, rank=1, secret=True),
    Template(name="invitation_accepted", rank=3),
    Template(name="invitation_ended", rank=4),
    Template(name="association_handed_over", rank=2),
    Template(name="association_taken_over", rank=2),
    Template(name="association_received", rank=2),
    Template(name="association_registered", rank=4),
    Template(name="association_published", rank=3),
    Template(name="association_rejected", rank=3),
    Template(name="association_introduced", uncertain=Uncertain.RESEND, rank=6, secret=True),
    Template(name="association_merged", rank=3),
    Template(name="association_reopened", rank=3),
    Template(name="confirmation_requested", uncertain=Uncertain.RESEND, rank=6, secret=True),
    Template(name="association_corrected", rank=2),
    Template(name="association_confirmed", rank=4),
    Template(name="paper_expiring", rank=6),
    Template(name="paper_expired", rank=5),
    Template(name="call_list_grown", rank=5),
    Template(name="editing_agreement_made", rank=4),
    Template(name="contact_office_vacant", rank=3),
    Template(name="contact_pair_made", rank=4),
    Template(name="contact_pair_ended", rank=4),
    Template(name="round_announced", news=True, rank=7),
    Template(name="round_closing_soon", rank=4),
    Template(name="application_receipt", rank=1),
    Template(name="application_withdrawn", rank=1),
    Template(name="conflict_presumed", rank=2),
    Template(name="conflict_raised", rank=2),
    Template(name="conflict_ruled", rank=2),
    Template(name="recommendation_submitted", rank=4),
    Template(name="decision_letter", rank=2),
    Template(name="meeting_invitation", news=True, rank=7),
    Template(name="meeting_changed", rank=3),
    Template(name="meeting_cancelled", rank=3),
    Template(name="registration_confirmed", rank=1),
    Template(name="registration_waiting", rank=1),
    Template(name="registration_promoted", rank=2),
    Template(name="minutes_published", news=True, rank=8),
    Template(name="hearing_opened", rank=6),
    Template(name="hearing_reminder", rank=4),
    Template(name="response_receipt", rank=1),
    Template(name="hearing_answer", rank=3),
    Template(name="duty_at_risk", rank=5),
    Template(
        name="subscription_asked",
        uncertain=Uncertain.RESEND,
        rank=1,
        secret=True,
        to_subscriber=True,
    ),
    Template(name="document_published", news=True, rank=8, to_subscriber=True),
    Template(name="news_published", news=True, rank=8, to_subscriber=True),
)

TEMPLATES: Final[Mapping[str, Template]] = {template.name: template for template in _ALL}
