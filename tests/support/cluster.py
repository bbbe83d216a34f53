"""Three private RabbitMQ nodes that are one broker, and the address in front of them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from tests.support.eventually import eventually
from tests.support.proxy import TcpProxy
from tests.support.servers import RabbitMQ

SIZE = 3


class Cluster:
    """A broker that outlives any one of its nodes; ``url`` leads to one that lives."""

    def __init__(self) -> None:
        """Make the nodes' folders; ``start`` starts them."""
        first = RabbitMQ()
        others = [RabbitMQ(cookie=first.cookie, epmd=first.epmd) for _ in range(SIZE - 1)]
        self.nodes = [first, *others]
        self._door = TcpProxy("127.0.0.1", first.port)

    @property
    def url(self) -> str:
        """The address, which stays the same whichever node answers."""
        return self.nodes[0].url_at(self._door.port)

    def start(self) -> Self:
        """Start the nodes and make them one."""
        first, *others = self.nodes
        # It brings the name service that the others use.
        first.start()
        with ThreadPoolExecutor(len(others)) as pool:
            list(pool.map(RabbitMQ.start, others))
        for node in others:
            for step in (("stop_app",), ("join_cluster", first.node), ("start_app",)):
                node.ctl(*step)
        self._door.start()
        return self

    def close(self) -> None:
        """End them all."""
        self._door.close()
        # The first holds the name service.
        for node in reversed(self.nodes):
            node.close()

    def lead(self, node: RabbitMQ) -> None:
        """Let everybody talk to this node."""
        self._door.target = ("127.0.0.1", node.port)
        self._door.cut()

    def leader(self, queue: str) -> RabbitMQ:
        """Return the node that leads a queue."""
        witness = next(node for node in self.nodes if node.is_running)
        said = witness.ctl("list_queues", "name", "leader", "--formatter", "json")
        found = {each["name"]: each["leader"] for each in json.loads(said)}
        return next(node for node in self.nodes if node.node == found[queue])

    def require_members(self, queue: str) -> None:
        """Every node holds this queue."""
        said = self.nodes[0].ctl("list_queues", "name", "members", "--formatter", "json")
        found = {each["name"]: each["members"] for each in json.loads(said)}
        assert set(found[queue]) == {node.node for node in self.nodes}, found

    def has_another_leader(self, queue: str, than: RabbitMQ) -> RabbitMQ:
        """Wait until another node leads a queue, and return it."""

        def another() -> RabbitMQ:
            found = self.leader(queue)
            assert found is not than
            return found

        return eventually(another, within=60, every=0.5)
