"""SIGKILL at random moments under load: whatever any client saw is in the history, once, in order.

A client of the contract gets no acknowledgement, so its own message coming back is one.
"""
import asyncio
import contextlib
import json
import os
import random
import time

import pytest
import websockets

from chat_socket import run
from conftest import USUAL_OPTIONS
from confab_server import is_sanitized
from people import people_from_rows

ROUNDS = 8 if is_sanitized() else 25
CHATS = 3
CONNECTIONS_PER_CHAT = 4
LIFE_S_MAX = 0.7       # a random part of this passes between the first message and the kill
ROUND_DEADLINE_S = 120
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


@pytest.fixture
def talk(start_server):
    server = start_server(*USUAL_OPTIONS)
    people = people_from_rows(server, ["alice", "bob"])
    return server, people, [people[0].make_chat(people[1]) for _ in range(CHATS)]


def test_what_anyone_saw_survives_a_kill(talk):
    server, people, chat_ids = talk
    seed = int(os.environ.get("CONFAB_CRASH_SEED", time.time_ns() % 2**32))
    print(f"CONFAB_CRASH_SEED={seed}")
    chance = random.Random(seed)
    seen_in_all = 0
    for number in range(ROUNDS):
        clients = [Client(people[index % 2], chat_id, f"{number}-{chat_id}-{index}")
                   for chat_id in chat_ids for index in range(CONNECTIONS_PER_CHAT)]
        run(live_until_killed(server, clients, chance.random() * LIFE_S_MAX), ROUND_DEADLINE_S)
        server.kill()
        server.start()
        histories = {chat_id: people[0].history(chat_id) for chat_id in chat_ids}
        for history in histories.values():
            ids = [message["id"] for message in history]
            assert ids == sorted(set(ids))
        for client in clients:
            check_against_history(client, histories[client.chat_id])
        seen_in_all += sum(len(client.seen) for client in clients)
    assert seen_in_all > ROUNDS, "hardly anything happened"
