"""One client that floods: pings, requests, fragments, bombs, nonsense, uploads. It costs the server little and others nothing."""
import contextlib
import json
import os
import zlib

import pytest

import wire
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from crowd import Crowd, wait_until
from people import people_from_rows
from raw_http import Closed, RawConnection, request_bytes
from test_hostile import check_all_is_well, people_with_chat, websocket_request

MIB = 1024 * 1024
GROWTH_KIB_MAX = 24 * 1024
PIPELINED = 10_000
PINGS = 20_000
FRAGMENTS = 100_000
CONTENT_BYTES_MAX = MIB
# What one event loop holds of requests (REQUEST_BYTES_HELD_MAX).
HELD_BYTES_MAX = 64 * MIB


@contextlib.contextmanager
def bounded(server, growth_kib_max):
    """A place for a flood: the honest are well before and after it, and the server has not grown by more."""
    honest = people_with_chat(server)
    check_all_is_well(*honest)
    before_kib = server.memory_kib()
    yield server, honest
    check_all_is_well(*honest, round_trips=5)
    grown_kib = server.memory_peak_kib() - before_kib
    assert is_sanitized() or grown_kib < growth_kib_max, f"grew by {grown_kib} KiB"


@pytest.fixture
def place(start_server):
    with bounded(start_server(*USUAL_OPTIONS, "--threads", "1"), GROWTH_KIB_MAX) as found:
        yield found


@pytest.fixture
def place_for_uploads(start_server):
    """What is held may lie in buffers of twice its length."""
    limit_kib = 2 * HELD_BYTES_MAX // 1024 + GROWTH_KIB_MAX
    with bounded(start_server(*USUAL_OPTIONS, "--threads", "1"), limit_kib) as found:
        yield found


def websocket(server, person, chat_id, *fields):
    connection = RawConnection(server)
    connection.send(websocket_request(person, chat_id, *fields))
    assert connection.answer().status == 101
    return connection


def test_ten_thousand_pipelined_requests_are_answered_in_order(place):
    server, honest = place
    with RawConnection(server) as connection:
        for number in range(PIPELINED):
            # Written and read in turns of 500: a client that reads nothing is not read from either.
            if number % 500 == 0:
                connection.send(b"".join(
                    request_bytes("GET", f"/api/chats/{n}") for n in range(number, number + 500)))
            answer = connection.answer()
            assert answer.status == 301 and answer.field("location") == f"/api/chats/{number}/"


def test_pipelining_without_reading_stops_at_the_kernels_buffers(place):
    server, honest = place
    with Crowd(server, 20) as crowd:
        requests = request_bytes("GET", "/api/schema/") * 500
        for _ in range(50):
            crowd.send_each(requests)
        check_all_is_well(*honest)


