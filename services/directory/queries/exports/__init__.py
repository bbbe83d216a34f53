"""The public vejviser to take along (V12, V24): tables, a printed booklet, and the open API.

- ``tables``: CSV and XLSX without live formulas
- ``booklet``: a PDF, whole or in part, also in large print
- ``card``: up to three offers on a page, to hand to a citizen
- ``hsds``: Open Referral's Human Services Data Specification 3.0
- ``own``: all that is kept of one association, for its people
"""

from services.directory.queries.exports.booklet import Booklets, TooThick
from services.directory.queries.exports.card import card, card_contents
from services.directory.queries.exports.own import as_table, own
from services.directory.queries.exports.tables import csv_table, workbook

__all__ = [
    "Booklets",
    "TooThick",
    "as_table",
    "card",
    "card_contents",
    "csv_table",
    "own",
    "workbook",
]
