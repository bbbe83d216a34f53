"""The portal: pages for people, made on the server from what the gateway answers.

It owns no data and has no database; what it knows of a visitor is in one encrypted cookie.
Everything works without JavaScript. Danish stands in the templates, English in ``translations/``.
"""