def test_a_flood_of_pings_is_answered_or_waits(place):
    server, honest = place
    alice, bob, chat_id = honest
    with websocket(server, bob, chat_id) as connection:
        for _ in range(PINGS // 100):
            connection.send(wire.frame(9, b"x" * 125) * 100)
            check_pongs(connection, 100)
    with Crowd(server, 10, websocket_request(bob, chat_id)) as crowd:
        crowd.wait_answers()
        for _ in range(200):
            crowd.send_each(wire.frame(9, b"x" * 125) * 100)
        check_all_is_well(*honest)


def check_pongs(connection, count):
    got = b""
    while len(got) < count * 127:
        got += connection.read_some()
    assert got == (b"\x8a\x7d" + b"x" * 125) * count


def test_fragments_without_end_are_no_use(place):
    server, honest = place
    alice, bob, chat_id = honest
    with websocket(server, bob, chat_id) as connection:
        connection.send(wire.frame(1, b"", fin=False))
        for _ in range(FRAGMENTS // 1000):
            connection.send(wire.frame(0, b"", fin=False) * 1000)
        connection.send(wire.frame(0, b'{"content": "at last"}'))
        assert b"at last" in connection.read_some()
        # And fragments that do hold something end at the limit.
        connection.send(wire.frame(1, b"x" * 60_000, fin=False))
        connection.send_quietly(wire.frame(0, b"x" * 60_000, fin=False) * 40)
        assert connection.read_to_end().endswith(b"\x88\x02\x03\xf1")  # 1009


def test_a_bomb_is_not_unpacked(place):
    server, honest = place
    alice, bob, chat_id = honest
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b'{"content": "' + b"a" * 256 * MIB) + packer.flush(zlib.Z_SYNC_FLUSH)
    with websocket(server, bob, chat_id, "Sec-WebSocket-Extensions: permessage-deflate") as connection:
        connection.send_quietly(wire.frame(1, bomb[:-4], rsv=4))
        assert connection.read_to_end().endswith(b"\x88\x02\x03\xf1")  # 1009


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_nonsense_ends_its_own_connection(place, kind):
    server, honest = place
    alice, bob, chat_id = honest
    for number in range(300):
        noise = os.urandom(1 + number * 7)
        connection = RawConnection(server) if kind == "http" else websocket(server, bob, chat_id)
        with connection:
            connection.send_quietly(noise)
            connection.send_quietly(b"\r\n\r\n" if kind == "http" else b"\x08\x00" * 70)
            connection.shutdown_write()
            connection.read_to_end()


@pytest.mark.parametrize("content", [
    b"[" * MIB, b'{"a":' * (MIB // 5), b'{"content":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    b"{" + b",".join(b'"%d":0' % n for n in range(90_000)) + b"}",
    b'{"content":' + b"9" * 1_000_000 + b"}", b'{"content":"' + b"\\u0000" * 160_000 + b'"}',
], ids=["arrays", "objects", "nested content", "many keys", "a long number", "escaped NULs"])
def test_json_that_is_deep_or_wide_is_refused_at_once(place, content):
    server, (alice, bob, chat_id) = place
    answer = bob.post(f"/api/chats/{chat_id}/send_message/", data=content[:CONTENT_BYTES_MAX],
                      headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and len(answer.content) < 1000, answer.text[:300]
    with bob.connect(chat_id) as socket:
        socket.send_text(content[:CONTENT_BYTES_MAX].decode())
        assert socket.receive_error()


def test_messages_beyond_the_rate_are_refused_and_nobody_else_is_slowed(start_server):
    server = start_server("--message-rate", "1", "--message-burst", "20")
    alice, bob, carol = people_from_rows(server, ["alice", "bob", "carol"])
    chat_id = alice.make_chat(bob, carol)
    with bob.connect(chat_id) as flooder, carol.connect(chat_id) as listener, alice.connect(chat_id) as speaker:
        for number in range(2000):
            flooder.say(f"flood {number}")
        errors = sum(flooder.receive()["type"] == "error" for _ in range(2000))
        assert errors > 1900
        for number in range(10):
            speaker.say(f"honest {number}")
            while speaker.receive_content() != f"honest {number}":
                pass  # what the flooder was allowed
        heard = [frame["message"]["content"] for frame in listener.received_by_now()]
    assert [text for text in heard if text.startswith("honest")] == [f"honest {n}" for n in range(10)]
    assert len(heard) == 2000 - errors + 10


# --- Uploads ---

def upload_head(length):
    return request_bytes("POST", "/api/login/", "Content-Type: application/json", f"Content-Length: {length}")


def send_all_but_a_byte(crowd):
    for peer in crowd.sockets:
        peer.setblocking(True)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            peer.sendall(b" " * (CONTENT_BYTES_MAX - 1))
        peer.setblocking(False)


# Which of them is refused depends on whose bytes are read last.
@pytest.mark.parametrize("one_more", [0, 1])
def test_uploads_up_to_the_limit_are_held_and_one_past_it_is_refused(place_for_uploads, one_more):
    server, honest = place_for_uploads
    fitting = HELD_BYTES_MAX // (len(upload_head(CONTENT_BYTES_MAX)) + CONTENT_BYTES_MAX - 1)
    with Crowd(server, fitting + one_more, upload_head(CONTENT_BYTES_MAX)) as crowd:
        send_all_but_a_byte(crowd)
        check_all_is_well(*honest)  # messages of usual length get in
        with RawConnection(server) as small:
            content = json.dumps({"username": "x", "password": "y" * 6_000}).encode()
            small.send(upload_head(len(content)) + content)
            assert small.answer().status == 401
        crowd.send_each(b" ")
        answers = crowd.wait_answers()
    refused = [data for data in answers if data.startswith(b"HTTP/1.1 503 ")]
    assert len(refused) == one_more and all(b"\r\nRetry-After: " in data for data in refused)
    assert sum(data.startswith(b"HTTP/1.1 400 ") for data in answers) == fitting
    with RawConnection(server) as next_one:
        next_one.send(upload_head(CONTENT_BYTES_MAX) + b" " * CONTENT_BYTES_MAX)
        assert next_one.answer().status == 400


def test_a_client_that_leaves_in_the_middle_gives_its_memory_back(place_for_uploads):
    server, honest = place_for_uploads
    for _ in range(3):  # more than the limit in all
        with Crowd(server, 30, upload_head(CONTENT_BYTES_MAX)) as crowd:
            send_all_but_a_byte(crowd)

    def is_taken():
        with RawConnection(server) as connection:
            connection.send_quietly(upload_head(CONTENT_BYTES_MAX) + b" " * CONTENT_BYTES_MAX)
            try:
                return connection.answer().status == 400
            except Closed:  # refused while it was sending
                return False
    wait_until(is_taken, "the memory was not given back")  # when the server has seen them go
