"""The command line: ``python -m services.directory serve|consume|relay|schedule|migrate|...``."""

from chassis.cli import command_line
from services.directory.app import rotate_key, service, sign_in_link

if __name__ == "__main__":
    commands = command_line(service)
    commands.add_command(sign_in_link)
    commands.add_command(rotate_key)
    commands()
