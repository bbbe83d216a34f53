"""What the directory answers about what associations lend: speakers and expertise."""

from typing import Any

from portal.client.transport import Page, Resource, Resources

Version = str | int | None


class Competences(Resources):
    """The part of the directory that knows what associations lend."""

    def competences(self, **filters: Any) -> Page:
        """One page of speakers and expertise, as far as the visitor may see."""
        return self._page("/competences", **filters)

    def competence(self, competence_id: str) -> Resource:
        """One of them."""
        return self._get("/competences/{competence_id}", competence_id=competence_id)

    def put_competence(
        self, competence_id: str, body: Resource, version: Version = None
    ) -> Resource:
        """Write what an association lends; the form makes the id."""
        return self._put(
            "/competences/{competence_id}", body, competence_id=competence_id, version=version
        )

    def withdraw_competence(self, competence_id: str) -> None:
        """Take it back."""
        self._delete("/competences/{competence_id}", competence_id=competence_id)
