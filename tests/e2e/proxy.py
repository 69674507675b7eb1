"""A TCP proxy in front of a broker, which does to connections what networks do: it cuts, delays and
truncates, it holds back the answers that say how a transaction ended, and it lets requests to end one
arrive late, when their sender has long sent them again over another connection.

It knows of Kafka's protocol that a request and its answer begin with their size, that a request then
has its API key and version, and that both have a correlation id. The broker must advertise the
proxy's address, or clients would go past it.
"""
import asyncio
import contextlib
import random
import struct
import threading

from parts import free_ports

END_TXN = 26
REQUEST, ANSWER = "request", "answer"
_GONE = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)


class _Link:
    """One client's connection, and ours to the broker on its behalf."""

    def __init__(self, proxy, client, broker):
        self._proxy = proxy
        self._writers = {ANSWER: client[1], REQUEST: broker[1]}
        self._readers = {REQUEST: client[0], ANSWER: broker[0]}
        self._ends = set()  # correlation ids of EndTxn requests under way

    def cut(self):
        """Both sides learn at once, and what was on its way is lost."""
        for writer in self._writers.values():
            writer.transport.abort()

    async def serve(self):
        try:
            await asyncio.gather(self._pass_on(REQUEST), self._pass_on(ANSWER))
        except _GONE:
            pass
        finally:
            self.cut()

    async def _pass_on(self, kind):
        reader, writer = self._readers[kind], self._writers[kind]
        while True:
            head = await reader.readexactly(4)
            frame = head + await reader.readexactly(struct.unpack(">i", head)[0])
            is_end = self._is_end(kind, frame)
            if kind == REQUEST and is_end and (seconds := self._proxy.late()):
                await self._come_late(frame, seconds)
            if await self._proxy.meddle(kind, is_end):
                writer.write(frame)
                await writer.drain()
                continue
            writer.write(frame[:self._proxy.random.randrange(1, len(frame))])
            with contextlib.suppress(*_GONE):
                await writer.drain()
            raise ConnectionAbortedError("truncated")

    async def _come_late(self, frame, seconds):
        """The client's connection is cut; what it sent last reaches the broker all the same."""
        self._writers[ANSWER].transport.abort()
        await asyncio.sleep(seconds)
        self._writers[REQUEST].write(frame)
        await self._writers[REQUEST].drain()
        await asyncio.sleep(1)  # until the broker has read it
        raise ConnectionAbortedError("late")

    def _is_end(self, kind, frame):
        """Whether it is an EndTxn request, or the answer to one."""
        if kind == ANSWER:
            correlation, = struct.unpack_from(">i", frame, 4)
            found = correlation in self._ends
            self._ends.discard(correlation)
            return found
        api_key, _, correlation = struct.unpack_from(">hhi", frame, 4)
        if api_key == END_TXN:
            self._ends.add(correlation)
        return api_key == END_TXN


class Proxy:
    """Listens on a free port of loopback from its start on. Its faults can be asked for by any
    thread; `done` counts those that really met something, by name."""

    def __init__(self, seed):
        self.port, = free_ports(1)
        self.address = f"127.0.0.1:{self.port}"
        self.random = random.Random(seed)
        self.done = dict.fromkeys(("cut", "delayed", "truncated", "held", "dropped", "late"), 0)
        self._target = None
        self._links = set()
        self._delay = self._delay_until = 0
        self._truncate = None  # the kind of frame that is broken off next
        self._hold = None  # (seconds, whether the answer comes after all)
        self._late = None  # seconds
        self._loop = self._ended = None  # of the thread
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self, target_port):
        self._target = target_port
        self._thread.start()
        self._ready.wait(10)

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(10)

    async def _run(self):
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._accept, "127.0.0.1", self.port):
            self._ready.set()
            await self._ended.wait()

    async def _accept(self, *client):
        try:
            broker = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            client[1].transport.abort()
            return
        link = _Link(self, client, broker)
        self._links.add(link)
        await link.serve()
        self._links.discard(link)

    def late(self):
        """How much later a request to end a transaction is to arrive: 0, it is not."""
        seconds, self._late = self._late or 0, None
        self.done["late"] += seconds > 0
        return seconds

    async def meddle(self, kind, is_end):
        """What is to become of a frame: False, its beginning alone is passed on."""
        delay = self._delay_until - self._loop.time()
        if delay > 0:
            self.done["delayed"] += 1
            await asyncio.sleep(min(delay, self._delay))
        if is_end and kind == ANSWER and self._hold:
            seconds, comes = self._hold
            self._hold = None
            await asyncio.sleep(seconds)
            self.done["held" if comes else "dropped"] += 1
            if not comes:
                raise ConnectionAbortedError("dropped")
        if kind != self._truncate:
            return True
        self._truncate = None
        self.done["truncated"] += 1
        return False

    # ---- faults: [any thread] --------------------------------------------------------------------

    def cut(self, share):
        """Cuts that share of the connections."""
        def cut():
            for link in list(self._links):
                if self.random.random() < share:
                    self.done["cut"] += 1
                    link.cut()
        self._loop.call_soon_threadsafe(cut)

    def delay(self, each, during):
        """Every frame takes that many seconds longer, for some time."""
        def delay():
            self._delay, self._delay_until = each, self._loop.time() + during
        self._loop.call_soon_threadsafe(delay)

    def truncate(self, kind):
        """Breaks off the next frame of that kind in its middle, and the connection with it."""
        self._truncate = kind

    def waits(self):
        """Whether a fault that was asked for has not met its frame yet."""
        return any(fault is not None for fault in (self._truncate, self._hold, self._late))

    def hold(self, seconds, comes):
        """Holds back the next answer to an EndTxn; then passes it on, or cuts its connection."""
        self._hold = (seconds, comes)

    def let_come_late(self, seconds):
        """Cuts the connection over which the next EndTxn request comes, and passes that on later."""
        self._late = seconds
