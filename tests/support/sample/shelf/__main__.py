"""python -m tests.support.sample.shelf serve | consume | relay | ..."""

from tests.support.sample.services import shelf

if __name__ == "__main__":
    shelf.cli()
