"""What both client libraries must do against the real server. test_client_js.py and test_client_python.py run it, each with its `library`.
"""
import contextlib
import json
import os
import random

import pytest

import django_rows
from command_line import Confab
from cutting_relay import CuttingRelay
from library_client import LibraryClient, Refused
from people import people_from_rows

SENDS = 60
REPLAY_EVENTS_MAX = 5000
NO_CHAT = 999_999_999


@pytest.fixture
def connect(library):
    """A client of a person on a path: connect(alice, "/ws/"). All are stopped at the end."""
    started = []

    def start(person, path="/ws/", *, over=None, **options):
        started.append(LibraryClient(library, (over or person.server).websocket_url + path, person, **options))
        return started[-1]

    try:
        yield start
        for client in started:
            client.stop()
    finally:
        for client in started:
            client.kill()


@pytest.fixture
def chat(alice, bob):
    return alice.make_chat(bob)


def ready(client):
    """Wait until it follows its chats."""
    client.call("ready")
    return client


def contents_of(person, chat):
    return [message["content"] for message in person.history(chat)]


def numbers(count, name=""):
    return [f"{name}{i}" for i in range(count)]


def test_messages_reach_everybody_once_in_one_order(connect, alice, bob, chat):
    clients = [ready(connect(alice)), ready(connect(bob, f"/ws/chat/{chat}/"))]
    sent = [(client, client.begin("send", content, {}, chat=chat))
            for client, name in zip(clients, "ab") for content in numbers(10, name)]
    acks = {client.answer(number)["id"] for client, number in sent}
    stored = contents_of(alice, chat)
    assert [client.wait_for_messages(20) for client in clients] == [stored] * 2
    assert acks == {message["id"] for message in alice.history(chat)}
    for name in "ab":
        assert [content for content in stored if content[0] == name] == numbers(10, name), "each sender's order is kept"


def test_rest_messages_are_heard(connect, alice, bob, chat):
    client = ready(connect(bob))
    alice.send(chat, "over REST")
    assert client.wait_for_messages(1) == ["over REST"]


def test_notices_are_heard_by_who_is_there_and_by_who_comes_later(connect, alice, bob, chat):
    client = ready(connect(alice))
    operator = Confab(alice.server.directory)
    operator.ok("notice", "send", "<b>Restart</b> at \"18:00\"", "--database", alice.server.database)
    heard = client.wait_for_event("notice")
    assert heard == {"type": "notice", "code": "maintenance", "message": "<b>Restart</b> at \"18:00\""}
    later = ready(connect(bob, f"/ws/chat/{chat}/"))
    assert later.wait_for_event("notice") == heard
    operator.ok("notice", "end", number_of_the_notice(operator, alice.server), "--database", alice.server.database)


def number_of_the_notice(operator, server):
    """The number of the one notice that holds."""
    return json.loads(operator.ok("notice", "list", "--json", "--database", server.database))["id"]


def test_refusals_have_codes(connect, alice, chat):
    client = ready(connect(alice))
    for content, where, code in (("  ", chat, "content_empty"), ("x", NO_CHAT, "not_found"), ("x" * 262_145, chat, "too_large")):
        with pytest.raises(Refused) as refused:
            client.send(where, content)
        assert refused.value.code == code
    assert client.send(chat, "x" * 262_144)["id"] == alice.history(chat)[-1]["id"]
    assert len(alice.history(chat)) == 1
    assert client.of("error") == []


def test_a_nonce_is_stored_once(connect, alice, chat):
    client = ready(connect(alice))
    first, second = (client.send(chat, "Hello", nonce="mine") for _ in range(2))
    assert second["duplicate"] and second["id"] == first["id"]
    with pytest.raises(Refused) as refused:
        client.send(chat, "Other", nonce="mine")
    assert refused.value.code == "nonce_conflict"
    assert contents_of(alice, chat) == ["Hello"]


def test_a_chat_that_is_not_the_user_s_is_refused(connect, alice, bob, carol, chat):
    client = connect(carol, f"/ws/chat/{chat}/")
    with pytest.raises(Refused) as refused:
        client.call("ready")
    assert refused.value.code == "refused"
    assert client.wait_for_event("state", state="closed")["error"] == "refused"
    some = ready(connect(alice, subscribe=[chat]))
    with pytest.raises(Refused) as refused:
        some.call("subscribe", [bob.make_chat(carol)])
    assert refused.value.code == "not_found"


def test_some_chats_more_and_fewer(connect, alice, bob, chat):
    other = alice.make_chat(bob)
    client = ready(connect(alice, subscribe=[chat]))
    bob.send(other, "not followed")
    bob.send(chat, "followed")
    assert client.wait_for_messages(1) == ["followed"]
    client.call("subscribe", [other])
    client.call("unsubscribe", [chat])
    bob.send(chat, "not followed any more")
    bob.send(other, "followed now")
    assert client.wait_for_messages(2) == ["followed", "followed now"]


