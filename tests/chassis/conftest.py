"""The chassis is tested on the sample services of tests/support/sample."""

from tests.support.sample.fixtures import heal, profile_path, service

__all__ = ["heal", "profile_path", "service"]
