"""SIGKILL under load, and then the power is gone too: what was not synced is taken back from the files.

What any client saw is in the history all the same. That this test can fail is shown by a disk that lies about syncing.
"""
import os
import pathlib
import random
import struct
import subprocess
import time

import pytest

from chat_socket import run
from conftest import USUAL_OPTIONS
from confab_server import ROOT
from crash_load import Client, check_against_history, live_until_killed
from people import people_from_rows

pytestmark = pytest.mark.once

ROUNDS = 8
CONNECTIONS = 6
LIFE_S_MAX = 0.5       # a random part of this passes between the first message and the kill
ROUND_DEADLINE_S = 120

# tests/support/powerloss.c: one page as it was at the last sync, and the size that the file had.
UNDO = struct.Struct("QQ4096s")
PAGE_BYTES = 4096


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The library that remembers what was not synced."""
    path = tmp_path_factory.mktemp("library") / "powerloss.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", path,
                    ROOT / "tests" / "support" / "powerloss.c"], check=True)
    return path


@pytest.fixture
def talk(start_server):
    """A chat of two whose rows are on the disk, and its server, stopped."""
    server = start_server(*USUAL_OPTIONS)
    people = people_from_rows(server, ["alice", "bob"])
    chat_id = people[0].make_chat(people[1])
    server.stop()
    return server, people, chat_id


def start_watched(server, library, monkeypatch, lies=False):
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", str(library))
        environment.setenv("CONFAB_POWERLOSS", str(server.database))
        if lies:
            environment.setenv("CONFAB_POWERLOSS_LIES", "1")
        server.start()


def take_back(database, is_lost):
    """Put the pages of the database and its WAL back for which is_lost() says so. Returns how many there were."""
    count = 0
    for undo_path in database.parent.glob(database.name + "*.undo"):
        undo = undo_path.read_bytes()
        # A kill may have cut the last record short: what it is about was then not yet written.
        undo = undo[:len(undo) // UNDO.size * UNDO.size]
        path = pathlib.Path(str(undo_path).removesuffix(".undo"))
        undo_path.unlink()
        if not undo or not path.exists():
            continue
        with open(path, "r+b") as file:
            for index, synced_size, page in UNDO.iter_unpack(undo):
                count += 1
                if is_lost():
                    file.seek(index * PAGE_BYTES)
                    file.write(page)
            if is_lost():
                file.truncate(synced_size)
    return count


def live_and_die(server, people, chat_id, number, life_s):
    """One life under load; the clients with what they saw."""
    clients = [Client(people[index % 2], chat_id, f"{number}-{index}") for index in range(CONNECTIONS)]
    run(live_until_killed(server, clients, life_s), ROUND_DEADLINE_S)
    server.kill()
    return clients


@pytest.mark.parametrize("share", [1.0, 0.5], ids=["everything unsynced is lost", "each page by chance"])
def test_what_anyone_saw_survives_a_power_cut(talk, library, monkeypatch, share):
    server, people, chat_id = talk
    seed = int(os.environ.get("CONFAB_CRASH_SEED", time.time_ns() % 2**32))
    print(f"CONFAB_CRASH_SEED={seed}")
    chance = random.Random(seed)
    seen = 0
    for number in range(ROUNDS):
        start_watched(server, library, monkeypatch)
        clients = live_and_die(server, people, chat_id, number, chance.random() * LIFE_S_MAX)
        take_back(server.database, lambda: chance.random() < share)
        server.start()
        history = people[0].history(chat_id)
        ids = [message["id"] for message in history]
        assert ids == sorted(set(ids))
        for client in clients:
            check_against_history(client, history)
        seen += sum(len(client.seen) for client in clients)
        server.stop()
    assert seen > ROUNDS, "hardly anything happened"


def test_a_disk_that_lies_about_syncing_is_noticed(talk, library, monkeypatch):
    server, people, chat_id = talk
    start_watched(server, library, monkeypatch, lies=True)
    clients = live_and_die(server, people, chat_id, 0, LIFE_S_MAX)
    assert sum(len(client.seen) for client in clients) > 0
    assert take_back(server.database, lambda: True) > 0
    server.start()
    history = people[0].history(chat_id)
    with pytest.raises((AssertionError, ValueError)):
        for client in clients:
            check_against_history(client, history)
