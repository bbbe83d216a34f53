"""The broker's definitions: everything all services need there, and who may do what.

For brokers on which a service may do as little as it must: the operators load this file, and each
service gets an account of its own name that publishes its own events, takes from its own queue, and
declares nothing. RabbitMQ reads the file at each start, so bindings cannot be lost for long.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chassis import topology

if TYPE_CHECKING:
    from chassis.service import Service

VHOST = "/"


def definitions(services: "Iterable[Service]") -> dict[str, Any]:
    """Return the definitions without the accounts' passwords: the operators add those."""
    named = {service.name: topology.bindings(service.handlers) for service in services}
    queues = {topology.UNROUTED: topology.UNROUTED_QUEUE}
    for name in named:
        queues[topology.dead_queue(name)] = topology.DEAD_QUEUE
        queues[name] = topology.queue_arguments(name)
    bindings = [_binding(topology.UNROUTED, topology.UNROUTED, "")]
    for name, patterns in named.items():
        bindings.append(_binding(topology.DEAD, topology.dead_queue(name), name))
        bindings += [_binding(topology.EXCHANGE, name, pattern) for pattern in patterns]
    return {
        "vhosts": [{"name": VHOST}],
        "permissions": [_permission(name) for name in named],
        "topic_permissions": [_topic_permission(name) for name in named],
        "exchanges": [
            {**_lasting(name), "type": kind, "internal": False, "arguments": arguments}
            for name, (kind, arguments) in topology.EXCHANGES.items()
        ],
        "queues": [{**_lasting(name), "arguments": queues[name]} for name in queues],
        "bindings": bindings,
    }


def _lasting(name: str) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "durable": True, "auto_delete": False}


def _binding(source: str, queue: str, key: str) -> dict[str, Any]:
    way = {"source": source, "vhost": VHOST, "destination": queue, "destination_type": "queue"}
    return {**way, "routing_key": key, "arguments": {}}


def _permission(name: str) -> dict[str, Any]:
    """Publish to the one exchange, take from the two queues, declare and delete nothing."""
    return {
        "user": name,
        "vhost": VHOST,
        "configure": "^$",
        "write": "^samspil\\.events$",
        "read": f"^{name}(\\.dead)?$",
    }


def _topic_permission(name: str) -> dict[str, Any]:
    """Publish what begins with its own name; bind nothing."""
    exchange = topology.EXCHANGE
    return {
        "user": name,
        "vhost": VHOST,
        "exchange": exchange,
        "write": f"^{name}\\.",
        "read": "^$",
    }
