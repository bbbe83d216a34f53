"""Every mail there is: which are news one may decline, and what to do when its fate is unknown."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Uncertain(StrEnum):
    """What to do with a mail that the server may or may not have taken."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True)
class Template:
    """A kind of mail.

    ``news`` can be declined with one click (RFC 8058); a letter or a receipt cannot. ``credential``
    says that its data are a secret, which is deleted as soon as it has left.
    """

    name: str
    news: bool = False
    uncertain: Uncertain = Uncertain.HOLD
    credential: bool = False


TEMPLATES: Final = {
    template.name: template
    for template in (
        Template("association_received"),
        Template("association_registered"),
        Template("association_published"),
        Template("association_rejected"),
        # A second copy of a link that works once does no harm; none at all shuts somebody out.
        Template("sign_in_link", uncertain=Uncertain.RESEND, credential=True),
        Template("round_announced", news=True),
        Template("round_closing_soon"),
        Template("application_receipt"),
        Template("application_withdrawn"),
        Template("recommendation_submitted"),
        # An administrative decision is notified once; a person looks at a doubtful one.
        Template("decision_letter"),
        Template("meeting_invitation", news=True),
        Template("meeting_changed"),
        Template("meeting_cancelled"),
        Template("registration_confirmed"),
        Template("registration_waiting"),
        Template("registration_promoted"),
        Template("minutes_published", news=True),
        Template("hearing_opened"),
        Template("hearing_reminder"),
        Template("response_receipt"),
        Template("hearing_answer"),
        Template("duty_at_risk"),
    )
}
