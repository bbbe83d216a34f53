"""Makes what the one-host stack's watchers need: who is mailed which alert, and Grafana's password.

    python -m tools.watching deploy/secrets

Alerts go through the very mail server that the notifier uses (``smtp_url`` in that folder), to
ALERTS_TO, from MAIL_FROM or, where that is not set, the municipality profile's sender. The
Alertmanager can read no setting from its environment, so its configuration is written here, anew
each time; it holds the mail server's password and therefore lies among the secrets. What a severity
means for whoever is mailed stands in deploy/observability/README.md. Standard library only.
"""

import json
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from tools.deployment_secrets import ROOT, keep, password, write

# As the notifier reads them.
PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
# Where a warning waits until; the interval's name is the route's.
WORKING_HOURS: Final = {
    "name": "working-hours",
    "time_intervals": [
        {
            "weekdays": ["monday:friday"],
            "times": [{"start_time": "07:00", "end_time": "16:00"}],
            "location": "Europe/Copenhagen",
        }
    ],
}
SUBJECT: Final = (
    '{{ if eq .Status "firing" }}{{ .CommonLabels.severity }}{{ else }}ended{{ end }}:'
    " {{ .GroupLabels.alertname }} ({{ len .Alerts }})"
)
TEXT: Final = (
    "{{ range .Alerts }}"
    "{{ .Annotations.summary }}\n"
    'since {{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC'
    '{{ if eq .Status "resolved" }}, ended {{ .EndsAt.UTC.Format "15:04" }} UTC{{ end }}\n'
    "What to do: {{ .Annotations.runbook }}\n\n"
    "{{ end }}"
)


class Unfit(Exception):
    """A setting with which no alert would reach anybody; the text names it."""


def main() -> None:
    """Write both files into the folder that is named; end with one line where that cannot be."""
    folder = Path(sys.argv[1])
    try:
        smtp_url = (folder / "smtp_url").read_text(encoding="utf-8").strip()
        told = configuration(smtp_url, to=os.environ.get("ALERTS_TO", ""), sender=sender())
    except Unfit as error:
        sys.exit(str(error))
    keep(folder / "grafana_password", password)
    write(folder / "alertmanager", json.dumps(told, indent=2) + "\n")


def sender() -> str:
    """Return the address that alerts come from: that of all other mail."""
    if given := os.environ.get("MAIL_FROM"):
        return given
    profile = ROOT / "profiles" / f"{os.environ.get('PROFILE') or 'vesthimmerland'}.toml"
    held = tomllib.loads(profile.read_text(encoding="utf-8"))
    return str(held["municipality"]["sender_email"])


def configuration(smtp_url: str, *, to: str, sender: str) -> Mapping[str, Any]:
    """Return the Alertmanager's configuration; JSON of it is the YAML that it reads.

    ``to`` is one address or several with commas between. Raises :class:`Unfit`.
    """
    if "@" not in to:
        raise Unfit("ALERTS_TO: say who is mailed when something is wrong, name@example.org")
    mailed = {
        "to": to,
        "send_resolved": True,
        "headers": {"Subject": SUBJECT},
        "html": "",
        "text": TEXT,
    }
    return {
        "global": {"smtp_from": sender, **_server(smtp_url)},
        "route": {
            "receiver": "nobody",
            "group_by": ["alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "routes": [
                {
                    "matchers": ['severity="critical"'],
                    "receiver": "operators",
                    "repeat_interval": "4h",
                },
                {
                    "matchers": ['severity="warning"'],
                    "receiver": "operators",
                    "active_time_intervals": [WORKING_HOURS["name"]],
                    "repeat_interval": "24h",
                },
            ],
        },
        # A component that is gone explains its slow requests and what fails at it.
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="RequestsFail"'],
                "target_matchers": ['alertname="RequestsSlow"'],
                "equal": ["service"],
            }
        ],
        "receivers": [{"name": "nobody"}, {"name": "operators", "email_configs": [mailed]}],
        "time_intervals": [WORKING_HOURS],
    }


def _server(url: str) -> dict[str, Any]:
    parts = _split(url)
    port = parts.port or PORTS[parts.scheme]
    if parts.scheme == "smtps" and port != PORTS["smtps"]:
        raise Unfit("smtp_url: the Alertmanager speaks smtps at port 465 only; take smtp+starttls")
    found: dict[str, Any] = {
        "smtp_smarthost": f"{parts.hostname}:{port}",
        "smtp_require_tls": parts.scheme == "smtp+starttls",
    }
    if parts.username and parts.scheme == "smtp":
        raise Unfit("smtp_url: the Alertmanager sends no password in the clear; take smtp+starttls")
    if parts.username:
        found["smtp_auth_username"] = unquote(parts.username)
        found["smtp_auth_password"] = unquote(parts.password or "")
    return found


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise Unfit("smtp_url: must be smtp://, smtp+starttls:// or smtps:// and name a host")
    return parts


if __name__ == "__main__":
    main()
