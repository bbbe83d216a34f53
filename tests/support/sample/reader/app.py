"""What the command line serves."""

from tests.support.sample.services import reader as service

__all__ = ["service"]
