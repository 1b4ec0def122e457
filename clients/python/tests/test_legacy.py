"""Against a server that does not answer the offer of confab.v1."""
import pytest

from confab_client import ConfabError
from world import World, alive, settle, state_of


def said(id, content, sender=1):
    return {"type": "message", "message": {"id": id, "chat": 7, "sender": {"id": sender, "username": "x"}, "content": content,
                                           "timestamp": "2026-01-01T00:00:00Z"}}


async def legacy(**options):
    world = World(**options)
    world.server.accept("")
    await settle()
    return world


@alive
async def test_a_handshake_that_fails_with_the_offer_is_tried_once_more_without():
    world = World()
    world.server.end()
    assert len(world.sockets) == 2
    assert (world.server.protocols, world.server.url) == ([], "ws://server.test/ws/chat/7/")
    world.server.accept("")
    await world.client.ready()
    assert (world.client.state, world.client.is_legacy, world.client.hello) == ("open", True, None)


@alive
async def test_with_neither_it_waits_and_then_offers_again():
    world = World()
    world.server.end()
    world.server.end()
    assert world.client.state == "waiting"
    await world.clock.pass_(1)
    assert [len(socket.protocols) for socket in world.sockets] == [1, 0, 1]


@alive
async def test_an_answer_without_a_subprotocol_is_legacy_at_once():
    world = await legacy()
    assert world.client.is_legacy and len(world.sockets) == 1


@alive
async def test_who_has_spoken_confab_v1_is_not_taken_for_legacy_later():
    world = await World.live()
    world.server.end()
    await world.clock.pass_(1)
    world.server.end()
    assert world.client.state == "waiting" and len(world.sockets) == 2


@alive
async def test_on_all_there_is_no_legacy():
    world = World("/ws/")
    world.server.end()
    assert len(world.sockets) == 1, "no second try"
    await world.clock.pass_(1)
    world.server.accept("")
    assert await state_of(world.client.ready()) == "not_supported"
    assert world.client.state == "closed"


@alive
async def test_a_send_is_done_when_its_message_comes_back():
    world = await legacy()
    sent = world.client.chat().send("hi")
    assert world.server.sent == [{"content": "hi"}]
    world.server.say(said(4, "other", 2))
    assert await state_of(sent) == "pending"
    world.server.say(said(5, "hi"))
    answer = await sent
    assert (answer["id"], answer["seq"], answer["chat"]) == (5, 5, 7)
    assert [event["message"]["id"] for event in world.heard_of("message")] == [4, 5]


@alive
async def test_sends_go_one_at_a_time_equal_ones_too():
    world = await legacy()
    a, b = world.client.chat().send("hi"), world.client.chat().send("hi")
    assert len(world.server.sent) == 1
    world.server.say(said(5, "hi"))
    assert len(world.server.sent) == 2
    world.server.say(said(6, "hi"))
    assert ((await a)["id"], (await b)["id"]) == (5, 6)


@pytest.mark.parametrize("text, code", [
    ("Content cannot be empty", "content_empty"),
    ("Content is too long (at most 262144 bytes)", "too_large"),
    ("Invalid JSON", "invalid_json"),
    ("NULL constraint failed", "refused"),
])
@alive
async def test_error_texts_have_codes(text, code):
    world = await legacy()
    sent = world.client.chat().send("x")
    world.server.say({"type": "error", "message": text})
    with pytest.raises(ConfabError) as refused:
        await sent
    assert (refused.value.code, str(refused.value)) == (code, text)
    assert world.heard_of("error") == []
    world.server.say({"type": "error", "message": text})
    assert world.heard_of("error") == [{"type": "error", "code": code}], "nobody waits for it"


@alive
async def test_too_fast_is_tried_again_after_a_second():
    world = await legacy()
    sent = world.client.chat().send("x")
    world.server.say({"type": "error", "message": "Too many messages, please slow down"})
    assert await state_of(sent) == "pending"
    await world.clock.pass_(1)
    assert world.server.sent == [{"content": "x"}, {"content": "x"}]


@alive
async def test_what_legacy_lacks_is_rejected_also_when_it_was_said_before_that_was_known():
    world = World()
    chat = world.client.chat()
    early = [chat.send("x", reply_to=1), world.client.watch([1])]
    world.server.end()
    world.server.accept("")
    late = [chat.send("x", thread=1), chat.edit(1, "x"), chat.delete(1), chat.react(1, "x"), chat.unreact(1, "x"), chat.pin(1), chat.unpin(1),
            chat.history(), world.client.chats(), world.client.watch([1]), world.client.subscribe([7])]
    assert {await state_of(lacking) for lacking in early + late} == {"not_supported"}
    chat.typing()
    chat.read(3)
    assert world.server.sent == []


@alive
async def test_what_was_under_way_at_the_end_is_not_repeated_it_could_be_stored_twice():
    world = await legacy()
    a, b = (world.client.chat().send(content) for content in "ab")
    world.server.end()
    assert await state_of(a) == "connection_lost"
    await world.clock.pass_(1)
    world.server.accept("")
    assert world.server.sent == [{"content": "b"}]
    assert await state_of(b) == "pending"


@alive
async def test_each_new_connection_may_have_missed_something_and_says_so():
    world = await legacy()
    assert world.heard_of("gap") == []
    world.server.say(said(5, "hi", 2))
    world.server.end()
    await world.clock.pass_(1)
    world.server.accept("")
    assert world.heard_of("gap") == [{"type": "gap", "chat": 7, "after": 5, "seq": None, "reason": "legacy"}]


@alive
async def test_it_says_so_without_having_heard_anything_too():
    world = await legacy()
    world.server.end()
    await world.clock.pass_(1)
    world.server.accept("")
    assert world.heard_of("gap") == [{"type": "gap", "chat": 7, "after": None, "seq": None, "reason": "legacy"}]


@alive
async def test_what_the_application_has_and_a_legacy_server_cannot_continue_is_a_gap_too():
    world = await legacy(after={7: 3})
    assert len(world.heard_of("gap")) == 1


@alive
async def test_a_server_that_has_learned_confab_v1_meanwhile_goes_on_behind_the_last_message():
    world = await legacy()
    world.server.say(said(5, "hi", 2))
    await world.reconnect()
    assert world.server.url == "ws://server.test/ws/chat/7/?after=5"
    assert not world.client.is_legacy
