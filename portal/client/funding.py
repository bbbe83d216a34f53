"""What the directory answers of where associations can seek money."""

from portal.client.published import Published
from portal.client.transport import Download


class Funding(Published):
    """Pools of the state, foundations and others, and the municipality's rounds."""

    place = "/funding-opportunities"

    def calendar(self) -> Download:
        """Every deadline, for a calendar."""
        return self._download("/funding-opportunities/calendar")
