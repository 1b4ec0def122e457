"""The client over connections that come and go."""
import asyncio
import re

import pytest

from confab_client import ConfabError, connect
from world import HELLO, World, alive, message, settle, state_of


@alive
async def test_it_offers_confab_v1_and_is_open_with_the_hello():
    world = World()
    assert (world.server.url, world.server.protocols) == ("ws://server.test/ws/chat/7/", ["confab.v1"])
    assert world.client.state == "connecting"
    world.server.accept()
    assert world.client.state == "connecting"
    assert await state_of(world.client.ready()) == "pending"
    world.server.say(HELLO)
    world.server.say({"type": "subscribed", "chats": []})
    assert world.client.state == "open"
    await world.client.ready()
    assert world.client.hello == HELLO
    assert [event["type"] for event in world.heard] == ["state", "hello"]


@alive
async def test_a_first_frame_that_is_no_hello_ends_the_connection():
    world = World()
    world.server.accept()
    world.server.say(message(1, 0))
    assert world.server.is_closed and world.client.state == "waiting"
    assert world.seqs == []


@alive
async def test_a_connection_that_never_says_hello_is_given_up():
    world = World()
    world.server.accept()
    await world.clock.pass_(19.9)
    assert not world.server.is_closed
    await world.clock.pass_(0.1)
    assert world.server.is_closed and world.client.state == "waiting"


@pytest.mark.parametrize("url", ["ws://server.test/ws/chat/abc/", "ws://server.test/ws/chat/7", "ws://server.test/", "nonsense",
                                 "http://server.test/ws/"])
@alive
async def test_an_address_that_cannot_be_right(url):
    with pytest.raises(ValueError):
        connect(url)


@alive
async def test_send_is_done_with_the_ack_and_not_before():
    world = await World.live()
    sent = world.client.chat().send("Hello", reply_to=3, thread=2)
    assert await state_of(sent) == "pending"
    command = world.server.last("send")
    assert command == {"type": "send", "chat": 7, "content": "Hello", "reply_to": 3, "thread": 2, "ref": command["ref"], "nonce": command["nonce"]}
    assert re.fullmatch(r"[\w-]{1,64}", command["nonce"])
    await world.server.ack(command, 12)
    assert (await sent)["id"] == 12


@alive
async def test_each_send_has_a_nonce_of_its_own_or_the_application_s():
    world = await World.live("/ws/", pipeline=9)
    chat = world.client.chat(7)
    sent = [chat.send("a"), chat.send("b"), chat.send("c", nonce="mine")]
    nonces = [command["nonce"] for command in world.server.all("send")]
    assert len(set(nonces)) == 3 and nonces[2] == "mine"
    await world.client.close()
    assert [await state_of(answer) for answer in sent] == ["closed"] * 3


@alive
async def test_sends_before_there_is_a_connection_wait_for_it():
    world = World()
    sent = world.client.chat(7).send("early")
    await world.server.greet()
    await world.server.ack(world.server.last("send"), 4)
    assert (await sent)["id"] == 4


@alive
async def test_after_a_lost_connection_what_has_no_ack_is_sent_again_with_its_nonce_and_what_has_one_is_not():
    world = await World.live()
    a, b = (world.client.chat().send(content) for content in "ab")
    await world.server.ack(world.server.last("send"), 1)
    await a
    before = world.server.last("send")
    assert before["content"] == "b"
    await world.reconnect()
    assert world.server.all("send") == [before]
    await world.server.answer(before, type="ack", id=2, seq=2, duplicate=True)
    assert (await b)["id"] == 2 and (await b)["duplicate"]


@pytest.mark.parametrize("kind, run, fields", [
    ("edit", lambda chat: chat.edit(5, "x", revision=1), {"id": 5, "content": "x", "revision": 1}),
    ("delete", lambda chat: chat.delete(5), {"id": 5}),
    ("react", lambda chat: chat.react(5, "👍"), {"id": 5, "emoji": "👍"}),
    ("unreact", lambda chat: chat.unreact(5, "👍"), {"id": 5, "emoji": "👍"}),
    ("pin", lambda chat: chat.pin(5), {"id": 5}),
    ("unpin", lambda chat: chat.unpin(5), {"id": 5}),
    ("history", lambda chat: chat.history(before=9, limit=2, thread=1), {"before": 9, "limit": 2, "thread": 1}),
])
@alive
async def test_a_command_its_frame_its_answer_its_refusal(kind, run, fields):
    world = await World.live()
    done, refused = run(world.client.chat()), run(world.client.chat())
    first, second = world.server.all(kind)
    assert first == {"type": kind, "chat": 7, **fields, "ref": first["ref"]}
    await world.server.answer(second, type="error", code="forbidden", message="No")
    await world.server.answer(first, type="history" if kind == "history" else "ack", seq=44)
    assert (await done)["seq"] == 44
    assert await state_of(refused) == "forbidden"
    assert world.heard_of("error") == [], "a refusal is told once"


