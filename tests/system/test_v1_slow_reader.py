"""PROTOCOL II.7, check 10: a client of confab.v1 that stops reading costs its cursor. It is not sent away: when it reads
again it gets all events, or a gap that says which it does not."""
import contextlib
import json
import struct

import pytest

import django_rows
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from people import people_from_rows
from raw_http import RawConnection, request_bytes
from v1_load import head

READERS = 20                     # that stop
EVENTS = 20_000 if is_sanitized() else 100_000
EVENTS_AT_ONCE = 20_000          # a transaction of another program
SIGN_OF_LIFE = b"\x8a\x80\0\0\0\0"  # a pong: they are slow, not gone
CONTENT_BYTES = 200
GROWTH_KIB_MAX = 32 * 1024       # the frames of all events are 50 MiB, READERS times
LATE_EVENTS = 4000               # fewer than a client may be behind


def stopped_reader(server, person, chat_id):
    """A WebSocket of confab.v1 that has everything up to 0, and is not read from until the test does."""
    connection = RawConnection(server, receive_buffer_bytes=4096)
    connection.send(request_bytes(
        "GET", f"/ws/chat/{chat_id}/?after=0", f"Cookie: sessionid={person.session_key}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: confab.v1"))
    assert connection.answer().status == 101
    return connection


class Frames:
    """The text frames of a connection, as JSON, pings left out."""

    def __init__(self, connection):
        self.connection, self.data = connection, bytearray()

    def __iter__(self):
        while True:
            while (end := self._frame_end()) is None:
                piece = self.connection.read_some()
                if not piece:
                    return
                self.data += piece
            head, end = end
            opcode, payload = self.data[0] & 0x0F, bytes(self.data[head:end])
            del self.data[:end]
            if opcode == 1:
                yield json.loads(payload)
            assert opcode in (1, 9), f"a frame with opcode {opcode}: {payload}"

    def _frame_end(self):
        if len(self.data) < 4:
            return None
        length, head = self.data[1], 2
        if length == 126:
            length, head = struct.unpack_from(">H", self.data, 2)[0], 4
        elif length == 127:
            if len(self.data) < 10:
                return None
            length, head = struct.unpack_from(">Q", self.data, 2)[0], 10
        return (head, head + length) if len(self.data) >= head + length else None


def judge_until(frames, until):
    """Read up to the head: the chain is whole but for gaps. How many events, and the gaps."""
    last, events, gaps = 0, 0, []
    for frame in frames:
        if frame["type"] == "gap":
            assert frame["after"] == last < frame["seq"]
            last = frame["seq"]
            gaps.append(frame)
        elif frame["type"] == "message":
            assert frame["prev"] == last < frame["seq"]
            last = frame["seq"]
            events += 1
        if last >= until:
            return events, gaps
    raise AssertionError("the connection ended")


@pytest.fixture
def talk(start_server):
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    return server, alice, bob, alice.make_chat(bob)


def add_events(server, user, chat_id, count, watcher, stopped):
    """Events of another program; somebody who reads gets them all on the way. The last one's seq."""
    with contextlib.closing(django_rows.connect(server.database)) as db:
        for begin in range(0, count, EVENTS_AT_ONCE):
            some = min(EVENTS_AT_ONCE, count - begin)
            django_rows.add_messages(db, chat_id, user.id, ["x" * CONTENT_BYTES] * some)
            last = head(server, chat_id)
            for frame in watcher:
                if frame.get("seq") == last:
                    break
            for connection in stopped:
                connection.send(SIGN_OF_LIFE)
    return last


def test_clients_that_stop_cost_no_memory_and_are_told_of_the_gap(talk):
    server, alice, bob, chat_id = talk
    with contextlib.ExitStack() as stack:
        watcher = iter(Frames(stack.enter_context(stopped_reader(server, alice, chat_id))))
        stopped = [stack.enter_context(stopped_reader(server, bob, chat_id)) for _ in range(READERS)]
        add_events(server, alice, chat_id, EVENTS_AT_ONCE, watcher, stopped)
        before_kib = server.memory_peak_kib()
        last = add_events(server, alice, chat_id, EVENTS, watcher, stopped)
        grown_kib = server.memory_peak_kib() - before_kib
        frames = [iter(Frames(connection)) for connection in stopped]
        for of_one in frames:
            events, gaps = judge_until(of_one, last)
            assert len(gaps) == 1 and gaps[0]["reason"] == "slow"
            assert 0 < events < EVENTS
        live = alice.send(chat_id, "afterwards")["id"]
        for of_one in frames:
            assert (frame := next(of_one))["prev"] == last and frame["seq"] == live
    assert is_sanitized() or grown_kib < GROWTH_KIB_MAX, f"grew by {grown_kib} KiB"


def test_a_client_that_was_slow_for_a_while_gets_everything(talk):
    server, alice, bob, chat_id = talk
    with stopped_reader(server, alice, chat_id) as quick, stopped_reader(server, bob, chat_id) as slow:
        last = add_events(server, alice, chat_id, LATE_EVENTS, iter(Frames(quick)), [slow])
        assert judge_until(iter(Frames(slow)), last) == (LATE_EVENTS, [])
