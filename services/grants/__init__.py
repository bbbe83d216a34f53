"""Grants: rounds with a hard frame, applications, the council's recommendation, decisions, awards.

It holds no contact details beyond ids and names, and sends no mail: it says what happened.
"""
