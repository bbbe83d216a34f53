"""What the directory answers of what there is to read: documents and news."""

from urllib.parse import quote

from portal.client.published import Published
from portal.client.transport import Download, Resource


class Documents(Published):
    """Documents of the municipality and the council, with their editions."""

    place = "/documents"
    per_page = 100

    def upload(
        self,
        document_id: str,
        edition_id: str,
        *,
        name: str,
        media_type: str,
        content: bytes,
        dated_on: str,
        note: str,
    ) -> Resource:
        """Upload the file of the next edition."""
        return self._upload(
            "/documents/{document_id}/editions/{edition_id}",
            content,
            {"Content-Type": media_type, "X-File-Name": quote(name, safe="")},
            document_id=document_id,
            edition_id=edition_id,
            dated_on=dated_on,
            note=note,
        )

    def file(self, document_id: str, edition_id: str) -> Download:
        """Read the file of an edition."""
        return self._download(
            "/documents/{document_id}/editions/{edition_id}/file",
            document_id=document_id,
            edition_id=edition_id,
        )


class News(Published):
    """News of the municipality."""

    place = "/news-items"
    hidden_statuses = ("draft", "scheduled", "withdrawn")

    def publish(self, id_: str, publish_at: str | None = None) -> Resource:
        """Let everybody read it, now or at an hour ahead."""
        return self._post(f"{self.place}/{{id}}/publication", {"publish_at": publish_at}, id=id_)
