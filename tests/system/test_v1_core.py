"""confab.v1's core: negotiation, hello, commands and errors, acks and nonces, the chain, resuming."""
import contextlib
import json

import pytest
import websockets

import django_rows
from chat_socket import ChatSocket
from v1_socket import V1Socket


@pytest.fixture
def chat(alice, bob):
    return alice.make_chat(bob)


def offer(person, chat_id, names):
    return ChatSocket(person.server, f"/ws/chat/{chat_id}/", person.session_key, subprotocols=names)


@pytest.mark.parametrize("names, answered", [
    (["confab.v1"], "confab.v1"),
    (["foo", "confab.v1"], "confab.v1"),
    (["foo"], None),
    (None, None),
])
def test_the_first_known_name_is_answered(alice, chat, names, answered):
    with offer(alice, chat, names) as socket:
        assert socket.subprotocol == answered
        if answered is None:  # part I: nothing is sent on connecting
            socket.send_json({"content": "hello"})
            assert socket.receive()["type"] == "message"
        else:
            assert socket.receive()["type"] == "hello"


def test_all_chats_need_the_protocol(alice):
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        ChatSocket(alice.server, "/ws/", alice.session_key)
    assert refused.value.status_code == 400
    answer = alice.get("/ws/", headers={
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert answer.status_code == 400 and answer.json()["code"] == "subprotocol_required"


def test_hello_says_who_and_what(alice, chat):
    with V1Socket(alice, chat) as socket:
        hello = socket.hello
        assert hello["protocol"] == "confab.v1"
        assert hello["user"] == alice.as_user
        assert hello["heartbeat"] == 20
        assert hello["limits"]["content_bytes"] == 262144
        assert "resume" in hello["features"]
        assert hello["epoch"]


def test_a_message_is_acked_and_shown_with_its_place(alice, bob, chat):
    with V1Socket(alice, chat) as a, V1Socket(bob, chat) as b:
        ack = a.ask("send", chat=chat, content="Grüße", nonce="n1")
        shown = b.receive("message")
        assert ack["nonce"] == "n1" and ack["chat"] == chat and ack["id"] == ack["seq"] == shown["seq"]
        assert ack["timestamp"] == shown["message"]["timestamp"]
        assert shown["prev"] == b.subscribed["chats"][0]["seq"]
        assert list(shown) == ["type", "seq", "prev", "message"]
        assert shown["message"] == {
            "id": ack["id"], "chat": chat, "sender": alice.as_user, "content": "Grüße",
            "timestamp": ack["timestamp"], "nonce": "n1"}
        assert a.receive("message") == shown  # the sender's own connection too


def test_the_chat_of_the_path_need_not_be_named(alice, chat):
    with V1Socket(alice, chat) as socket:
        socket.socket.send_json({"content": "bare"})
        assert socket.receive("ack")["chat"] == chat
        socket.send("send", content="typed")
        assert socket.receive("ack")["chat"] == chat


def test_part_one_sees_five_keys_whatever_happens(alice, bob, chat):
    with V1Socket(alice, chat) as a, bob.connect(chat) as legacy:
        a.ask("send", chat=chat, content="one", nonce="1")
        a.ask("ping", "pong")
        alice.send(chat, "over REST")
        a.ask("send", chat=chat, content="two", nonce="2")
        for content in ("one", "two"):
            text = legacy.receive_text()
            frame = json.loads(text)
            assert list(frame) == ["type", "message"]
            assert list(frame["message"]) == ["id", "chat", "sender", "content", "timestamp"]
            assert frame["message"]["content"] == content
            assert text == json.dumps(frame)
        assert a.receive_contents(3) == ["one", "over REST", "two"]


def test_part_one_s_extra_keys_mean_nothing(alice, chat):
    with alice.connect(chat) as legacy:
        legacy.send_json({"type": "typing"})
        assert legacy.receive() == {"type": "error", "message": "Content cannot be empty"}
        for _ in range(2):
            legacy.send_json({"content": "x", "nonce": "1", "ref": 7})
            assert legacy.receive()["message"]["content"] == "x"


# What is sent, the code, and a word of the message.
FAULTS = [
    ("{", "invalid_json", "Invalid JSON"),
    ("[]", "invalid_json", "object"),
    ('{"type": 5}', "invalid_frame", "type"),
    ('{"type": "nonsense"}', "unknown_type", "type"),
    ('{"type": "send"}', "content_empty", "empty"),
    ('{"type": "send", "content": "  "}', "content_empty", "empty"),
    ('{"type": "send", "content": []}', "content_empty", "empty"),
    ('{"type": "send", "content": {"a": 1}}', "invalid_frame", "string"),
    ('{"type": "send", "content": "a\\u0000b"}', "invalid_frame", "null"),
    ('{"type": "send", "content": "\\ud800"}', "invalid_frame", "surrogate"),
    ('{"type": "send", "content": "x", "nonce": ""}', "invalid_frame", "nonce"),
    ('{"type": "send", "content": "x", "nonce": 5}', "invalid_frame", "nonce"),
    ('{"type": "send", "content": "x", "nonce": "%s"}' % ("n" * 65), "invalid_frame", "nonce"),
    ('{"type": "send", "content": "x", "chat": "7"}', "invalid_frame", "chat"),
    ('{"type": "send", "content": "x", "chat": 0}', "invalid_frame", "chat"),
    ('{"type": "send", "content": "x", "chat": 9007199254740992}', "invalid_frame", "chat"),
    ('{"type": "send", "content": "x", "chat": 4503599627370496}', "not_found", "found"),
    ('{"type": "send", "content": "x", "reply_to": -1}', "invalid_frame", "reply_to"),
    ('{"type": "ping", "ref": []}', "invalid_frame", "ref"),
    ('{"type": "ping", "ref": "%s"}' % ("r" * 63), "invalid_frame", "ref"),
    ('{"type": "subscribe", "chats": "all"}', "invalid_frame", "/ws/"),
]


@pytest.mark.parametrize("text, code, word", FAULTS)
def test_a_fault_is_told_and_the_connection_lives(alice, chat, text, code, word):
    with V1Socket(alice, chat) as socket:
        socket.socket.send_text(text)
        error = socket.receive("error")
        assert error["code"] == code and word in error["message"]
        socket.ping()


def test_content_at_its_limit_and_past_it(alice, chat):
    with V1Socket(alice, chat) as socket:
        assert socket.ask("send", content="x" * 262144)["id"]
        error = socket.ask("send", "error", content="x" * 262145, nonce="long")
        assert error["code"] == "too_large" and error["nonce"] == "long"


def test_too_many_faults_in_a_row_end_the_connection(alice, chat):
    with V1Socket(alice, chat) as socket:
        for _ in range(100):
            socket.send("nonsense")
        socket.ping()
        socket.send("nonsense")
        assert socket.close_code() == 4429


def test_a_binary_frame_ends_the_connection(alice, chat):
    with V1Socket(alice, chat) as socket:
        socket.socket.send_binary(b"{}")
        assert socket.close_code() == 4400


def test_a_nonce_is_stored_once(alice, bob, chat):
    sockets = [V1Socket(alice, chat) for _ in range(10)]
    with V1Socket(bob, chat) as watcher:
        acks = []
        for i in range(100):
            sockets[i % 10].send("send", content="once", nonce="the same", ref=i)
        for i in range(100):
            acks.append(sockets[i % 10].receive("ack"))
        assert len({(ack["id"], ack["seq"], ack["timestamp"]) for ack in acks}) == 1
        assert sum(not ack.get("duplicate", False) for ack in acks) == 1
        assert sockets[0].ask("send", content="a sign", nonce="another")["id"] > acks[0]["id"]
        assert watcher.receive_contents(2) == ["once", "a sign"]
        conflict = sockets[0].ask("send", "error", content="different", nonce="the same")
        assert conflict["code"] == "nonce_conflict" and conflict["nonce"] == "the same"
    assert [m["content"] for m in bob.history(chat)] == ["once", "a sign"]
    for socket in sockets:
        socket.close()


def test_who_was_away_gets_what_was_missed(alice, bob, chat):
    with V1Socket(bob, chat) as b:
        b.ask("send", content="0")
        last = b.receive("message")["seq"]
        epoch = b.hello["epoch"]
    contents = [str(i) for i in range(1, 301)]
    with V1Socket(alice, chat) as a:
        for content in contents:
            a.send("send", content=content)
        for _ in contents:
            a.receive("ack")
        with V1Socket(bob, chat, after=last, epoch=epoch) as b:  # most of it from the database
            assert b.receive_contents(300) == contents
            last = b.last[chat]
            a.ask("send", content="live")
            assert b.receive_contents(1) == ["live"]
        a.ask("send", content="in the log")
        with V1Socket(bob, chat, after=last) as b:
            assert b.receive_contents(2) == ["live", "in the log"]
            assert b.subscribed["chats"][0]["seq"] == b.last[chat]


def test_without_a_position_there_is_no_past(alice, bob, chat):
    alice.send(chat, "before")
    with V1Socket(bob, chat) as b, V1Socket(alice, chat) as a:
        a.ask("send", content="after")
        shown = b.receive("message")
        assert shown["message"]["content"] == "after"
        assert shown["prev"] == b.subscribed["chats"][0]["seq"]


@pytest.mark.parametrize("after, epoch, reason", [
    (4503599627370495, None, "epoch"),
    (0, "another", "epoch"),
])
def test_what_cannot_be_continued_is_a_gap(alice, bob, chat, after, epoch, reason):
    sent = alice.send(chat, "there")
    with V1Socket(bob, chat, after=after, epoch=epoch) as b, V1Socket(alice, chat) as a:
        assert b.receive("gap") == {
            "type": "gap", "chat": chat, "after": after, "seq": sent["id"], "reason": reason}
        a.ask("send", content="goes on")
        assert b.receive("message")["prev"] == sent["id"]


def test_too_far_back_is_a_gap(server, alice, bob, chat):
    """At the limit of 5,000 events everything comes; one more, and a gap says so."""
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_messages(db, chat, alice.id, [f"m{i}" for i in range(5001)])
        first, seq = db.execute(
            "SELECT min(id), max(id) FROM chat_message WHERE chat_id = ?", (chat,)).fetchone()
    with V1Socket(bob, chat, after=first) as b:
        assert b.receive_contents(5000) == [f"m{i}" for i in range(1, 5001)]
    with V1Socket(bob, chat, after=first - 1) as b:
        gap = b.receive("gap")
        assert gap["reason"] == "too_far" and gap["seq"] == seq


def test_rows_of_another_program_come_in_their_place(server, alice, bob, chat):
    with V1Socket(bob, chat) as b, V1Socket(alice, chat) as a:
        for i in range(3):
            with contextlib.closing(django_rows.connect(server.database)) as db:
                django_rows.add_messages(db, chat, alice.id, [f"Django {i}"])
            assert b.receive_contents(1) == [f"Django {i}"]
            a.ask("send", content=f"confab {i}")
            assert b.receive_contents(1) == [f"confab {i}"]


def test_goodbye_spreads_the_return(start_server):
    server = start_server("--message-rate", "off")
    import people
    alice, = people.people_from_rows(server, ["alice"])
    chat = alice.make_chat()
    sockets = [V1Socket(alice, chat) for _ in range(8)]
    server.stop()
    pauses = {socket.receive("goodbye")["reconnect_after"] for socket in sockets}
    assert len(pauses) > 1 and all(0 <= pause <= 5 for pause in pauses)
    assert {socket.close_code() for socket in sockets} == {1012}
    server.start()
    with V1Socket(alice, chat):
        pass


def test_a_removed_member_is_closed(server, alice, bob, chat):
    with V1Socket(bob, chat) as b:
        with contextlib.closing(django_rows.connect(server.database)) as db:
            db.execute("DELETE FROM chat_chat_participants WHERE chat_id = ? AND user_id = ?", (chat, bob.id))
        assert b.close_code() == 4403


def test_the_rate_is_told_with_a_pause(start_server):
    server = start_server("--message-rate", "1", "--message-burst", "2")
    import people
    alice, = people.people_from_rows(server, ["alice"])
    chat = alice.make_chat()
    with V1Socket(alice, chat) as a:
        a.ask("send", content="1")
        a.ask("send", content="2")
        error = a.ask("send", "error", content="3", nonce="n")
        assert error["code"] == "rate_limited" and 0 < error["retry_after"] <= 1
