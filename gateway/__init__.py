"""The gateway: the only public door of the API.

It owns no data and composes nothing. It knows which service answers for which address, who the
caller is, and what it lets through: see ``routes``, ``proxy``, ``limits``.
"""
