"""What the command line serves."""

from tests.support.sample.services import shelf as service

__all__ = ["service"]
