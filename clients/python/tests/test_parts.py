"""The parts that know no connection: backoff, heartbeat, positions, marks, limits."""
import asyncio

import pytest

from confab_client.backoff import Backoff
from confab_client.emitter import Emitter
from confab_client.errors import final_error, pause_s
from confab_client.heartbeat import Heartbeat
from confab_client.limits import encode, size_refusal
from confab_client.marks import Marks
from confab_client.positions import Positions, Verdict
from world import FakeClock, alive


def test_a_pause_is_anywhere_below_a_bound_that_doubles_up_to_a_maximum():
    backoff = Backoff()
    assert [backoff.pause_s(attempt, 1) for attempt in (0, 1, 2, 3, 4, 5, 6, 100_000)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.pause_s(3, 0) == 0
    assert backoff.pause_s(3, 0.25) == 2


def test_a_pause_that_the_server_asks_for_has_bounds():
    assert [pause_s(seconds) for seconds in (2.4, 0, 1e9, -1, "x", None, True)] == [2.4, 0, 300, 1, 1, 1, 1]


def test_which_ends_are_final():
    assert [final_error(code).status for code in (1002, 1007, 4400, 4401, 4403, 4404)] == [1002, 1007, 4400, 4401, 4403, 4404]
    assert not any(final_error(code) for code in (1000, 1001, 1006, 1009, 1011, 1012, 1013, 4408, 4429))
    assert {final_error(1006, status).code for status in (400, 401, 403, 404, 426)} == {"refused"}
    assert not any(final_error(1006, status) for status in (408, 425, 429, 500, 502, 503))


@alive
async def test_silence_is_asked_about_and_then_ends_the_connection():
    clock, events = FakeClock(), []
    heartbeat = Heartbeat(clock, 10, lambda: events.append("ask"), lambda: events.append("dead"))
    await clock.pass_(9)
    heartbeat.heard()
    await clock.pass_(9.5)
    assert events == []
    await clock.pass_(0.5)
    assert events == ["ask"], "a whole interval after the last sign"
    await clock.pass_(9.5)
    heartbeat.heard()
    await clock.pass_(9.5)
    assert events == ["ask"]
    await clock.pass_(30)
    assert events == ["ask", "ask", "dead"]
    assert clock.waiting == 0


@alive
async def test_a_heartbeat_that_is_stopped_asks_nothing():
    clock, events = FakeClock(), []
    Heartbeat(clock, 10, lambda: events.append("ask"), lambda: events.append("dead")).stop()
    await clock.pass_(50)
    assert events == []


def test_the_chain():
    positions = Positions({7: 10}, "e1")
    for chat, seq, prev, verdict in (
        (7, 10, 9, Verdict.REPEAT),
        (7, 12, 11, Verdict.BROKEN),
        (7, 12, 10, Verdict.NEXT),
        (7, 12, 10, Verdict.REPEAT),
        (7, 20, 3, Verdict.NEXT),  # what is known may end between two events
        (8, 5, 4, Verdict.NEXT),   # a chat without a position begins anywhere
        (8, 6, 4, Verdict.NEXT),
        (8, 9, 8, Verdict.BROKEN),
    ):
        assert positions.advance(chat, seq, prev) is verdict, (chat, seq, prev)
    assert positions.as_dict() == {7: 20, 8: 6}


def test_a_gap_moves_a_position_a_beginning_and_what_is_known_only_forward():
    positions = Positions({7: 10}, "e1")
    positions.begin(7, 50)
    positions.reach(7, 4)
    assert positions.get(7) == 10
    positions.reach(7, 11)
    assert positions.get(7) == 11
    positions.jump(7, 3)
    assert positions.get(7) == 3
    positions.begin(9, 50)
    assert positions.restart() == [(7, 3), (9, 50)]
    assert positions.as_dict() == {}


def test_read_marks_the_last_one_of_a_chat_one_at_a_time():
    marks, sent = Marks(), []

    def send(chat, seq):
        send.ref += 1
        sent.append((chat, seq))
        return send.ref
    send.ref = 0

    def taken():
        new = sent[:]
        sent.clear()
        return new

    marks.set(7, 10)
    marks.set(7, 9)
    marks.open(send)
    assert taken() == [(7, 10)]
    marks.set(7, 11)
    marks.set(7, 12)
    marks.set(8, 1)
    assert taken() == [(8, 1)], "the first of chat 7 is under way"
    marks.answered(1, False)
    assert taken() == [(7, 12)]
    marks.answered(2, False)
    marks.lost()
    marks.answered(99, False)
    marks.open(send)
    assert taken() == [(7, 12)], "it may have been lost with the connection, that of chat 8 was not"
    marks.answered(5, False)
    marks.lost()
    marks.open(send)
    assert taken() == []
    marks.set(7, 20)
    marks.answered(5, True)
    marks.answered(99, False)
    assert taken() == [(7, 20)], "it was refused"
    marks.set(7, 20)
    assert taken() == [(7, 20)]


@pytest.mark.parametrize("content, code", [
    ("x" * 1000, None),
    ("x" * 1001, "too_large"),
    ("é" * 500, None),
    ("é" * 501, "too_large"),
    ("\u0001" * 600, "too_large"),  # JSON makes them long
    ("\u0001" * 400, None),
    ("\ud800" * 333, None),
    ("\ud800" * 334, "too_large"),
])
def test_sizes_at_the_limit_and_past_it(content, code):
    refusal = size_refusal({"type": "send", "content": content}, {"content_bytes": 1000, "frame_bytes": 3000})
    assert (refusal and refusal.code) == code


def test_limits_that_the_server_does_not_name_are_those_of_the_protocol():
    assert size_refusal({"type": "send", "content": "x" * 262_144}, {}) is None
    assert size_refusal({"type": "send", "content": "x" * 262_145}, {}).code == "too_large"


def test_frames_are_compact_utf8_with_lone_surrogates_escaped():
    assert encode({"a": "é👍", "b": [1]}) == '{"a":"é👍","b":[1]}'
    assert encode({"a": "\ud800"}) == '{"a":"\\ud800"}'


def test_a_listener_that_fails_harms_neither_the_others_nor_the_emitter():
    emitter, heard, reported = Emitter(), [], []

    def fail(_):
        raise RuntimeError("of the listener")

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(str(context["exception"])))
        off = emitter.on("x", fail)
        emitter.on("x", heard.append)
        emitter._emit("x", 1)
        off()
        off()
        emitter._emit("x", 2)
    asyncio.run(main())
    assert heard == [1, 2]
    assert reported == ["of the listener"]


def test_listeners_by_decorator_and_never_coroutines():
    emitter, heard = Emitter(), []

    @emitter.on("x")
    def listen(event):
        heard.append(event)
    emitter._emit("x", 1)
    assert heard == [1] and listen is not None

    async def waits(_):
        pass
    with pytest.raises(TypeError):
        emitter.on("x", waits)