@alive
async def test_chats_a_window_of_the_list():
    world = await World.live("/ws/")
    window = world.client.chats(offset=20, limit=10)
    command = world.server.last("chats")
    assert command == {"type": "chats", "offset": 20, "limit": 10, "ref": command["ref"]}
    await world.server.answer(command, type="chats", total=134, chats=[])
    assert (await window)["total"] == 134


@alive
async def test_events_come_in_the_order_of_the_chain_each_once():
    world = await World.live(after={7: 10}, epoch="e1")
    assert world.server.url == "ws://server.test/ws/chat/7/?after=10&epoch=e1"
    for seq, prev in ((10, 9), (11, 10), (11, 10), (14, 11), (12, 11), (15, 14)):
        world.server.say(message(seq, prev))
    assert world.seqs == [11, 14, 15]
    assert world.client.position == {"after": {7: 15}, "epoch": "e1"}


@alive
async def test_an_event_whose_prev_is_not_known_comes_again_over_a_new_connection():
    world = await World.live(after={7: 10}, epoch="e1")
    world.server.say(message(13, 12))
    assert world.seqs == []
    assert world.heard_of("error") == [{"type": "error", "code": "chain_broken"}]
    assert world.server.is_closed
    world.server.say(message(14, 13))
    await world.clock.pass_(1)
    assert len(world.sockets) == 2 and "after=10" in world.server.url
    await world.server.greet()
    world.server.say(message(12, 10))
    world.server.say(message(13, 12))
    assert world.seqs == [12, 13]


@alive
async def test_after_a_gap_the_chain_goes_on_behind_it():
    world = await World.live(after={7: 10}, epoch="e1")
    world.server.say({"type": "gap", "chat": 7, "after": 10, "seq": 100, "reason": "too_far"})
    world.server.say(message(101, 100))
    assert world.heard_of("gap")[0]["reason"] == "too_far"
    assert world.seqs == [101]


@alive
async def test_a_connection_for_one_chat_that_was_lost_before_the_first_event_is_continued_all_the_same():
    world = World()
    world.server.accept()
    world.server.say(HELLO)
    assert await state_of(world.client.ready()) == "pending"
    world.server.say({"type": "subscribed", "chats": [{"chat": 7, "seq": 20}]})
    await world.client.ready()
    await world.reconnect()
    assert "after=20" in world.server.url
    world.server.say(message(21, 20))
    assert world.seqs == [21]


@alive
async def test_what_made_a_connection_too_large_is_not_sent_again():
    world = await World.live()
    sent = world.client.chat().send("x")
    world.server.end(1009)
    assert await state_of(sent) == "too_large"
    await world.clock.pass_(1)
    await world.server.greet()
    assert world.server.all("send") == []


@alive
async def test_another_epoch_the_gap_is_told_and_old_positions_are_not_used():
    world = await World.live("/ws/", after={7: 10, 8: 20}, epoch="e0")
    assert world.heard_of("gap") == [{"type": "gap", "chat": chat, "after": after, "seq": None, "reason": "epoch"} for chat, after in ((7, 10), (8, 20))]
    command = world.server.last("subscribe")
    assert command == {"type": "subscribe", "ref": command["ref"], "chats": "all", "after": {}, "epoch": "e1"}
    await world.server.answer(command, type="subscribed", chats=[{"chat": 7, "seq": 3}])
    world.server.say(message(4, 3))
    assert world.seqs == [4]


@alive
async def test_on_all_it_follows_all_chats_and_is_ready_when_the_server_has_taken_that():
    world = await World.live("/ws/", events=["message", "typing"])
    command = world.server.last("subscribe")
    assert command == {"type": "subscribe", "ref": command["ref"], "chats": "all", "after": {}, "epoch": "e1", "events": ["message", "typing"]}
    assert await state_of(world.client.ready()) == "pending"
    await world.server.answer(command, type="subscribed", chats=[{"chat": 7, "seq": 5}, {"chat": 8, "seq": 0}])
    await world.client.ready()
    world.server.say(message(6, 5))
    await world.reconnect()
    assert world.server.last("subscribe")["after"] == {"7": 6, "8": 0}


