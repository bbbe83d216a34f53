"""The directory: associations and people, who holds which office, and who is signed in.

It is the register everybody else copies from; it decides no grant, calls no meeting and sends no
mail.
"""
