"""Two small services to prove the backbone with: ``shelf`` publishes, ``reader`` listens.

    shelf ──shelf.item.added.v1, shelf.item.moved.v1──► reader
              a copy of each item (projection), and a line in a ledger
              (effect) ──► reader.receipt.given.v1

The ledger has no key on purpose: whatever is done twice is there twice.
"""