@alive
async def test_it_follows_some_chats_more_and_fewer_over_every_connection():
    world = await World.live("/ws/", subscribe=[7])
    first = world.server.last("subscribe")
    assert first["chats"] == [{"chat": 7}]
    await world.server.answer(first, type="subscribed", chats=[{"chat": 7, "seq": 5}])

    more = world.client.subscribe([8])
    assert world.server.last("subscribe")["chats"] == [{"chat": 8}]
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[{"chat": 8, "seq": 9}])
    await more

    fewer = world.client.unsubscribe([7])
    assert world.server.last("unsubscribe")["chats"] == [7]
    world.server.say(message(6, 5))
    assert world.seqs == [], "it was still on its way"
    await world.reconnect()
    assert await state_of(fewer) == "pending"
    assert world.server.last("subscribe")["chats"] == [{"chat": 8, "after": 9}]
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[{"chat": 8, "seq": 9}])
    await fewer


@alive
async def test_all_chats_but_one():
    world = await World.live("/ws/")
    world.client.unsubscribe([9])
    await world.reconnect()
    assert [(command["type"], command["chats"]) for command in world.server.sent[-2:]] == [("subscribe", "all"), ("unsubscribe", [9])]


@pytest.mark.parametrize("wanted", ["all", [9]])
@alive
async def test_a_chat_that_is_wanted_again_is_followed_again(wanted):
    world = await World.live("/ws/")
    world.client.unsubscribe([9])
    world.client.subscribe(wanted)
    await settle()
    await world.reconnect()
    assert world.server.all("unsubscribe") == []
    world.server.say(message(4, 3, chat=9))
    assert world.seqs == [4]


@alive
async def test_a_subscription_that_is_refused_fails_ready_and_is_an_error():
    world = await World.live("/ws/", subscribe=[7])
    await world.server.answer(world.server.last("subscribe"), type="error", code="invalid_frame")
    assert await state_of(world.client.ready()) == "invalid_frame"
    assert world.heard_of("error") == [{"type": "error", "code": "invalid_frame"}]


@alive
async def test_a_chat_that_is_gone_does_not_keep_the_others_from_being_followed():
    world = await World.live("/ws/", subscribe=[7, 8], after={7: 3, 8: 4}, epoch="e1")
    await world.server.answer(world.server.last("subscribe"), type="error", code="not_found")
    of_7, of_8 = world.server.all("subscribe")[-2:]
    assert (of_7["chats"], of_8["chats"]) == ([{"chat": 7, "after": 3}], [{"chat": 8, "after": 4}])
    await world.server.answer(of_7, type="error", code="not_found")
    await world.server.answer(of_8, type="subscribed", chats=[{"chat": 8, "seq": 4}])
    await world.client.ready()
    assert world.heard_of("error") == [{"type": "error", "code": "not_found"}]
    await world.reconnect()
    assert world.server.last("subscribe")["chats"] == [{"chat": 8, "after": 4}]


@alive
async def test_when_all_chats_are_gone_there_is_nothing_to_be_ready_for():
    world = await World.live("/ws/", subscribe=[7])
    for _ in range(2):
        await world.server.answer(world.server.last("subscribe"), type="error", code="not_found")
    assert await state_of(world.client.ready()) == "not_found"


@alive
async def test_a_chat_that_could_not_be_subscribed_to_is_not_asked_for_again():
    world = await World.live("/ws/", subscribe=[7])
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[{"chat": 7, "seq": 5}])
    more = world.client.subscribe([7, 8])
    await world.server.answer(world.server.last("subscribe"), type="error", code="not_found")
    assert await state_of(more) == "not_found"
    await world.reconnect()
    assert world.server.last("subscribe")["chats"] == [{"chat": 7, "after": 5}]


@alive
async def test_a_chat_that_is_joined_is_followed_from_where_it_stands_one_that_is_left_is_forgotten():
    world = await World.live("/ws/")
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[])
    world.server.say({"type": "chat_joined", "chat": {"id": 12, "name": "Choir", "kind": "group", "seq": 40}})
    world.server.say(message(41, 40, chat=12))
    assert world.client.position["after"] == {12: 41}
    world.server.say({"type": "chat_left", "chat": 12, "reason": "removed"})
    assert world.client.position["after"] == {}
    assert len(world.heard_of("chat_joined") + world.heard_of("chat_left")) == 2


