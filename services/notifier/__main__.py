"""The command line: ``python -m services.notifier serve|consume|relay|schedule|migrate``, and more."""

from services.notifier.app import service

if __name__ == "__main__":
    service.cli()
