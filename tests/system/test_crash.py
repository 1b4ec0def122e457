"""SIGKILL at random moments under load: whatever any client saw is in the history, once, in order."""
import os
import random
import time

import pytest

from chat_socket import run
from conftest import USUAL_OPTIONS
from crash_load import Client, check_against_history, live_until_killed
from people import people_from_rows

pytestmark = pytest.mark.once

ROUNDS = 8
CHATS = 3
CONNECTIONS_PER_CHAT = 4
LIFE_S_MAX = 0.7       # a random part of this passes between the first message and the kill
ROUND_DEADLINE_S = 120


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