@alive
async def test_a_chat_that_is_joined_before_the_answer_to_subscribe_begins_where_the_answer_says():
    world = await World.live("/ws/")
    world.server.say({"type": "chat_joined", "chat": {"id": 12, "name": "Choir", "kind": "group", "seq": 40}})
    assert len(world.heard_of("chat_joined")) == 1
    assert world.client.position["after"] == {}
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[{"chat": 12, "seq": 43}])
    world.server.say(message(44, 43, chat=12))
    assert world.heard_of("error") == []
    assert world.client.position["after"] == {12: 44}


@alive
async def test_pauses_between_attempts_grow_and_a_connection_that_lived_makes_them_short_again():
    world = await World.live()
    world.server.end()
    for _ in range(7):
        await world.clock.pass_(world.pauses[-1])
        world.server.end()
    assert world.pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    await world.clock.pass_(30)
    await world.server.greet()
    world.server.end()
    assert world.pauses[-1] == 30, "it lived too short"
    await world.clock.pass_(30)
    await world.server.greet()
    await world.clock.pass_(10)
    world.server.end()
    assert world.pauses[-1] == 0.5


@alive
async def test_retry_does_not_wait_for_the_end_of_a_pause_and_makes_no_second_connection():
    world = await World.live()
    world.client.retry()
    assert len(world.sockets) == 1
    world.server.end()
    world.client.retry()
    assert len(world.sockets) == 2
    await world.server.greet()
    await world.clock.pass_(5)
    assert len(world.sockets) == 2


@alive
async def test_whom_the_server_does_not_let_watch_is_told_and_hears_messages_all_the_same():
    world = World()
    watching = world.client.watch([2])
    await world.server.greet()
    await world.server.answer(world.server.last("watch"), type="error", code="unknown_type")
    assert await state_of(watching) == "unknown_type"
    await world.client.ready()
    assert world.heard_of("error") == [{"type": "error", "code": "unknown_type"}]


@alive
async def test_goodbye_says_when_to_come_again():
    world = await World.live()
    world.server.say({"type": "goodbye", "reason": "restart", "reconnect_after": 2.4})
    assert not world.server.is_closed, "answers may still come"
    world.server.end(1012)
    assert world.pauses[-1] == 2.4
    await world.clock.pass_(2.4)
    await world.server.greet()
    world.server.end()
    assert world.pauses[-1] != 2.4, "it holds once"


@pytest.mark.parametrize("code, name", [
    (1002, "protocol_error"), (1007, "protocol_error"), (4400, "bad_frame"), (4401, "session_ended"), (4403, "removed"),
    (4404, "chat_not_found")])
@alive
async def test_after_a_final_close_code_it_stays_closed(code, name):
    world = await World.live()
    sent = world.client.chat().send("x")
    world.server.end(code)
    assert await state_of(sent) == name
    with pytest.raises(ConfabError, match="closed"):
        world.client.chat().send("y")
    await world.clock.pass_(100)
    assert len(world.sockets) == 1
    last = world.heard_of("state")[-1]
    assert (last["state"], last["error"].code, last["error"].status) == ("closed", name, code)
    assert world.clock.waiting == 0


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1009, 1011, 1012, 1013, 4408, 4429])
@alive
async def test_after_another_close_code_it_connects_again(code):
    world = await World.live()
    world.server.end(code)
    await world.clock.pass_(1)
    assert len(world.sockets) == 2


@alive
async def test_a_handshake_that_is_refused_with_403_is_final():
    world = World()
    world.server.end(1006, 403)
    with pytest.raises(ConfabError) as refused:
        await world.client.ready()
    assert (refused.value.code, refused.value.status) == ("refused", 403)
    assert len(world.sockets) == 1


@alive
async def test_a_server_that_is_not_there_yet_is_waited_for():
    world = await World.live()
    await world.reconnect()
    world.server.end()
    for _ in range(5):
        await world.clock.pass_(world.pauses[-1])
        world.server.end(1006, 503)
    await world.clock.pass_(world.pauses[-1])
    await world.server.greet()
    assert world.client.state == "open"


