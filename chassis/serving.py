"""Serving a WSGI application by several processes, the same way for every component.

The processes are spawned, not forked: they must not inherit metrics made before there was a
folder to share them in, nor the threads of this process.
"""

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from typing import Any, Final

from granian.constants import Interfaces
from granian.server import Server

from chassis import operations, telemetry
from chassis.config import ProcessSettings

# A request may take so long to finish after SIGTERM; the process is killed afterwards.
DRAIN_SECONDS: Final = 25


def serve(
    target: str,
    settings: ProcessSettings,
    *,
    host: str,
    port: int,
    workers: int,
    threads: int,
    load: Callable[[str], Any] | None = None,
) -> None:
    """Answer HTTP until SIGTERM.

    ``target`` names a function that makes the application, as ``module:function``; or it is what
    ``load`` makes one from, in each process. The metrics of all processes are told as one on the
    operations port. Raises :class:`~chassis.config.Misconfigured` where that port cannot be had.
    """
    multiprocessing.set_start_method("spawn", force=True)
    with tempfile.TemporaryDirectory(prefix="samspil-metrics-") as folder:
        os.environ[telemetry.METRICS_FOLDER] = folder
        with operations.listening(settings, {"/metrics": operations.metrics}):
            Server(
                target,
                address=host,
                port=port,
                interface=Interfaces.WSGI,
                workers=workers,
                blocking_threads=threads,
                workers_kill_timeout=DRAIN_SECONDS,
                respawn_failed_workers=True,
                log_access=False,
                factory=load is None,
            ).serve(target_loader=load)
