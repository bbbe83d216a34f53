"""The notifier: *how* the municipality reaches people, and what became of each mail.

It decides nothing about grants, meetings or associations: other services' events say that something
has happened, and the notifier writes the mail, hands it over once and keeps the account of it.
"""