@alive
async def test_it_asks_when_nothing_is_heard_and_connects_again_when_nothing_is_answered():
    world = await World.live(after={7: 1}, epoch="e1")
    await world.clock.pass_(29)
    world.server.say(message(2, 1))
    await world.clock.pass_(29.5)
    assert world.server.all("ping") == []
    await world.clock.pass_(0.5)
    await world.server.answer(world.server.last("ping"), type="pong")
    await world.clock.pass_(59.5)
    assert not world.server.is_closed
    await world.clock.pass_(0.5)
    assert len(world.server.all("ping")) == 2 and world.server.is_closed
    await world.clock.pass_(1)
    assert "after=2" in world.server.url


@alive
async def test_rate_limited_is_sent_again_after_the_pause_with_its_nonce():
    world = await World.live()
    sent = world.client.chat().send("x")
    command = world.server.last("send")
    await world.server.answer(command, type="error", code="rate_limited", nonce=command["nonce"], retry_after=0.5)
    assert await state_of(sent) == "pending"
    await world.clock.pass_(0.5)
    assert world.server.all("send") == [command, command]
    assert world.heard_of("error") == []


@alive
async def test_a_send_above_the_queue_s_limit_is_rejected_at_once():
    world = World("/ws/", queue=2)
    chat = world.client.chat(7)
    assert [await state_of(chat.send(content)) for content in "abc"] == ["pending", "pending", "queue_full"]


@alive
async def test_content_above_the_server_s_limit_is_refused_without_being_sent():
    world = await World.live()
    long, fits = (world.client.chat().send("x" * size) for size in (1001, 1000))
    assert await state_of(long) == "too_large"
    await world.server.ack(world.server.last("send"), 1)
    assert (await fits)["id"] == 1
    assert len(world.server.all("send")) == 1


@alive
async def test_typing_is_passed_on_once_in_three_seconds_and_chat_and_only_while_connected():
    world = World("/ws/")
    world.client.chat(7).typing()
    await world.server.greet()
    for chat in (7, 7, 8):
        world.client.chat(chat).typing()
    await world.clock.pass_(2.9)
    world.client.chat(7).typing()
    assert [frame["chat"] for frame in world.server.all("typing")] == [7, 8]
    await world.clock.pass_(0.1)
    world.client.chat(7).typing()
    assert len(world.server.all("typing")) == 3


@alive
async def test_read_marks_move_forward_and_are_told_again_until_the_server_has_them():
    world = World("/ws/")

    def marks():
        return [(frame["chat"], frame["seq"]) for frame in world.server.all("read")]
    world.client.chat(7).read(4)
    await world.server.greet()
    assert marks() == [(7, 4)], "it was set before there was a connection"
    await world.server.answer(world.server.last("read"), type="ack", chat=7, seq=4)
    world.client.chat(7).read(3)
    world.client.chat(7).read(6)
    assert marks() == [(7, 4), (7, 6)]
    await world.reconnect()
    assert marks() == [(7, 6)], "it may not have arrived"
    window = world.client.chats()
    await world.server.answer(world.server.last("chats"), type="chats", chats=[])
    await window
    await world.reconnect()
    assert marks() == [], "a later command was answered"


@alive
async def test_that_the_user_is_away_is_told_to_every_connection_until_they_are_back():
    world = await World.live("/ws/")
    away = world.client.presence("away")
    assert world.server.last("presence")["status"] == "away"
    await world.server.answer(world.server.last("presence"), type="ack")
    await away
    await world.reconnect()
    assert world.server.last("presence")["status"] == "away"
    back = world.client.presence("online")
    assert world.server.last("presence")["status"] == "online"
    await world.reconnect()
    assert world.server.last("presence")["status"] == "online"
    await world.server.answer(world.server.last("presence"), type="ack")
    await back


@alive
async def test_who_is_watched_is_told_to_every_connection():
    world = await World.live("/ws/")
    watching = world.client.watch([2, 3])
    assert world.server.last("watch")["users"] == [2, 3]
    await world.reconnect()
    assert world.server.last("watch")["users"] == [2, 3]
    for command in (world.server.last("subscribe"), world.server.last("watch")):
        await world.server.answer(command, type="subscribed", chats=[])
    await watching
    world.server.say({"type": "presence", "users": [{"id": 2, "status": "online"}]})
    assert len(world.heard_of("presence")) == 1


