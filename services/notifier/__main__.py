"""``python -m services.notifier serve | consume | relay | schedule | migrate | dead | replay``."""

from chassis.cli import command_line
from services.notifier.app import doubt_waiting, service

if __name__ == "__main__":
    commands = command_line(service)
    commands.add_command(doubt_waiting)
    commands()
