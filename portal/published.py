"""What the pages have in common of things that are drafted, published and withdrawn."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from flask import request

from portal.client import GatewayProblem, Page, Resource
from portal.client.published import Published, Version
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import attempt

PER_PAGE: Final = 20


class Writable(Protocol):
    """The part of the client where a kind of thing is written."""

    def put(self, id_: str, body: Resource, version: Version = None, /) -> Resource:
        """Write one."""


def found(api: Published, **asked: Any) -> Page:
    """Read the page of a list that the address asks for; with a made-up cursor, the first."""
    try:
        return api.page(**asked, limit=PER_PAGE, cursor=request.args.get("side"))
    except GatewayProblem as problem:
        if problem.status != 422:
            raise
    return api.page(**asked, limit=PER_PAGE)


def save(
    form: Form,
    api: Writable,
    key: str,
    body: Resource,
    *,
    before: Resource | None,
    labels: Mapping[str, str],
) -> bool:
    """Write what was typed; return whether it was taken. Where it was not, the form says why.

    ``before`` is what is there already. Where somebody else changed it meanwhile, it is shown
    beside what was typed, in the fields of ``labels``; to save again is then meant.
    """
    if not form.is_valid:
        return False
    try:
        api.put(key, body, form.value("version"))
    except GatewayProblem as problem:
        form.take(problem)
        if problem.status == 412 and before is not None:
            mine = {name: str(body[name] or "") for name in labels}
            theirs = {name: str(before[name] or "") for name in labels}
            form.compare(mine, theirs, {name: _(text) for name, text in labels.items()})
            form.values["version"] = str(before["version"])
            form.general.clear()
        return False
    return True


def move_on(api: Published, key: str, step: str, *, published: str = "", withdrawn: str) -> bool:
    """Take the step a button names, and say what came of it; return whether the thing is gone."""
    if step == "offentliggoer":
        attempt(lambda: api.publish(key), published)
    elif step == "traek-tilbage":
        attempt(lambda: api.withdraw(key), withdrawn)
    else:
        return attempt(lambda: api.delete(key), _("Kladden er slettet."))
    return False
