"""Notifier: every mail that Samspil sends, and what became of each.

It owns deliveries and people's choice of news. It decides nothing: what is worth a mail, the other
services say by their events.
"""
