"""A relay that counts the bytes through it, for contestants that don't say what they send."""

from __future__ import annotations

import asyncio
import threading


class Relay:
    """Passes connections on to a port of this machine, in a thread; `bytes` counts both directions."""

    def __init__(self, target: int) -> None:
        self.bytes = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.port: int = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The other side may not listen yet.
        for _ in range(600):
            try:
                onward = await asyncio.open_connection("127.0.0.1", self._target)
                break
            except OSError:
                await asyncio.sleep(0.05)
        else:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, onward[1]), self._pass(onward[0], writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.bytes += len(data)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
