"""The programmes and prepared rounds, as the municipality's profile describes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chassis.database import UnitOfWork
from contracts.values import PaperKind
from services.grants.commands.rounds import FROM_PROGRAMME, put_round
from services.grants.model import DENMARK, Programme, Round


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring the programmes in line with the profile, and prepare the rounds it suggests.

    Rounds that exist keep what they announced.
    """
    committee = profile["committee"]["name"]
    council = profile["council"]
    for row in profile["programmes"]:
        id_ = uuid5(NAMESPACE_URL, f"samspil:programme:{row['key']}")
        values = {
            "key": row["key"],
            "title": row["title"],
            "legal_basis": row["legal_basis"],
            "purpose": row["purpose"],
            "decided_by": row["decided_by"],
            "decided_by_name": row.get("decided_by_name", committee),
            "recommended_by_name": row.get("recommended_by_name", council["name"]),
            "appeal": row["appeal"],
            "conditions": list(row["conditions"]),
            "excluded": list(row["excluded"]),
            "focus_areas": list(row["focus_areas"]),
            "criteria": [dict(each) for each in row["criteria"]],
            "thresholds": [dict(each) for each in row["thresholds"]],
            "minimum_ore": row["minimum_ore"],
            "maximum_ore": row["maximum_ore"],
            "reminder_days": row["reminder_days"],
            "accept_without_cvr": row["accept_without_cvr"],
            "quorum": council["quorum"],
            "papers": [PaperKind(each).value for each in row.get("papers", ())],
        }
        programme = work.find(Programme, id_)
        if programme is None:
            work.add(Programme(id=id_, **values))
            continue
        for name, value in values.items():
            if getattr(programme, name) != value:
                setattr(programme, name, value)
    work.session.flush()
    for row in profile.get("rounds", ()):
        _prepare_round(work, row)


def _prepare_round(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Prepare a round the profile suggests; once it is there it is the coordinator's."""
    id_ = uuid5(NAMESPACE_URL, f"samspil:round:{row['key']}")
    if work.find(Round, id_) is not None:
        return
    put_round(
        work,
        id_,
        version=None,
        programme_id=uuid5(NAMESPACE_URL, f"samspil:programme:{row['programme']}"),
        title=row["title"],
        frame_ore=row["frame_ore"],
        opens_at=_moment(row["opens_at"]),
        # A closing minute counts to its last second.
        closes_at=_moment(row["closes_at"].replace(second=59)),
        council_on=row["council_on"],
        committee_on=row["committee_on"],
        report_on=row.get("report_on"),
        information=row.get("information", ""),
        **{name: row.get(name) for name in FROM_PROGRAMME},
    )


def _moment(wall: datetime) -> datetime:
    """Return the moment of a time on the wall in Denmark."""
    return wall.replace(tzinfo=DENMARK).astimezone(UTC)
