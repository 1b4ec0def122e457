"""Commands that wait for their answer: order, limit, repetition, refusals."""
import pytest

from confab_client import ConfabError
from confab_client.outbox import Outbox, Wire
from world import FakeClock, alive, settle, state_of


class Box:
    def __init__(self, limit=10, pipeline=1, refusal=lambda command: None, nonce_s=None):
        self.clock = FakeClock()
        self.outbox = Outbox(self.clock, limit)
        self.sent = []
        self._wire = Wire(refusal, self.sent.append, pipeline, nonce_s)

    def open(self):
        self.outbox.open(self._wire)
        return self

    def contents(self):
        new = [command.get("content", command["type"]) for command in self.sent]
        self.sent.clear()
        return new


def send(content, chat=7):
    return {"type": "send", "chat": chat, "content": content, "nonce": f"n-{content}"}


@alive
async def test_sends_of_a_chat_go_one_after_the_other_other_chats_and_commands_do_not_wait():
    box = Box().open()
    for command in (send("a"), send("b"), send("A", 8), {"type": "history", "chat": 7}):
        box.outbox.add(command)
    first = box.sent[0]
    assert box.contents() == ["a", "A", "history"]
    box.outbox.take({"type": "ack", "ref": first["ref"]})
    assert box.contents() == ["b"]


@alive
async def test_a_wider_pipeline():
    box = Box(pipeline=2).open()
    for content in "abc":
        box.outbox.add(send(content))
    assert box.contents() == ["a", "b"]


@alive
async def test_what_the_server_may_not_know_any_more_is_not_sent_again():
    box = Box(pipeline=3, nonce_s=7).open()
    a = box.outbox.add(send("a"))
    await box.clock.pass_(0.001)
    others = [box.outbox.add(send("b")), box.outbox.add({"type": "history", "chat": 7})]
    box.outbox.lost()
    others.append(box.outbox.add(send("late")))
    box.contents()
    await box.clock.pass_(6.9995)
    box.open()
    assert box.contents() == ["b", "history", "late"]
    assert await state_of(a) == "unconfirmed"
    assert [await state_of(other) for other in others] == ["pending"] * 3


@alive
async def test_what_has_no_answer_is_sent_again_in_its_order_with_its_nonce():
    box = Box(pipeline=3).open()
    answers = [box.outbox.add(send(content)) for content in "abc"]
    first = box.sent[:]
    box.sent.clear()
    box.outbox.take({"type": "ack", "ref": first[1]["ref"], "id": 5})
    box.outbox.lost()
    box.open()
    assert box.sent == [first[0], first[2]]
    assert (await answers[1])["id"] == 5


@alive
async def test_an_answer_is_found_by_its_nonce_too():
    box = Box().open()
    answer = box.outbox.add(send("a"))
    assert not box.outbox.take({"type": "ack", "nonce": "n-other"})
    assert not box.outbox.take({"type": "message", "nonce": "n-a"})
    assert box.outbox.take({"type": "ack", "nonce": "n-a", "id": 3})
    assert (await answer)["id"] == 3
    assert not box.outbox.take({"type": "ack", "nonce": "n-a", "id": 3}), "a second answer is nobody's"


@pytest.mark.parametrize("code", [
    "content_empty", "invalid_json", "invalid_frame", "unknown_type", "not_found", "not_participant", "forbidden", "read_only", "muted",
    "too_large", "nonce_conflict", "conflict", "internal", "a_code_of_later"])
@alive
async def test_final_codes(code):
    box = Box().open()
    answer = box.outbox.add(send("a"))
    box.outbox.add(send("b"))
    frame = {"type": "error", "ref": box.sent[0]["ref"], "code": code, "message": "no"}
    box.outbox.take(frame)
    with pytest.raises(ConfabError, match="no") as refused:
        await answer
    assert (refused.value.code, refused.value.frame) == (code, frame)
    await box.clock.pass_(1)
    assert box.contents() == ["a", "b"]


@pytest.mark.parametrize("code", ["rate_limited", "unavailable"])
@alive
async def test_passing_codes_are_tried_again_after_the_pause_before_what_came_later(code):
    box = Box().open()
    answer = box.outbox.add(send("a"))
    first = box.sent[0]
    box.contents()
    box.outbox.take({"type": "error", "ref": first["ref"], "code": code, "retry_after": 2.5})
    box.outbox.add(send("b"))
    box.outbox.add({"type": "history", "chat": 8})
    await box.clock.pass_(2.4)
    assert box.contents() == []
    await box.clock.pass_(0.1)
    assert box.sent[0] == first
    assert box.contents() == ["a", "history"]
    box.outbox.take({"type": "ack", "ref": first["ref"], "id": 1})
    assert (await answer)["id"] == 1
    assert box.contents() == ["b"]


@alive
async def test_a_pause_outlives_its_connection():
    box = Box().open()
    box.outbox.add(send("a"))
    box.outbox.take({"type": "error", "ref": box.sent[0]["ref"], "code": "unavailable", "retry_after": 5})
    box.contents()
    box.outbox.lost()
    box.open()
    assert box.contents() == []
    await box.clock.pass_(5)
    assert box.contents() == ["a"]


@alive
async def test_as_many_as_the_limit_wait_one_more_is_rejected_at_once():
    box = Box(limit=2)
    answers = [box.outbox.add(send(content)) for content in "abc"]
    assert [await state_of(answer) for answer in answers] == ["pending", "pending", "queue_full"]
    assert await state_of(box.outbox.add({"type": "subscribe"}, once=True)) == "pending", "what a connection must be told has room of its own"
    box.open()
    assert box.contents() == ["a", "subscribe"]


@alive
async def test_what_a_connection_was_told_is_not_told_to_the_next_one():
    box = Box().open()
    told = box.outbox.add({"type": "subscribe"}, once=True)
    box.outbox.lost()
    assert await state_of(told) == "connection_lost"
    box.contents()
    box.open()
    assert box.contents() == []


@alive
async def test_where_a_repeat_would_be_stored_twice_what_is_under_way_fails_and_the_rest_waits():
    box = Box().open()
    a, b = (box.outbox.add(send(content)) for content in "ab")
    box.contents()
    box.outbox.lost(ConfabError("connection_lost"))
    assert [await state_of(a), await state_of(b)] == ["connection_lost", "pending"]
    box.open()
    assert box.contents() == ["b"]


@alive
async def test_what_can_never_be_sent_is_refused_and_what_comes_behind_it_is_sent():
    box = Box(refusal=lambda command: ConfabError("too_large") if command["content"] == "a" else None)
    a, _ = (box.outbox.add(send(content)) for content in "ab")
    box.open()
    assert await state_of(a) == "too_large"
    assert box.contents() == ["b"]


@alive
async def test_what_nobody_waits_for_any_more_is_not_sent_and_holds_up_nobody():
    box = Box().open()
    a, b, c = (box.outbox.add(send(content)) for content in "abc")
    a.cancel()
    b.cancel()
    box.outbox.take({"type": "ack", "ref": box.sent[0]["ref"]})
    assert box.contents() == ["a", "c"]
    assert not c.done()


@alive
async def test_at_the_end_everything_that_waits_fails_also_in_a_pause():
    box = Box().open()
    answer = box.outbox.add(send("a"))
    box.outbox.take({"type": "error", "ref": box.sent[0]["ref"], "code": "unavailable"})
    box.outbox.fail(ConfabError("closed"))
    assert await state_of(answer) == "closed"
    assert box.clock.waiting == 0
    await settle()
