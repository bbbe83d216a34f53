"""The programmes, as the municipality's profile describes them."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chassis.database import UnitOfWork
from services.grants.model import Programme


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring the programmes in line with the profile; rounds that exist keep what they announced."""
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
        }
        programme = work.find(Programme, id_)
        if programme is None:
            work.add(Programme(id=id_, **values))
            continue
        for name, value in values.items():
            if getattr(programme, name) != value:
                setattr(programme, name, value)
