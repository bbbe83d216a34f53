"""Routes of the search over everything that is offered."""

from typing import Any

from chassis.auth import require
from chassis.problems import Invalid
from chassis.web import Blueprint, reading
from services.directory import schemas
from services.directory.queries import search as queries
from services.directory.queries.associations import ages

search = Blueprint(
    "search",
    __name__,
    url_prefix="/api/v1/search",
    description="One search over every voluntary and municipal offer (V6, V21)",
)


@search.get("")
@search.arguments(schemas.SearchArgumentsSchema, location="query")
@search.response(200, schemas.SearchPageSchema)
@search.problems(Invalid)
@require("directory.listing:search")
def find(arguments: dict[str, Any]) -> Any:
    """Find associations and offers: words in Danish, choices, and what each choice would leave."""
    with reading() as work:
        found = queries.search(work.session, queries.Asked(**arguments))
        known = ages(work)
        for item in found.items:
            # The municipality answers for its own offers.
            item["freshness"] = known.of(item["confirmed_at"]) if item["association_id"] else None
        return found


@search.get("/suggestions")
@search.arguments(schemas.SuggestionArgumentsSchema, location="query")
@search.response(200, schemas.SuggestionsSchema)
@search.problems(Invalid)
@require("directory.listing:search")
def suggest(arguments: dict[str, Any]) -> Any:
    """Complete what is being typed."""
    with reading() as work:
        return {"suggestions": queries.suggestions(work.session, **arguments)}
