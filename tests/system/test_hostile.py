"""Thousands of peers that are half open, drip, idle or are stuck: little memory each, an end in time, and nobody else notices."""
import contextlib
import resource
import socket
import time

import pytest

import django_rows
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from crowd import Crowd, cpu_seconds, open_files, wait_until
from people import people_from_rows
from raw_http import RawConnection, request_bytes
from test_metrics import Monitored

PEERS = 300 if is_sanitized() else 3000
STUCK_PEERS = 20 if is_sanitized() else 100  # the kernel keeps megabytes for each of these
PEER_KIB_MAX = 8
ROUND_TRIPS = 50
# Whoever is cut is cut after so long; the default is 20.
TIMEOUT_S = 2
LONG_CONTENT_BYTES = 200
LONG_MESSAGES = 60_000
# (bytes, count) of the messages in a chat: each history is longer than what the kernel keeps for a peer.
HISTORIES = {"short messages": (LONG_CONTENT_BYTES, LONG_MESSAGES), "long messages": (256 * 1024, 80)}


def people_with_chat(server):
    alice, bob = people_from_rows(server, ["alice", "bob"])
    return alice, bob, alice.make_chat(bob)


def websocket_request(person, chat_id, *fields):
    return request_bytes(
        "GET", f"/ws/chat/{chat_id}/", f"Cookie: sessionid={person.session_key}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields)


def check_all_is_well(alice, bob, chat_id, round_trips=ROUND_TRIPS, meanwhile=lambda: None):
    """An honest pair talks, and one reads, while something else goes on."""
    before = len(alice.history(chat_id))
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        for number in range(round_trips):
            meanwhile()
            a.say(f"message {number}")
            assert a.receive_content() == b.receive_content() == f"message {number}"
            assert alice.get("/api/me/").status_code == 200
    assert len(alice.history(chat_id)) == before + round_trips


# What they have sent, and what they send now and then.
REQUEST_HEAD = b"POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WEBSOCKET_TEXT_BEGUN = b"\x01\x85\x00\x00\x00\x00{\"con"
CROWDS = {
    "silent": (b"", b""),
    "half a request": (REQUEST_HEAD, b""),
    "dripping heads": (b"GET / HTTP/1.1\r\nX: ", b"x"),
    "dripping bodies": (REQUEST_HEAD + b"Content-Length: 1000000\r\n\r\n{", b" "),
    "dripping chunks": (REQUEST_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "idle": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b""),
}


@pytest.fixture
def patient_server(start_server):
    """It cuts nobody while memory is measured."""
    return start_server(*USUAL_OPTIONS, "--request-timeout", "600", "--keep-alive-timeout", "600",
                        "--metrics-listen", "127.0.0.1:0")


@pytest.mark.parametrize("kind", CROWDS)
def test_a_crowd_costs_little_and_nobody_else_notices(patient_server, kind):
    greeting, drip = CROWDS[kind]
    honest = people_with_chat(patient_server)
    check_all_is_well(*honest)  # what serving at all costs is there before
    before_kib = patient_server.memory_kib()
    with Crowd(patient_server, PEERS, greeting) as crowd:
        check_all_is_well(*honest, meanwhile=lambda: crowd.send_each(drip) if drip else None)
        if kind == "idle":
            assert all(data.startswith(b"HTTP/1.1 200 ") for data in crowd.wait_answers())
        grown_kib = patient_server.memory_kib() - before_kib
        assert crowd.alive() == PEERS
    assert is_sanitized() or grown_kib < PEERS * PEER_KIB_MAX, f"{grown_kib / PEERS:.1f} KiB each"
    check_all_is_well(*honest, round_trips=1)


@pytest.mark.parametrize("frames", [b"", WEBSOCKET_TEXT_BEGUN, b"\x81"], ids=["idle", "in a message", "in a header"])
def test_idle_and_unfinished_websockets_cost_little(patient_server, frames):
    honest = people_with_chat(patient_server)
    alice, bob, chat_id = honest
    check_all_is_well(*honest)
    before_kib = patient_server.memory_kib()
    with Crowd(patient_server, PEERS // 3, websocket_request(bob, chat_id)) as crowd:
        assert all(data.startswith(b"HTTP/1.1 101 ") for data in crowd.wait_answers())
        crowd.send_each(frames)
        check_all_is_well(*honest)
        grown_kib = patient_server.memory_kib() - before_kib
        assert crowd.alive() == PEERS // 3
    assert is_sanitized() or grown_kib < PEERS // 3 * PEER_KIB_MAX, f"{grown_kib / (PEERS // 3):.1f} KiB each"


# Each would have megabytes of history if it read. The server makes the next piece when there is room for it.
@pytest.mark.parametrize("kind", HISTORIES)
def test_peers_that_do_not_read_their_answers_cost_little(patient_server, kind):
    content_bytes, count = HISTORIES[kind]
    monitored = Monitored(patient_server)
    honest = people_with_chat(patient_server)
    alice, bob, chat_id = honest
    with contextlib.closing(django_rows.connect(patient_server.database)) as db:
        long_id = django_rows.add_chat(db, "long", [bob.id])
        django_rows.add_messages(db, long_id, bob.id, ("x" * content_bytes for _ in range(count)))
    ask = request_bytes("GET", f"/api/chats/{long_id}/messages/", f"Cookie: sessionid={bob.session_key}")
    # The readers' caches belong to the threads, and do not grow with the peers.
    with Crowd(patient_server, STUCK_PEERS, ask, receive_buffer_bytes=4096):
        wait_until_quiet(patient_server)
    check_all_is_well(*honest)
    wait_until_quiet(patient_server)
    before_bytes = monitored.value("confab_heap_bytes")
    with Crowd(patient_server, STUCK_PEERS, ask, receive_buffer_bytes=4096) as crowd:
        check_all_is_well(*honest)
        wait_until_quiet(patient_server)
        grown_kib = (monitored.value("confab_heap_bytes") - before_bytes) / 1024
        assert crowd.alive() == STUCK_PEERS
        check_all_is_well(*honest)
    assert is_sanitized() or grown_kib < STUCK_PEERS * PEER_KIB_MAX, f"{grown_kib / STUCK_PEERS:.1f} KiB each"


def wait_until_quiet(server):
    def is_quiet():
        before = cpu_seconds(server)
        time.sleep(0.2)
        return cpu_seconds(server) - before <= 0.02
    wait_until(is_quiet, "the server goes on working")


@pytest.mark.parametrize("kind", CROWDS)
def test_a_crowd_is_cut_in_time(start_server, kind):
    server = start_server(*USUAL_OPTIONS, "--request-timeout", str(TIMEOUT_S), "--keep-alive-timeout", str(TIMEOUT_S))
    files = open_files(server)
    greeting, _ = CROWDS[kind]
    with Crowd(server, 200, greeting) as crowd:
        answers = crowd.wait_ended()
    first_lines = {data.partition(b"\r\n")[0] for data in answers}
    expected = {"silent": b"", "idle": b"HTTP/1.1 200 OK"}.get(kind, b"HTTP/1.1 408 Request Timeout")
    assert first_lines == {expected}
    wait_until(lambda: open_files(server) <= files, "file descriptors are left open")


# The deadline is for the whole request: a byte now and then does not put it off.
def test_dripping_does_not_put_the_end_off(start_server):
    server = start_server(*USUAL_OPTIONS, "--request-timeout", str(TIMEOUT_S))
    honest = people_with_chat(server)
    with Crowd(server, 200, b"GET / HTTP/1.1\r\nX: ") as crowd:
        def nobody_is_left():
            crowd.send_each(b"x")
            check_all_is_well(*honest, round_trips=1)
            # Each has its 408, or is reset for what it went on to send.
            return all(data.startswith(b"HTTP/1.1 408 ") or data == b"" for data in peeked(crowd))
        wait_until(nobody_is_left, "a dripping peer is still there")
        crowd.wait_ended()


def peeked(crowd):
    for peer in crowd.sockets:
        try:
            yield peer.recv(64, socket.MSG_PEEK)
        except BlockingIOError:
            yield b"nothing yet"
        except ConnectionResetError:
            yield b""


def test_a_peer_that_takes_nothing_of_its_answer_is_cut(start_server):
    server = start_server(*USUAL_OPTIONS, "--request-timeout", str(TIMEOUT_S))
    alice, bob, chat_id = people_with_chat(server)
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_messages(db, chat_id, bob.id, ("x" * LONG_CONTENT_BYTES for _ in range(LONG_MESSAGES)))
    files = open_files(server)
    ask = request_bytes("GET", f"/api/chats/{chat_id}/messages/", f"Cookie: sessionid={bob.session_key}")
    with Crowd(server, 5, ask, receive_buffer_bytes=4096) as crowd:
        wait_until(lambda: open_files(server) >= files + 5, "they did not all come in")
        wait_until(lambda: open_files(server) <= files, "peers that read nothing are still there")
        assert all(not data.endswith(b"0\r\n\r\n") for data in crowd.wait_ended()), "a part passed for the whole"
    server.stop()
    assert b"work under way" not in server.log, "an answer that nobody takes any more has been kept"


# --- File descriptors ---

SPARE_FILES = 40


def test_out_of_file_descriptors_those_who_are_in_are_served_and_it_recovers(start_server):
    server = start_server(*USUAL_OPTIONS)
    alice, bob, chat_id = people_with_chat(server)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        alice.get("/api/me/")
        limit = open_files(server) + SPARE_FILES
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with Crowd(server, 4 * SPARE_FILES):  # most of them wait in the kernel's queue
            wait_until(lambda: open_files(server) >= limit - 1, "the descriptors are not used up")
            before = cpu_seconds(server)
            time.sleep(1)  # to see whether it spins: the only way is to look at it for a while
            assert cpu_seconds(server) - before < 0.3
            for number in range(ROUND_TRIPS):
                a.say(f"message {number}")
                assert a.receive_content() == b.receive_content() == f"message {number}"
                assert alice.get("/api/me/").status_code == 200
        wait_until(lambda: open_files(server) < limit - SPARE_FILES // 2, "it does not recover")
        assert bob.get("/api/me/").status_code == 200
        with RawConnection(server) as newcomer:
            newcomer.send(request_bytes("GET", "/healthz"))
            assert newcomer.answer().status == 200
    assert server.log.count(b"no more connections can be accepted") < 10, "a line for each try fills the disk"
