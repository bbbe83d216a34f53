"""The blueprint that the modules of this package add their pages to."""

from flask import Blueprint

views = Blueprint("applications", "portal.views.applications")
