"""The command line: ``python -m services.meetings serve`` and the other roles."""

from services.meetings.app import service

if __name__ == "__main__":
    service.cli()
