"""Use cases of the first mail to whom a list named, and of the buttons in mails that ask."""

from chassis.database import UnitOfWork
from chassis.events import new_id
from services.directory.model import Association, AssociationStatus, ConfirmationLink
from services.directory.model.confirmation import periods_here


def introduce(work: UnitOfWork, association: Association) -> None:
    """Have a contact told what is kept of them, and asked whether the record is right: in one mail.

    Where it waits for review yet, they are told once it is approved. Who confirmed it meanwhile, or
    is on the call list, is not asked.
    """
    if association.status is not AssociationStatus.PUBLISHED:
        association.quiet = False
    elif association.confirmed_at is None and association.stale_at is None:
        link = make_link(work, association)
        work.emit(
            association.introduce_and_ask(at=work.now, link_id=link.id, expires_at=link.expires_at)
        )
    else:
        work.emit(association.introduce())


def make_link(work: UnitOfWork, association: Association) -> ConfirmationLink:
    """Make what is behind the two buttons of one mail; they work once its secret is known."""
    return work.add(
        ConfirmationLink(
            id=new_id(),
            association_id=association.id,
            expires_at=work.now + periods_here(work.session).link_life,
        )
    )
