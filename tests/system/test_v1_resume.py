"""PROTOCOL II.7, check 7: clients that break off at random instants and come again have, joined together, the same."""
import asyncio
import contextlib
import os
import random
import time

import pytest

import django_rows
import v1_load
from chat_socket import run
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from people import people_from_rows
from v1_socket import V1Socket

TALK_S = 4 if is_sanitized() else 6
DEADLINE_S = 240
SPEAKERS, LISTENERS = 6, 4
ELSEWHERE_PAUSE_S = 0.15


@pytest.fixture
def chance():
    seed = int(os.environ.get("CONFAB_RESUME_SEED", time.time_ns() % 2**32))
    print(f"CONFAB_RESUME_SEED={seed}")
    return random.Random(seed)


async def write_elsewhere(server, chat_id, user_id, chance, is_over):
    """Another program stores messages, a few at a time."""
    number = 0
    while not is_over():
        await asyncio.sleep(chance.random() * ELSEWHERE_PAUSE_S)
        contents = [f"elsewhere {number + i}" for i in range(chance.randint(1, 5))]
        number += len(contents)

        def add():
            with contextlib.closing(django_rows.connect(server.database)) as db:
                django_rows.add_messages(db, chat_id, user_id, contents)
        await asyncio.get_running_loop().run_in_executor(None, add)


async def talk(server, clients, chat_id, user_id, chance):
    until = time.monotonic() + TALK_S

    def is_over():
        return time.monotonic() >= until
    await asyncio.gather(write_elsewhere(server, chat_id, user_id, chance, is_over),
                         *(client.live(is_over) for client in clients))
    await v1_load.all_come_to_rest(server, clients)


def test_joined_streams_are_equal(start_server, chance):
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    clients = [v1_load.Client([alice, bob][i % 2], chat_id, f"client{i}", random.Random(chance.random()),
                              speaks=i < SPEAKERS) for i in range(SPEAKERS + LISTENERS)]
    run(talk(server, clients, chat_id, alice.id, chance), DEADLINE_S)
    stored = v1_load.events(server, chat_id)
    for client in clients:
        v1_load.check_client(client, stored)
    assert min(client.connections for client in clients) > 3, "hardly anybody broke off"
    assert sum(client.said for client in clients) > 100, "hardly anything was said"


# A page of them is more than a connection is given at once: each next one must be read all the same.
def test_a_past_of_long_messages_comes_whole(server, alice, bob):
    chat_id = alice.make_chat(bob)
    contents = [f"{i} " + "long " * 4000 for i in range(60)]
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_messages(db, chat_id, alice.id, contents)
    with V1Socket(bob, chat_id, after=0) as socket:
        assert socket.receive_contents(len(contents)) == contents
        socket.ask("send", content="goes on")
        assert socket.receive_contents(1) == ["goes on"]
