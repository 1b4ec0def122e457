"""A client that stops reading costs its cursor: it is closed with 1013, and nobody else notices (part I.3)."""
import concurrent.futures
import contextlib
import json
import struct

import pytest

from conftest import USUAL_OPTIONS
from confab_server import is_sanitized
from contract import CONTENT_BYTES_MAX
from people import people_from_rows
from raw_http import RawConnection, request_bytes

CONTENT_BYTES = CONTENT_BYTES_MAX - 1024
# Far more than a room and the kernel keep for those who are behind; less for a sanitizer build, which is slow.
FLOOD_BYTES = (24 if is_sanitized() else 128) * 1024 * 1024
GROWTH_KIB_MAX = 128 * 1024
SLOW_READERS = 30


@pytest.fixture
def talk(start_server):
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    return server, alice, bob, alice.make_chat(bob)


def stopped_reader(server, person, chat_id):
    """A WebSocket that is never read from until the test does."""
    connection = RawConnection(server, receive_buffer_bytes=4096)
    connection.send(request_bytes(
        "GET", f"/ws/chat/{chat_id}/", f"Cookie: sessionid={person.session_key}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
    assert connection.answer().status == 101
    return connection


def frames_in(data):
    """The complete (opcode, payload) pairs of server frames in data."""
    place = 0
    while len(data) - place >= 2:
        opcode, length = data[place] & 0x0F, data[place + 1]
        head = 2
        if length == 126:
            head, length = 4, struct.unpack_from(">H", data, place + 2)[0]
        elif length == 127:
            head, length = 10, struct.unpack_from(">Q", data, place + 2)[0]
        if len(data) - place < head + length:
            return
        yield opcode, data[place + head:place + head + length]
        place += head + length


def test_readers_that_stop_are_closed_and_nobody_else_notices(talk):
    server, alice, bob, chat_id = talk
    before_kib = server.memory_peak_kib()
    flood = FLOOD_BYTES // CONTENT_BYTES
    padding = "x" * (CONTENT_BYTES - 10)
    with contextlib.ExitStack() as stack:
        speaker = stack.enter_context(alice.connect(chat_id, compression=None))
        listener = stack.enter_context(bob.connect(chat_id, compression=None))
        stuck = [stack.enter_context(stopped_reader(server, bob, chat_id)) for _ in range(SLOW_READERS)]
        for number in range(flood):
            speaker.say(f"{number:09} {padding}")
            assert speaker.receive_content().startswith(f"{number:09} ")
            assert listener.receive_content().startswith(f"{number:09} ")
        grown_kib = server.memory_peak_kib() - before_kib
        # All at once: the server waits only so long for the rest of a frame to be taken.
        with concurrent.futures.ThreadPoolExecutor(SLOW_READERS) as pool:
            for data in pool.map(read_to_close_frame, stuck):
                check_what_the_stopped_reader_got(data, flood)
        speaker.say("afterwards")
        assert listener.receive_content() == "afterwards"
    assert is_sanitized() or grown_kib < GROWTH_KIB_MAX, f"grew by {grown_kib} KiB"


def read_to_close_frame(connection):
    """What was on its way, up to a close frame (which is not answered here) or the end."""
    data = bytearray()
    while piece := connection.read_some():
        data += piece
        if data[-4:-2] == b"\x88\x02":
            break
    return bytes(data)


def check_what_the_stopped_reader_got(data, flood):
    """A run of messages from the first on, without a hole, and then the end; never everything."""
    numbers, close_code = [], None
    for opcode, payload in frames_in(data):
        assert close_code is None, "nothing follows a close frame"
        if opcode == 1:
            numbers.append(int(json.loads(payload)["message"]["content"].split()[0]))
        elif opcode == 8:
            close_code = int.from_bytes(payload[:2], "big")
    assert numbers == list(range(len(numbers)))
    assert len(numbers) < flood
    assert close_code == 1013


# It reads again before anything was lost, so it must get everything.
def test_a_reader_that_was_slow_for_a_while_gets_every_message(talk):
    server, alice, bob, chat_id = talk
    count = 40
    with alice.connect(chat_id) as speaker, stopped_reader(server, bob, chat_id) as slow:
        for number in range(count):
            speaker.say(f"{number} " + "y" * 10_000)
            speaker.receive_content()
        data = b""
        while len(list(frames_in(data))) < count:
            piece = slow.read_some()
            assert piece, "closed although it was not far behind"
            data += piece
    numbers = [int(json.loads(payload)["message"]["content"].split()[0]) for _, payload in frames_in(data)]
    assert numbers == list(range(count))
