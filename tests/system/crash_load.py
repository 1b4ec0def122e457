"""Clients that talk until the server dies, and what must then be in the history: whatever any of them saw, once, in order.

A client of the contract gets no acknowledgement, so its own message coming back is one.
"""
import asyncio
import contextlib
import json

import websockets

OUTSTANDING_MAX = 20


class Client:
    """One connection that speaks as fast as it is answered, and writes down what it sees."""

    def __init__(self, person, chat_id, name):
        self.person, self.chat_id, self.name = person, chat_id, name
        self.sent = []
        self.seen = []

    async def live(self, began):
        """Talk until the connection breaks."""
        with contextlib.suppress(websockets.ConnectionClosed, OSError):
            async with websockets.connect(
                    f"{self.person.server.websocket_url}/ws/chat/{self.chat_id}/", max_queue=None, ping_interval=None,
                    extra_headers={"Cookie": f"sessionid={self.person.session_key}"}) as socket:
                free = asyncio.Semaphore(OUTSTANDING_MAX)
                await asyncio.gather(self.speak(socket, free), self.listen(socket, free, began))

    async def speak(self, socket, free):
        while True:
            await free.acquire()
            content = f"{self.name} {len(self.sent)}"
            self.sent.append(content)
            await socket.send(f'{{"content": "{content}"}}')

    async def listen(self, socket, free, began):
        async for text in socket:
            frame = json.loads(text)
            assert frame["type"] == "message", frame
            self.seen.append(frame["message"])
            if frame["message"]["content"].startswith(self.name + " "):
                free.release()
            began.set()


async def live_until_killed(server, clients, life_s):
    began = asyncio.Event()
    lives = [asyncio.ensure_future(client.live(began)) for client in clients]
    await began.wait()
    await asyncio.sleep(life_s)
    server.process.kill()
    await asyncio.gather(*lives)


def check_against_history(client, history):
    """What one client saw is an unbroken run of the history, and its own messages are there in its order."""
    ids = [message["id"] for message in history]
    if client.seen:
        first = ids.index(client.seen[0]["id"])
        assert history[first:first + len(client.seen)] == client.seen, client.name
    own = [m["content"] for m in history if m["content"].startswith(client.name + " ")]
    assert own == client.sent[:len(own)], f"{client.name}: stored twice, out of order, or with a hole"
