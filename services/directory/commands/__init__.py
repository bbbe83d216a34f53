"""Use cases that change state, one module for each thing they are about. None of them commits."""

from services.directory.commands.profile import adopt
from services.directory.commands.sign_in import operator_sign_in_link, rotate_signing_key

__all__ = ["adopt", "operator_sign_in_link", "rotate_signing_key"]
