"""The web side of a service: guarded routes, problem+json everywhere, correlation, health.

A service's ``schemas.py`` derives from :class:`Body`; its ``api.py`` uses :class:`Blueprint`,
:func:`unit_of_work`, :func:`reading`, :func:`if_match`, :func:`received` and :func:`page_of`; its
``app.py`` calls :meth:`chassis.service.Service.create_app`, which calls :func:`create_app` here.

- ``blueprint``: routes, their arguments and answers
- ``request``: who asks, and the unit of work of a request
- ``application``: the WSGI application with its guards and hooks
- ``rendering``: JSON and problem documents; the gateway renders its own with it
- ``openapi``: what the document must say beyond what flask-smorest knows
"""

from chassis.web.application import MAX_JSON_BYTES, MAX_UPLOAD_BYTES, create_app
from chassis.web.blueprint import (
    Blueprint,
    Body,
    PageArguments,
    ProblemErrorSchema,
    ProblemSchema,
    page_of,
)
from chassis.web.rendering import PROBLEM_TYPE, render_http_error, render_problem
from chassis.web.request import if_match, principal, reading, received, unit_of_work

__all__ = [
    "MAX_JSON_BYTES",
    "MAX_UPLOAD_BYTES",
    "PROBLEM_TYPE",
    "Blueprint",
    "Body",
    "PageArguments",
    "ProblemErrorSchema",
    "ProblemSchema",
    "create_app",
    "if_match",
    "page_of",
    "principal",
    "reading",
    "received",
    "render_http_error",
    "render_problem",
    "unit_of_work",
]
