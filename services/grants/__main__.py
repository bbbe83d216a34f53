"""The command line: ``python -m services.grants serve|consume|relay|schedule|migrate|...``."""

from services.grants.app import service

if __name__ == "__main__":
    service.cli()
