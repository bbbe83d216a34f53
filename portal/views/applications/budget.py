"""The budget of an application: rows of costs and incomes, in the form and in sums."""

from typing import Any

from portal import formats
from portal.client import Resource
from portal.forms import Form
from portal.i18n import gettext as _

SPARE_ROWS = 2
MOST_ROWS = 60


def totals(budget: list[Resource]) -> dict[str, Any]:
    """A budget split in costs and incomes, with sums and what is left to apply for."""
    costs = [row for row in budget if row["kind"] == "cost"]
    incomes = [row for row in budget if row["kind"] == "income"]
    cost_ore = sum(row.get("amount_ore") or 0 for row in costs)
    income_ore = sum(row.get("amount_ore") or 0 for row in incomes)
    return {
        "costs": costs,
        "incomes": incomes,
        "cost_ore": cost_ore,
        "income_ore": income_ore,
        "need_ore": cost_ore - income_ore,
    }


def fill_rows(form: Form, budget: list[Resource], more_rows: int = 0) -> None:
    """Fill a form with a budget, costs first, and with empty rows to write more in."""
    split = totals(budget)
    spare = min(SPARE_ROWS + more_rows, MOST_ROWS)
    rows = [
        *split["costs"],
        *({"kind": "cost"} for _row in range(spare)),
        *split["incomes"],
        *({"kind": "income"} for _row in range(spare)),
    ]
    for index, row in enumerate(rows):
        form.values[f"budget-{index}-kind"] = row["kind"]
        form.values[f"budget-{index}-text"] = row.get("text", "")
        form.values[f"budget-{index}-amount_ore"] = formats.typed_amount(row.get("amount_ore"))


def read_budget(form: Form) -> Resource:
    """Read the rows that were filled in, and number them anew, so that a refusal finds its row."""
    budget = []
    for index in form.rows("budget"):
        name = f"budget-{index}"
        text, typed = form.value(f"{name}-text").strip(), form.value(f"{name}-amount_ore").strip()
        if not text and not typed:
            continue
        if not text:
            form.refuse(f"{name}-text", _("Skriv, hvad beløbet er til."))
        amount = form.amount(f"{name}-amount_ore")
        kind = form.choice(f"{name}-kind", ["cost", "income"])
        budget.append({"kind": kind, "text": form.line(f"{name}-text"), "amount_ore": amount})
    amount_ore = form.amount("amount_ore", required=False)
    if form.is_valid:
        for index in list(form.rows("budget")):
            for part in ("kind", "text", "amount_ore"):
                form.values.pop(f"budget-{index}-{part}", None)
        fill_rows(form, budget)
    body: Resource = {"budget": budget}
    if amount_ore is not None:
        body["amount_ore"] = amount_ore
    return body


def budget_text(budget: list[Resource]) -> str:
    """Write a budget on one line, to compare two of them by."""
    return "; ".join(f"{row['text']}: {formats.kroner(row['amount_ore'])}" for row in budget)
