"""Disk full, read-only, damaged: clear words, nothing shown that is not stored, and no restart when the trouble is over."""
import contextlib
import pathlib
import resource
import sqlite3
import subprocess
import threading
import time

import pytest

import confab_server
import django_rows
from conftest import USUAL_OPTIONS
from people import people_from_rows

TROUBLE = "Message could not be stored, please try again"
CONTENT = "x" * 200_000
LOCK_HELD_S = 5  # the contract's own figure
READS = 50


@pytest.fixture
def talk(start_server):
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        yield server, alice, bob, chat_id, a, b


def file_size_limit(server, limit):
    """As a full disk: files of the process cannot grow past it. No mount is needed, and the limit can be lifted again."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def test_a_full_disk_refuses_messages_until_there_is_room(talk):
    server, alice, bob, chat_id, a, b = talk
    a.say("before")
    assert a.receive_content() == b.receive_content() == "before"
    wal = pathlib.Path(f"{server.database}-wal")
    file_size_limit(server, wal.stat().st_size + 4096)
    for _ in range(5):
        a.say(CONTENT)
        assert a.receive_error() == TROUBLE
    answer = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": CONTENT})
    assert answer.status_code == 503 and answer.headers["Retry-After"] and list(answer.json()) == ["detail"]
    assert b.received_by_now() == [], "shown, but not stored"
    assert [m["content"] for m in bob.history(chat_id)] == ["before"], "reading goes on"
    file_size_limit(server, resource.RLIM_INFINITY)
    a.say("after")
    assert a.receive_content() == b.receive_content() == "after"
    assert [m["content"] for m in alice.history(chat_id)] == ["before", "after"]
    assert server.log.count(b"batch not stored") == 1, "one line when trouble begins"


# Readers are other connections than the writer, and a WAL's readers wait for nobody.
def test_reads_do_not_queue_behind_a_writer_that_waits(talk):
    server, alice, bob, chat_id, a, b = talk
    a.say("before")
    assert a.receive_content() == b.receive_content() == "before"
    with contextlib.closing(django_rows.connect(server.database)) as db:
        db.execute("BEGIN IMMEDIATE")
        a.say("into the lock")
        posting = threading.Thread(target=alice.post, args=(f"/api/chats/{chat_id}/send_message/", {"content": "x"}))
        posting.start()
        began = time.monotonic()
        for _ in range(READS):
            assert [m["content"] for m in bob.history(chat_id)] == ["before"]
            assert bob.get("/api/me/").status_code == 200
        assert bob.get("/healthz").status_code == 200
        read_in_s = time.monotonic() - began
        time.sleep(max(0.0, LOCK_HELD_S - read_in_s))  # the lock itself is the input here
        db.execute("ROLLBACK")
        posting.join()
    # Both were waiting for the whole time, and the writer is more patient than this.
    assert read_in_s < LOCK_HELD_S
    assert a.receive_content() == b.receive_content() == "into the lock"
    assert [m["content"] for m in alice.history(chat_id)] == ["before", "into the lock", "x"]


# --- At the start ---

def serve(directory, *options):
    """Run a server that must refuse to start; what it says."""
    ended = subprocess.run(
        [confab_server.binary(), "serve", "--listen", "127.0.0.1:0", "--database", "db.sqlite3", *options],
        cwd=directory, capture_output=True, timeout=confab_server.START_DEADLINE_S)
    said = ended.stderr.decode()
    assert ended.returncode == 1, (ended.returncode, said)
    assert b"listening" not in ended.stdout
    assert "Sanitizer" not in said and "runtime error" not in said
    return said


def healthy_database(start_server):
    """The file of a server that has been used and stopped, as bytes."""
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    for number in range(50):
        alice.send(chat_id, f"{number} " + "x" * 1000)
    server.stop()
    return server.database.read_bytes()


def damage_header(data):
    return b"Not SQLite at all" + data[17:]


def damage_schema(data):
    """The first page's tree is nonsense; the header is fine."""
    return data[:100] + b"\xff" * 400 + data[500:]


@pytest.mark.parametrize("damage", [damage_header, damage_schema, lambda data: b"hello\n" * 100],
                         ids=["header", "schema", "a text"])
def test_a_damaged_file_is_refused_and_left_alone(start_server, tmp_path, damage):
    damaged = damage(healthy_database(start_server))
    database = tmp_path / "db.sqlite3"
    database.write_bytes(damaged)
    said = serve(tmp_path)
    assert "db.sqlite3" in said and "it was not changed" in said
    assert database.read_bytes() == damaged
    assert not pathlib.Path(f"{database}-wal").exists()


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "db.sqlite3").mkdir()
    assert "db.sqlite3" in serve(tmp_path)


# Pages in the middle are damaged while it serves: those who ask for them are told, others are served.
def test_damage_in_the_middle_is_told_to_those_who_ask_for_it(start_server, tmp_path):
    data = bytearray(healthy_database(start_server))
    page_bytes = int.from_bytes(data[16:18], "big")
    database = tmp_path / "db.sqlite3"
    database.write_bytes(data)
    with contextlib.closing(sqlite3.connect(database)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'chat_message'").fetchone()
    data = bytearray(database.read_bytes())
    data[(root - 1) * page_bytes:root * page_bytes] = b"\xee" * page_bytes
    database.write_bytes(data)
    server = start_server(*USUAL_OPTIONS, directory=tmp_path)
    (carol,) = people_from_rows(server, ["carol"])
    assert carol.get("/api/me/").status_code == 200
    answer = carol.get("/api/messages/")
    assert answer.status_code in (200, 503) and "sqlite" not in answer.text.lower()
    assert server.is_alive()