@alive
async def test_a_notice_is_told_on_every_connection_and_disturbs_nothing():
    world = await World.live(after={7: 1}, epoch="e1")
    notice = {"type": "notice", "code": "maintenance", "message": "Restart at <18:00>", "at": "2026-11-22T18:00:00Z"}
    world.server.say(notice)
    world.server.say(message(2, 1))
    assert world.heard_of("notice") == [notice]
    world.server.end()
    await world.clock.pass_(world.pauses[-1])
    world.server.accept()
    world.server.say(HELLO)
    world.server.say(notice)  # right behind hello, before the client has asked for anything
    await settle()
    assert world.client.state == "open"
    world.server.say(message(3, 2))
    assert world.heard_of("notice") == [notice, notice]
    assert world.seqs == [2, 3]
    assert world.heard_of("error") == []


@alive
async def test_an_event_of_a_type_that_is_not_known_is_passed_on_and_kept_in_the_chain():
    world = await World.live(after={7: 1}, epoch="e1")
    world.server.say({"type": "news", "seq": 2, "prev": 1, "chat": 7, "what": "later"})
    world.server.say(message(3, 2))
    assert world.heard_of("news")[0]["what"] == "later"
    assert world.seqs == [2, 3]


@pytest.mark.parametrize("frame", [{"type": "gap"}, {"type": "subscribed"}, {"type": "chat_joined", "chat": None},
                                   {"type": "gap", "chat": "7", "seq": 5}, {"type": "subscribed", "chats": [7]}])
@alive
async def test_a_frame_that_is_none_is_an_error_and_another_connection_is_tried(frame):
    world = await World.live("/ws/", after={7: 1}, epoch="e1")
    await world.server.answer(world.server.last("subscribe"), type="subscribed", chats=[])
    world.server.say(frame)
    world.server.say(message(2, 1))
    assert world.heard_of("error") == [{"type": "error", "code": "invalid_frame"}]
    assert world.client.state == "waiting"
    assert world.client.position["after"] == {7: 1}


@alive
async def test_errors_that_answer_nothing_are_told_texts_that_are_no_frames_are_not():
    world = await World.live()
    for text in ("", "[]", "null", "5", "{", '{"type":5}'):
        world.server.events.text(text)
    world.server.say({"type": "error", "code": "invalid_json", "message": "Invalid JSON"})
    assert world.heard_of("error") == [{"type": "error", "code": "invalid_json"}]
    assert world.client.state == "open"


@alive
async def test_a_chat_hears_its_own_events_until_it_does_not_want_to():
    world = await World.live("/ws/", after={7: 1, 8: 1}, epoch="e1")
    heard = []
    off = world.client.chat(8).on("message", lambda event: heard.append(event["message"]["content"]))
    world.client.chat(8).on("chat_left", lambda event: heard.append(event["type"]))
    world.server.say(message(2, 1, "of 7", 7))
    world.server.say(message(3, 1, "of 8", 8))
    off()
    world.server.say(message(4, 3, "of 8 again", 8))
    world.server.say({"type": "chat_left", "chat": 8, "reason": "removed"})
    assert heard == ["of 8", "chat_left"]


@alive
async def test_a_connection_for_one_chat_has_no_other():
    world = await World.live()
    with pytest.raises(ValueError):
        world.client.chat(8)
    assert world.client.chat().id == 7
    everything = await World.live("/ws/")
    with pytest.raises(ValueError):
        everything.client.chat()


@alive
async def test_close_is_the_end_of_everything():
    world = await World.live()
    sent = world.client.chat().send("x")
    await world.client.close()
    assert await state_of(sent) == "closed"
    assert world.server.is_closed
    assert world.heard_of("state")[-1] == {"type": "state", "state": "closed"}
    assert world.clock.waiting == 0
    await world.client.close()
    with pytest.raises(ConfabError):
        world.client.subscribe([1])


@alive
async def test_close_while_it_waits_and_in_a_listener():
    waiting = await World.live()
    waiting.server.end()
    await waiting.client.close()
    assert waiting.clock.waiting == 0
    listening = World("/ws/")
    listening.client.on("hello", lambda _: listening.client.close())
    await listening.server.greet()
    assert listening.server.sent == []
    assert listening.client.state == "closed"


@alive
async def test_nothing_of_a_lost_connection_goes_on():
    world = World()
    world.server.accept()
    world.server.say(HELLO)
    world.server.end()
    await settle()
    assert len(asyncio.all_tasks()) == 1, "this test alone"


@alive
async def test_waiting_for_ready_may_be_given_up_without_harm():
    world = World()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(world.client.ready(), 0)
    await world.server.greet()
    await world.client.ready()
    await settle()
