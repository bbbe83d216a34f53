"""Asks the process in this container how it is: 0 when it lives and can work, else 1.

    python health.py

Run by the container engine every few seconds, so it imports as little as it can. HEALTH_PORT names
the port: the web application's own, or the operations port of a role. A role is live while its
loops turn, and ready while it reaches what it needs.
"""

import http.client
import os
import sys

SECONDS = 3.0


def main() -> int:
    """Return 0 when every question is answered with 200; say which is not."""
    port = int(os.environ.get("HEALTH_PORT", "8000"))
    for path in ("/health/live", "/health/ready"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.status != 200:
                print(path, answer.status, answer.read(500).decode(errors="replace"))
                return 1
        except (OSError, http.client.HTTPException) as error:
            print(path, type(error).__name__)
            return 1
        finally:
            connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