def test_who_comes_back_with_a_position_hears_what_was_in_between(connect, alice, bob, chat):
    before = ready(connect(alice))
    bob.send(chat, "before")
    before.wait_for_messages(1)
    position = before.call("position")
    before.call("close")
    missed = [bob.send(chat, content)["content"] for content in numbers(5)]
    after = ready(connect(alice, **position))
    assert after.wait_for_messages(5) == missed
    one = ready(connect(alice, f"/ws/chat/{chat}/", **position))
    assert one.wait_for_messages(5) == missed


def test_who_is_too_far_behind_is_told_so_and_hears_what_comes_then(connect, alice, bob, chat):
    first = bob.send(chat, "first")["id"]
    with contextlib.closing(django_rows.connect(alice.server.database)) as db:
        django_rows.add_messages(db, chat, bob.id, numbers(REPLAY_EVENTS_MAX + 1))
    client = ready(connect(alice, f"/ws/chat/{chat}/", after={chat: first}))
    gap = client.wait_for_event("gap")
    assert (gap["chat"], gap["after"], gap["reason"]) == (chat, first, "too_far")
    bob.send(chat, "then")
    assert client.wait_for_messages(1) == ["then"]


def test_numbers_of_another_epoch_are_a_gap(connect, alice, bob, chat):
    bob.send(chat, "before")
    for path in ("/ws/", f"/ws/chat/{chat}/"):
        client = ready(connect(alice, path, after={chat: 1}, epoch="another"))
        assert client.wait_for_event("gap")["reason"] == "epoch"
        heard = bob.send(chat, f"heard on {path}")["content"]
        assert client.wait_for_messages(1)[-1] == heard


def test_the_end_of_a_session_is_the_end(connect, alice, chat):
    clients = [ready(connect(alice)), ready(connect(alice, f"/ws/chat/{chat}/"))]
    alice.post("/api/logout/")
    for client in clients:
        assert client.wait_for_event("state", state="closed")["error"] == "session_ended"
        with pytest.raises(Refused) as refused:
            client.send(chat, "too late")
        assert refused.value.code == "closed"


def test_the_end_of_a_chat_is_the_end_of_its_connection(connect, alice, bob, chat):
    client = ready(connect(bob, f"/ws/chat/{chat}/"))
    assert alice.delete(f"/api/chats/{chat}/").status_code == 204
    assert client.wait_for_event("state", state="closed")["error"] == "chat_not_found"


def test_against_part_i_it_works_as_part_i_does(connect, alice, bob, chat):
    client = ready(connect(alice, f"/ws/chat/{chat}/", part_i=True))
    sent = [client.begin("send", content, {}, chat=chat) for content in ("Hello", "Hello", "")]
    assert [client.answer(number)["id"] for number in sent[:2]] == [message["id"] for message in alice.history(chat)]
    with pytest.raises(Refused) as empty:
        client.answer(sent[2])
    assert empty.value.code == "content_empty"
    assert client.wait_for_messages(2) == ["Hello"] * 2
    with pytest.raises(Refused) as lacking:
        client.call("history", {}, chat=chat)
    assert lacking.value.code == "not_supported"
    alice.post("/api/logout/")
    assert client.wait_for_event("state", state="closed")["error"] == "session_ended"


def two_people(server):
    alice, bob = people_from_rows(server, ["alice", "bob"])
    return alice, bob, alice.make_chat(bob)


def test_too_fast_is_slowed_down_and_kept_in_order(connect, start_server):
    server = start_server("--message-rate", "50", "--message-burst", "5")
    alice, _, chat = two_people(server)
    client = ready(connect(alice))
    sent = [client.begin("send", content, {}, chat=chat) for content in numbers(SENDS)]
    for number in sent:
        client.answer(number)
    assert contents_of(alice, chat) == numbers(SENDS) == client.wait_for_messages(SENDS)


def test_a_restart_loses_nothing(connect, start_server):
    server = start_server()
    alice, bob, chat = two_people(server)
    clients = [ready(connect(alice)), ready(connect(bob, f"/ws/chat/{chat}/"))]
    clients[0].send(chat, "before")
    server.stop()
    for client in clients:
        client.wait_for_event("goodbye")
        client.wait_for_event("state", state="waiting")
    sent = [client.begin("send", f"meanwhile {i}", {}, chat=chat) for i, client in enumerate(clients)]
    server.start()
    for client, number in zip(clients, sent):
        client.answer(number)
    assert sorted(contents_of(alice, chat)) == ["before", "meanwhile 0", "meanwhile 1"]
    for client in clients:
        assert client.wait_for_messages(3) == contents_of(alice, chat)
        assert client.of("gap") == []


