"""My page, and an application from draft to receipt.

Everything typed is saved step by step; nothing needs JavaScript.

- ``mine``: what waits for the one who is signed in
- ``drafts``: the form, step by step, and its ``budget``
- ``attachments``: files
- ``cases``: what was handed in: review, receipt, the file, withdrawal
"""

from portal.views.applications import attachments, cases, drafts, mine
from portal.views.applications.blueprint import views
from portal.views.applications.budget import totals

__all__ = ["attachments", "cases", "drafts", "mine", "totals", "views"]
