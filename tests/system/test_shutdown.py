"""SIGTERM: what was accepted is stored, everybody is told, and the process ends with 0."""
import subprocess
import threading
import time

import pytest
import websockets

import confab_server
import django_rows
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from people import people_from_rows
from raw_http import RawConnection, request_bytes

EXIT_S_MAX = 5        # the contract's own figure, so it is asserted
SANITIZED_FACTOR = 6  # a sanitizer build is that much slower


def stop_in_time(server):
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < EXIT_S_MAX * (SANITIZED_FACTOR if is_sanitized() else 1)


@pytest.fixture
def talk(start_server):
    server = start_server(*USUAL_OPTIONS)
    people = people_from_rows(server, ["alice", "bob"])
    return server, *people, people[0].make_chat(people[1])


def test_websockets_are_closed_with_1001(talk):
    server, alice, bob, chat_id = talk
    sockets = [person.connect(chat_id) for person in (alice, bob) for _ in range(20)]
    stop_in_time(server)
    assert [socket.wait_closed() for socket in sockets] == [1001] * len(sockets)


def test_what_anyone_saw_is_stored(talk):
    server, alice, bob, chat_id = talk
    speaker, listener = alice.connect(chat_id), bob.connect(chat_id)
    heard_some = threading.Event()

    def speak():
        try:
            for number in range(100_000):
                speaker.say(str(number))
        except websockets.ConnectionClosed:
            pass

    seen = []

    def listen():
        try:
            while True:
                seen.append(listener.receive_content())
                if len(seen) == 50:
                    heard_some.set()
        except websockets.ConnectionClosed:
            heard_some.set()

    threads = [threading.Thread(target=speak), threading.Thread(target=listen)]
    for thread in threads:
        thread.start()
    heard_some.wait()
    stop_in_time(server)
    for thread in threads:
        thread.join()
    stored = django_rows.stored_contents(server.database, chat_id)
    assert len(seen) >= 50
    assert stored[:len(seen)] == seen
    assert stored == [str(number) for number in range(len(stored))]


def test_clients_that_do_not_answer_do_not_delay_the_end(talk):
    server, alice, _, chat_id = talk
    connections = [RawConnection(server) for _ in range(4)]
    key = f"Cookie: sessionid={alice.session_key}"
    connections[1].send(b"GET /api/me/ HT")
    connections[2].send(request_bytes("GET", "/api/me/", key))
    connections[2].answer()
    connections[3].send(request_bytes("GET", f"/ws/chat/{chat_id}/", key, "Upgrade: websocket", "Connection: Upgrade",
                                      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
    assert connections[3].answer().status == 101
    stop_in_time(server)
    for connection in connections:
        connection.read_to_end()


def test_a_second_start_on_the_same_files_goes_on(talk):
    server, alice, bob, chat_id = talk
    before = alice.send(chat_id, "before")
    server.restart()
    after = bob.send(chat_id, "after")
    assert alice.history(chat_id) == [before, after]
    assert alice.get("/api/me/").status_code == 200, "sessions outlive a restart: the secret key was kept"


def test_the_secret_key_is_made_once_and_only_for_its_owner(talk):
    server, *_ = talk
    assert server.secret_key_file.stat().st_mode & 0o777 == 0o600
    key = server.secret_key
    assert len(key) >= 32
    server.restart()
    assert server.secret_key == key


def test_a_second_server_on_the_same_address_says_so(start_server, tmp_path):
    """The loops of one server share a port; two servers must not do so in silence."""
    first = start_server()
    said = subprocess.run(
        [confab_server.binary(), "serve", "--listen", f"127.0.0.1:{first.port}", "--database", tmp_path / "db.sqlite3"],
        capture_output=True, timeout=confab_server.START_DEADLINE_S)
    assert said.returncode == 1
    assert f"cannot listen on 127.0.0.1:{first.port}: Address already in use".encode() in said.stderr
