"""What the code says of itself that the manifests must know."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import click

import embedded.contracts
import gateway.__main__
import gateway.app
import portal.__main__
import portal.settings
from chassis import cli, operations, serving

ROLES = ("serve", *operations.NEEDS, "migrate")


@functools.cache
def services() -> dict[str, Any]:
    """Return the services, by name."""
    return embedded.contracts.services()


def queues() -> list[str]:
    """Return the queues: a service's is called as the service."""
    return list(services())


def components() -> list[str]:
    """Return everything that is an image."""
    return [*services(), "gateway", "portal"]


def roles(component: str) -> list[str]:
    """Return the roles of a component that run in a cluster."""
    return [role for role in ROLES if role in commands(component).commands]


def commands(component: str) -> click.Group:
    """Return the command line of a component."""
    doors = {"gateway": gateway.__main__.cli, "portal": portal.__main__.cli}
    return doors.get(component) or cli.command_line(services()[component])


def refusal(component: str, arguments: list[str]) -> str:
    """Return what the command line has against these arguments, or nothing."""
    try:
        commands(component).commands[arguments[0]].make_context(arguments[0], arguments[1:])
    except click.ClickException as error:
        return error.format_message()
    return ""


def settings(component: str) -> dict[str, dataclasses.Field[Any]]:
    """Return the settings of a component, by the name of their variable."""
    doors = {"gateway": gateway.app.GatewaySettings, "portal": portal.settings.PortalSettings}
    cls = doors.get(component) or services()[component].settings
    return {each.metadata["name"]: each for each in dataclasses.fields(cls)}


def drain_seconds() -> float:
    """Return how long a process may take to end after it is told to, in seconds."""
    return max(cli.DRAIN_SECONDS, serving.DRAIN_SECONDS)
