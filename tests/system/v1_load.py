"""Clients of confab.v1 that live over many connections: they break off anywhere, go on from what they have, send again
what was not acknowledged, and write down everything that they are told.

What every client may rely on is judged frame by frame; what all of them must have together is the tests' matter.
"""
import asyncio
import contextlib
import json
import sqlite3

import websockets

import django_rows

OUTSTANDING_MAX = 8
FRAME_BYTES_MAX = 4 * 1024 * 1024
CONNECTION_S_MAX = 0.4  # a random part of this passes until a client breaks off
PAUSE_S = 0.02          # between two tries while the server is not there


class Client:
    """One user's program in one chat."""

    def __init__(self, person, chat_id, name, chance, *, speaks=True):
        self.person, self.chat_id, self.name, self.chance, self.speaks = person, chat_id, name, chance, speaks
        self.last = None     # it has everything up to this seq
        self.first = None    # where its stream began
        self.stream = []     # (seq, content or type) of all events, over all connections
        self.pending = {}    # nonce: content, of what was not acknowledged, oldest first
        self.acked = {}      # nonce: id
        self.said = 0
        self.connections = 0

    # --- what it is told ---

    def take(self, frame):
        kind = frame["type"]
        if kind == "subscribed":
            (entry,) = frame["chats"]
            if self.last is None:
                self.first = self.last = entry["seq"]
        elif kind == "ack":
            if frame.get("nonce") in self.pending:
                self.pending.pop(frame["nonce"])
            assert self.acked.setdefault(frame["nonce"], frame["id"]) == frame["id"], frame
        elif "prev" in frame:
            assert frame["prev"] <= self.last < frame["seq"], (self.name, self.last, frame)
            self.last = frame["seq"]
            self.stream.append((frame["seq"], frame["message"]["content"] if kind == "message" else kind))
        else:
            assert kind in ("hello", "goodbye", "pong"), (self.name, frame)

    # --- one connection ---

    async def listen(self, socket, ready, free):
        async for text in socket:
            frame = json.loads(text)
            self.take(frame)
            if frame["type"] == "subscribed":
                ready.set()
            if frame["type"] == "ack":
                free.release()

    async def send(self, socket, free, nonce):
        await free.acquire()
        await socket.send(json.dumps({"type": "send", "content": self.pending[nonce], "nonce": nonce}))

    async def speak(self, socket, ready, free, is_over):
        await ready.wait()
        for nonce in list(self.pending):
            if nonce in self.pending:
                await self.send(socket, free, nonce)
        while self.speaks and not is_over():
            self.said += 1
            nonce = f"{self.name}-{self.said}"
            self.pending[nonce] = f"{self.name} {self.said}"
            await self.send(socket, free, nonce)

    async def connect_once(self, is_over, life_s):
        """Connect, talk, and after that time break off in the middle of whatever is going on. None: stay until the
        server breaks off, or everything is acknowledged and nobody speaks any more."""
        after = "" if self.last is None else f"?after={self.last}"
        compression = self.chance.choice(["deflate", None])
        async with websockets.connect(
                f"{self.person.server.websocket_url}/ws/chat/{self.chat_id}/{after}", max_queue=None, ping_interval=None,
                max_size=FRAME_BYTES_MAX, close_timeout=1, compression=compression, subprotocols=["confab.v1"],
                extra_headers={"Cookie": f"sessionid={self.person.session_key}"}) as socket:
            self.connections += 1
            ready, free = asyncio.Event(), asyncio.Semaphore(OUTSTANDING_MAX)
            tasks = [asyncio.ensure_future(self.listen(socket, ready, free)),
                     asyncio.ensure_future(self.speak(socket, ready, free, is_over))]
            try:
                await asyncio.wait_for(asyncio.shield(tasks[0]), life_s)
            finally:
                socket.transport.abort()
                for task in tasks:
                    task.cancel()
                for result in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(result, AssertionError):
                        raise result

    async def live(self, is_over):
        """Connection after connection, until it is over."""
        while not is_over():
            with contextlib.suppress(websockets.WebSocketException, OSError, asyncio.TimeoutError, EOFError):
                await self.connect_once(is_over, self.chance.random() * CONNECTION_S_MAX)
                continue
            await asyncio.sleep(0 if self.person.server.is_alive() else PAUSE_S)

    async def come_to_rest(self, head):
        """Stay until everything up to the head has come and everything is acknowledged."""
        self.speaks = False

        async def wait():
            while self.pending or self.last is None or self.last < head():
                await asyncio.sleep(PAUSE_S)
        staying = asyncio.ensure_future(self.connect_once(lambda: True, None))
        waiting = asyncio.ensure_future(wait())
        done, _ = await asyncio.wait({staying, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (staying, waiting):
            task.cancel()
        await asyncio.gather(staying, waiting, return_exceptions=True)
        assert waiting in done, f"{self.name}: the connection ended: {staying}"


async def all_come_to_rest(server, clients):
    """The first time everything that is still pending is stored; the second time all get it."""
    for _ in range(2):
        await asyncio.gather(*(client.come_to_rest(lambda chat_id=client.chat_id: head(server, chat_id))
                               for client in clients))


# --- the database beside it ---

def head(server, chat_id):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        return db.execute("SELECT coalesce(max(id), 0) FROM (SELECT id FROM chat_message WHERE chat_id = ?1"
                          " UNION ALL SELECT id FROM confab_event WHERE chat_id = ?1)", (chat_id,)).fetchone()[0]


def events(server, chat_id):
    """All events of the chat as Client.stream has them."""
    with contextlib.closing(django_rows.connect(server.database)) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT id, content FROM chat_message WHERE chat_id = ?1"
                          " UNION ALL SELECT id, kind FROM confab_event WHERE chat_id = ?1 ORDER BY id", (chat_id,))
        return [(row["id"], row["content"]) for row in rows]


def check_client(client, stored):
    """The joined stream is what is stored behind its beginning; what was acknowledged is there, once, in its order."""
    behind = [event for event in stored if event[0] > client.first]
    assert client.stream == behind, f"{client.name}: {len(client.stream)} events of {len(behind)}"
    by_id = dict(stored)
    for nonce, message_id in client.acked.items():
        assert by_id.get(message_id) == nonce.replace("-", " "), f"{nonce} was acknowledged as {message_id}"
    own = [content for _, content in stored if content.startswith(client.name + " ")]
    assert own == [f"{client.name} {i}" for i in range(1, client.said + 1)], f"{client.name}: lost, twice, or out of order"
    assert len(client.acked) == client.said and not client.pending