def test_kills_lose_nothing(connect, start_server):
    server = start_server("--message-rate", "off")
    alice, bob, chat = two_people(server)
    clients = [ready(connect(alice)), ready(connect(bob, f"/ws/chat/{chat}/"))]
    sent = []
    for life in range(3):
        sent += [clients[0].begin("send", content, {}, chat=chat) for content in numbers(SENDS, f"{life} ")]
        clients[0].answer(sent[-SENDS // 2])
        server.kill()
        server.start()
    acks = [clients[0].answer(number)["id"] for number in sent]
    stored = alice.history(chat)
    assert [message["id"] for message in stored] == acks
    assert [message["content"] for message in stored] == [content for life in range(3) for content in numbers(SENDS, f"{life} ")]
    for client in clients:
        assert client.wait_for_messages(len(acks)) == [message["content"] for message in stored]
        assert client.of("gap") == []


def test_a_network_that_cuts_connections_loses_nothing(connect, alice, bob, chat):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    dice = random.Random(seed)
    relay = CuttingRelay(alice.server)
    try:
        clients = [ready(connect(alice, over=relay)), ready(connect(bob, f"/ws/chat/{chat}/", over=relay))]
        sent = []
        for content in numbers(SENDS):
            client = dice.choice(clients)
            sent.append((client, client.begin("send", content, {}, chat=chat)))
            if dice.random() < 0.3:
                client.answer(sent[-1][1])
            if dice.random() < 0.3:
                relay.cut()
        for client, number in sent:
            client.answer(number)
        stored = contents_of(alice, chat)
        assert sorted(stored) == sorted(numbers(SENDS))
        for client in clients:
            assert client.wait_for_messages(SENDS) == stored
            assert client.of("gap") == []
            assert len(client.of("hello")) > 1, "it was cut at least once"
    finally:
        relay.stop()


def test_history_is_read_in_pages(connect, alice, bob, chat):
    client = ready(connect(alice))
    ids = [bob.send(chat, content)["id"] for content in numbers(5)]
    page = client.call("history", {"before": ids[3], "limit": 2}, chat=chat)
    assert [message["content"] for message in page["messages"]] == ["1", "2"] and page["more"]


def test_the_window_of_chats(connect, alice, bob, chat):
    client = ready(connect(alice))
    last = [bob.send(chat, content)["id"] for content in numbers(2)][-1]
    window = client.call("chats", {"limit": 5})
    assert window["total"] == 1
    assert (window["chats"][0]["id"], window["chats"][0]["seq"], window["chats"][0]["last_message"]["content"]) == (chat, last, "1")


def test_changes_are_acked_and_heard(connect, alice, bob, chat):
    clients = [ready(connect(alice)), ready(connect(bob, f"/ws/chat/{chat}/"))]
    first, second = (clients[0].send(chat, content)["id"] for content in "ab")
    acks = {
        "message_updated": clients[0].call("edit", first, "A", {}, chat=chat),
        "reaction_added": clients[1].call("react", first, "👍", chat=chat),
        "reaction_removed": clients[1].call("unreact", first, "👍", chat=chat),
        "pin_added": clients[0].call("pin", first, chat=chat),
        "pin_removed": clients[0].call("unpin", first, chat=chat),
        "message_deleted": clients[0].call("delete", second, chat=chat),
    }
    for client in clients:
        for kind, ack in acks.items():
            assert client.wait_for_event(kind)["seq"] == ack["seq"]
        assert client.of("message_updated")[0]["message"]["content"] == "A"
    with pytest.raises(Refused) as refused:
        clients[0].call("edit", first, "B", {"revision": 1}, chat=chat)
    assert refused.value.code == "conflict"


def test_read_marks_and_typing_reach_whom_they_concern(connect, alice, bob, chat):
    phone, page = ready(connect(alice)), ready(connect(alice))
    other = ready(connect(bob))
    seq = other.send(chat, "Hello")["seq"]
    page.call("read", seq, chat=chat)
    assert phone.wait_for_event("read")["seq"] == seq
    other.call("typing", chat=chat)
    assert page.wait_for_event("typing")["user"]["id"] == bob.id


def test_presence_of_whom_one_watches(connect, alice, bob, chat):
    client = ready(connect(alice))
    ready(connect(bob))
    client.call("watch", [bob.id])
    client.wait_for("bob is online", lambda _: any(
        {"id": bob.id, "status": "online"}.items() <= user.items() for event in client.of("presence") for user in event["users"]))


def test_a_chat_that_one_comes_into_is_followed_from_then_on(connect, alice, bob):
    client = ready(connect(bob))
    chat = alice.make_chat(bob)
    assert client.wait_for_event("chat_joined")["chat"]["id"] == chat
    alice.send(chat, "Hello")
    assert client.wait_for_messages(1) == ["Hello"]


def test_nothing_comes_of_a_chat_that_one_is_removed_from(connect, alice, bob, chat):
    everything, one = ready(connect(bob)), ready(connect(bob, f"/ws/chat/{chat}/"))
    assert alice.delete(f"/api/v1/chats/{chat}/members/{bob.id}/").status_code == 204
    assert everything.wait_for_event("chat_left")["chat"] == chat
    assert one.wait_for_event("state", state="closed")["error"] == "removed"
    alice.send(chat, "without bob")
    other = alice.make_chat(bob)
    alice.send(other, "with bob")
    assert everything.wait_for_messages(1) == ["with bob"]
    assert str(chat) not in everything.call("position")["after"]
