"""What services say: the published language of events, and the table of who may do what.

One module per publishing service. Importing this package registers every event, so a service can
read all of them. The chassis turns these classes into ``schemas/``, ``asyncapi.yaml`` and
``docs/events.md`` (``make contracts``).
"""

from pathlib import Path

from contracts import directory, grants, meetings, notifier

PERMISSIONS = Path(__file__).with_name("permissions.toml")
"""Who may do what: one row per scope, used by every service and by the generated tests."""

__all__ = ["PERMISSIONS", "directory", "grants", "meetings", "notifier"]
