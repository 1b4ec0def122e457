"""PROTOCOL II.7, check 6: SIGKILL at random instants under load of confab.v1. Clients live over all kills: what was
acknowledged is there, nobody has seen anything that is not, and no chain is broken."""
import asyncio
import os
import random
import time

import pytest

import v1_load
from chat_socket import run
from conftest import USUAL_OPTIONS
from people import people_from_rows

pytestmark = pytest.mark.once

ROUNDS = 8
CHATS = 2
CLIENTS_PER_CHAT = 4
LIFE_S_MAX = 0.7  # a random part of this passes until the kill
DEADLINE_S = 240


async def live_until_killed(server, clients, life_s):
    def is_over():
        return not server.is_alive()
    lives = [asyncio.ensure_future(client.live(is_over)) for client in clients]
    await asyncio.sleep(life_s)
    server.process.kill()
    await asyncio.get_running_loop().run_in_executor(None, server.process.wait)
    await asyncio.gather(*lives)


def check_after_kill(server, clients):
    for chat_id in {client.chat_id for client in clients}:
        stored = v1_load.events(server, chat_id)
        by_id = dict(stored)
        assert len(by_id) == len(stored)
        for client in (client for client in clients if client.chat_id == chat_id):
            lost = [event for event in client.stream if by_id.get(event[0]) != event[1]]
            assert not lost, f"{client.name} saw {lost[0]}"
            for nonce, message_id in client.acked.items():
                assert by_id.get(message_id) == nonce.replace("-", " "), f"{nonce} was acknowledged"


def test_what_was_acknowledged_or_seen_survives_kills(start_server):
    seed = int(os.environ.get("CONFAB_CRASH_SEED", time.time_ns() % 2**32))
    print(f"CONFAB_CRASH_SEED={seed}")
    chance = random.Random(seed)
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    clients = [v1_load.Client([alice, bob][i % 2], chat_id, f"client{chat_id}x{i}", random.Random(chance.random()))
               for chat_id in [alice.make_chat(bob) for _ in range(CHATS)] for i in range(CLIENTS_PER_CHAT)]
    for _ in range(ROUNDS):
        run(live_until_killed(server, clients, chance.random() * LIFE_S_MAX), DEADLINE_S)
        server.kill()
        server.start()
        check_after_kill(server, clients)
    run(v1_load.all_come_to_rest(server, clients), DEADLINE_S)
    for client in clients:
        v1_load.check_client(client, v1_load.events(server, client.chat_id))
    assert sum(len(client.stream) for client in clients) > 10 * ROUNDS, "hardly anything happened"
