"""ClamAV's daemon, run privately on a database of one signature: that of the EICAR test file."""

from __future__ import annotations

import shutil
import socket
from typing import Self

from tests.support.eventually import eventually
from tests.support.processes import ServerProcess, free_ports
from tests.support.servers import Missing
from tests.support.uploads import EICAR


class Clamd(ServerProcess):
    """Looks into files at a port or at a socket of its own."""

    PROGRAM = "clamd"
    PACKAGE = "clamav-daemon"

    def __init__(self) -> None:
        """Write its folder."""
        self._program = self.find()
        super().__init__(self.PROGRAM, account="clamav")
        (self.port,) = free_ports(1)
        self.url = f"tcp://127.0.0.1:{self.port}"
        self.socket = self.folder / "clamd.ctl"
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}

    @classmethod
    def find(cls) -> str:
        """Return the program. Raises :class:`Missing` where it is not on this machine."""
        found = shutil.which(cls.PROGRAM) or shutil.which(cls.PROGRAM, path="/usr/sbin")
        if found is None:
            raise Missing(f"{cls.PROGRAM} is missing: apt-get install {cls.PACKAGE}")
        return found

    def start(self, *, largest: str = "25M") -> Self:
        """Start it, for streams up to the ``largest``, and wait until it answers."""
        signatures = self.write("eicar.ndb", f"Eicar-Test:0:*:{EICAR.hex()}\n")
        configuration = self.write(
            "clamd.conf",
            f"DatabaseDirectory {signatures.parent}\nForeground yes\nTCPAddr 127.0.0.1\n"
            f"TCPSocket {self.port}\nLocalSocket {self.socket}\nStreamMaxLength {largest}\n"
            f"TemporaryDirectory {self.folder}\nSelfCheck 0\n",
        )
        self.launch(self._program, f"--config-file={configuration}")
        eventually(self._require_answer, within=30, every=0.1)
        return self

    def close(self) -> None:
        """End it and remove its folder."""
        self.kill()
        self.forget()

    def _require_answer(self) -> None:
        assert self.is_running, self.log.read_text()
        with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"zPING\0")
            assert connection.recv(16) == b"PONG\0"
