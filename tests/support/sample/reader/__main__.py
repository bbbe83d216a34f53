"""python -m tests.support.sample.reader serve | consume | relay | ..."""

from tests.support.sample.services import reader

if __name__ == "__main__":
    reader.cli()
