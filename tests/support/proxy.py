"""A TCP proxy that fails on command: what a network does to a connection, on one machine.

client ──► TcpProxy.port ──► target
               cut · refuse · delay · blackhole · half_close · restore
"""

from __future__ import annotations

import asyncio
import threading
from typing import Self


class TcpProxy:
    """Forwards 127.0.0.1:port to a target, from a thread of its own.

    Every fault works on the connections that are open as well as on new ones.
    """

    def __init__(self, host: str, port: int, *, door: str = "127.0.0.1") -> None:
        """Name the target, and the address of ours to listen at; ``start`` opens the door."""
        self.target = (host, port)
        self._door = door
        self.port = 0
        self._seconds = 0.0
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self._inward: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Open the door."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self.close()

    def start(self) -> Self:
        """Listen on a free port."""
        self._thread.start()
        self._in_loop(self._listen)
        return self

    def restore(self) -> None:
        """Behave like a network cable again."""
        self._in_loop(self._set, seconds=0.0, refuses=False, flows=True)

    def delay(self, seconds: float) -> None:
        """Hold every piece back for this long, each way."""
        self._in_loop(self._set, seconds=seconds, refuses=self._refuses, flows=True)

    def blackhole(self) -> None:
        """Let no byte arrive; connections stay open, and new ones are accepted."""
        self._in_loop(self._set, seconds=self._seconds, refuses=self._refuses, flows=False)

    def cut(self) -> None:
        """Reset every open connection; new ones are let through."""
        self._in_loop(self._reset)

    def refuse(self) -> None:
        """Reset every open connection and every new one."""
        self._in_loop(self._set, seconds=0.0, refuses=True, flows=True)
        self.cut()

    def half_close(self) -> None:
        """Tell the target that the client has finished sending, while the client still listens."""
        self._in_loop(self._finish_inward)

    def close(self) -> None:
        """Reset what is open and stop."""
        if self._loop.is_closed():
            return
        self._in_loop(self._shut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _in_loop(self, action, **arguments) -> None:
        asyncio.run_coroutine_threadsafe(action(**arguments), self._loop).result(timeout=10)

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, self._door, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _set(self, *, seconds: float, refuses: bool, flows: bool) -> None:
        self._seconds, self._refuses = seconds, refuses
        self._flows.set() if flows else self._flows.clear()

    async def _reset(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _finish_inward(self) -> None:
        for writer in self._inward:
            if not writer.is_closing():
                writer.write_eof()

    async def _shut(self) -> None:
        self._server.close()
        await self._reset()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._refuses:
                raise ConnectionRefusedError
            target_reader, target_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, target_writer}
        self._open |= ends
        self._inward.add(target_writer)
        try:
            await asyncio.gather(
                self._pump(reader, target_writer), self._pump(target_reader, writer)
            )
        finally:
            self._open -= ends
            self._inward.discard(target_writer)
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                await asyncio.sleep(self._seconds)
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
            # An orderly end stays orderly, and the other direction goes on.
            if not writer.is_closing():
                writer.write_eof()
        except OSError:
            # A reset on one side becomes a reset on the other.
            writer.transport.abort()
