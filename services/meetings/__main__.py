"""The command line: ``python -m services.meetings serve|consume|relay|schedule|migrate|dead|replay``."""

from services.meetings.app import service

if __name__ == "__main__":
    service.cli()
