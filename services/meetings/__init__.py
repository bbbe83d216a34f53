"""Meetings: what the municipality, the council and the associations say to each other, and when.

It owns meetings and who comes to them, minutes, hearings with their responses and answers, and the
ledger of the policy's yearly duties. It sends no mail: it says what happened, and the notifier
tells people.
"""
