"""What the directory answers about an association's private papers."""

from typing import Any
from urllib.parse import quote

from portal.client.transport import Download, Resource, Resources


class Papers(Resources):
    """The part of the directory that keeps what an association is asked for once."""

    def papers(self, association_id: str) -> list[Resource]:
        """How it stands with each kind of paper, with every version."""
        found: list[Resource] = self._get(
            "/associations/{association_id}/papers", association_id=association_id
        )["items"]
        return found

    def declare_paper(self, association_id: str, paper_id: str, body: Resource) -> Resource:
        """Declare that something is so."""
        return self._put(
            "/associations/{association_id}/papers/{paper_id}",
            body,
            association_id=association_id,
            paper_id=paper_id,
        )

    def file_paper(
        self,
        association_id: str,
        paper_id: str,
        *,
        kind: str,
        dated_on: str,
        name: str,
        media_type: str,
        content: bytes,
    ) -> Resource:
        """File a document."""
        return self._upload(
            "/associations/{association_id}/papers/{paper_id}/document",
            content,
            {"Content-Type": media_type, "X-File-Name": quote(name, safe="")},
            association_id=association_id,
            paper_id=paper_id,
            kind=kind,
            dated_on=dated_on,
        )

    def paper(self, association_id: str, paper_id: str) -> Download:
        """The document of one version."""
        return self._download(
            "/associations/{association_id}/papers/{paper_id}/document",
            association_id=association_id,
            paper_id=paper_id,
        )

    def paper_gaps(self, **filters: Any) -> list[Resource]:
        """What is missing, expired or about to expire, by association."""
        return self._all("/paper-gaps", **filters)

    def paper_figures(self) -> list[Resource]:
        """How it stands with each kind of paper."""
        found: list[Resource] = self._get("/paper-figures")["items"]
        return found
