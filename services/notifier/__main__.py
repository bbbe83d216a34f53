"""``python -m services.notifier serve | consume | relay | schedule | migrate | dead | replay``."""

from services.notifier.app import service

if __name__ == "__main__":
    service.cli()
