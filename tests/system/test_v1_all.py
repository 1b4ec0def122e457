"""confab.v1 on /ws/: one connection for all chats: subscribing, following membership, changes and fleeting frames."""
import contextlib
import re

import pytest
import requests

import django_rows
from people import people_from_rows
from v1_socket import V1Socket


@pytest.fixture
def chats(alice, bob):
    return [alice.make_chat(bob, name=f"chat {i}") for i in range(3)]


def subscribe_all(socket, **fields):
    return {c["chat"]: c["seq"] for c in socket.ask("subscribe", "subscribed", chats="all", **fields)["chats"]}


def test_one_connection_reads_all_chats(alice, bob, chats):
    with V1Socket(bob) as b, V1Socket(alice) as a:
        heads = subscribe_all(b)
        assert set(heads) == set(chats)
        for chat in chats * 2:
            a.ask("send", chat=chat, content=f"to {chat}")
        assert b.receive_contents(6) == [f"to {chat}" for chat in chats * 2]


def test_some_chats_and_no_longer(alice, bob, chats):
    with V1Socket(bob) as b, V1Socket(alice) as a:
        answer = b.ask("subscribe", "subscribed", chats=[{"chat": chats[0]}, chats[1]])
        assert [c["chat"] for c in answer["chats"]] == chats[:2]
        assert b.ask("unsubscribe", "unsubscribed", chats=[chats[0]])["chats"] == [chats[0]]
        for chat in chats:
            a.ask("send", chat=chat, content=f"to {chat}")
        assert b.receive_contents(1) == [f"to {chats[1]}"]
        b.ping()
        assert not b.waiting


def test_positions_of_many_chats(alice, bob, chats):
    with V1Socket(bob) as b:
        heads = subscribe_all(b)
        epoch = b.hello["epoch"]
    for chat in chats[1:]:
        alice.send(chat, "missed")
    with V1Socket(bob) as b:
        b.last = dict(heads)
        now = subscribe_all(b, after={str(chat): seq for chat, seq in heads.items()}, epoch=epoch)
        assert sorted(b.receive("message")["message"]["chat"] for _ in range(2)) == sorted(chats[1:])
        b.ping()
        assert not b.waiting and b.last == now


def test_another_s_chat_does_not_exist(alice, bob, carol, chats):
    private = alice.make_chat(carol)
    with V1Socket(bob) as b:
        refused = b.ask("subscribe", "error", chats=[chats[0], private, private + 1])
        assert (refused["code"], refused["message"]) == ("not_found", f"Not found: chat {private}")
        assert b.ask("send", "error", chat=private, content="x")["code"] == "not_found"
        assert b.ask("history", "error", chat=private)["code"] == "not_found"
        assert b.ask("typing", "error", chat=private)["code"] == "not_found"
        assert b.ask("edit", "error", chat=private, id=1, content="x")["code"] == "not_found"


@pytest.mark.parametrize("fields", [
    {"chats": [0]}, {"chats": ["7"]}, {"chats": [{"after": 1}]}, {"chats": [{"chat": 7, "after": -1}]},
    {"chats": "all", "after": {"x": 1}}, {"chats": "all", "after": {"7": "1"}}, {"chats": "some"}, {"chats": 7},
    {"chats": [1] * 5001},
])
def test_a_wrong_list_of_chats_is_refused(alice, fields):
    with V1Socket(alice) as a:
        assert a.ask("subscribe", "error", **fields)["code"] == "invalid_frame"


def test_a_new_chat_is_followed(alice, bob, chats):
    with V1Socket(bob) as b, V1Socket(alice) as a:
        subscribe_all(b)
        new = alice.make_chat(bob, name="Choir")
        joined = b.receive("chat_joined")["chat"]
        assert joined == {"id": new, "name": "Choir", "kind": "group", "receipts": False, "seq": 0}
        b.last[new] = 0
        a.ask("send", chat=new, content="welcome")
        assert b.receive_contents(1) == ["welcome"]


def test_a_chat_that_ends_is_left(alice, bob, chats):
    with V1Socket(bob) as b:
        subscribe_all(b)
        assert alice.delete(f"/api/chats/{chats[0]}/").status_code == 204
        assert b.receive("chat_left") == {"type": "chat_left", "chat": chats[0], "reason": "deleted"}
        alice.send(chats[1], "goes on")
        assert b.receive_contents(1) == ["goes on"]


def test_who_is_removed_elsewhere_leaves(server, alice, bob, chats):
    with V1Socket(bob) as b:
        subscribe_all(b)
        with contextlib.closing(django_rows.connect(server.database)) as db:
            db.execute("DELETE FROM chat_chat_participants WHERE chat_id = ? AND user_id = ?", (chats[0], bob.id))
        assert b.receive("chat_left") == {"type": "chat_left", "chat": chats[0], "reason": "removed"}
        alice.send(chats[0], "not for bob")
        alice.send(chats[1], "for bob")
        assert b.receive_contents(1) == ["for bob"]


def test_logging_out_ends_it(alice, chats):
    with V1Socket(alice) as a:
        subscribe_all(a)
        alice.post("/api/logout/")
        assert a.close_code() == 4401


def test_changes_are_acked_and_told(alice, bob, chats):
    chat = chats[0]
    with V1Socket(alice) as a, V1Socket(bob, chat) as b:
        subscribe_all(a)
        sent = a.ask("send", chat=chat, content="Helo")
        assert b.receive("message")["seq"] == sent["seq"]
        ack = a.ask("edit", chat=chat, id=sent["id"], content="Hello", revision=1)
        event = b.receive("message_updated")
        assert event["seq"] == ack["seq"] and event["prev"] == sent["seq"] and event["chat"] == chat
        assert event["message"]["content"] == "Hello" and event["message"]["revision"] == 2
        assert a.ask("edit", "error", chat=chat, id=sent["id"], content="x", revision=1)["code"] == "conflict"
        assert b.ask("edit", "error", chat=chat, id=sent["id"], content="x")["code"] == "forbidden"
        b.ask("react", chat=chat, id=sent["id"], emoji="👍")
        assert a.receive("reaction_added")["count"] == 1
        again = b.ask("react", chat=chat, id=sent["id"], emoji="👍")
        assert again["seq"] == a.last[chat]  # nothing had to change
        b.ask("unreact", chat=chat, id=sent["id"], emoji="👍")
        assert a.receive("reaction_removed")["count"] == 0
        a.ask("pin", chat=chat, id=sent["id"])
        assert b.receive("pin_added")["user"] == {"id": alice.id, "username": alice.username}
        a.ask("unpin", chat=chat, id=sent["id"])
        assert b.receive("pin_removed")["id"] == sent["id"]
        a.ask("delete", chat=chat, id=sent["id"])
        assert b.receive("message_deleted")["id"] == sent["id"]
        start = b.subscribed["chats"][0]["seq"]
        with V1Socket(bob, chat, after=start) as again:  # all of it can be had later
            kinds = [again.receive()["type"] for _ in range(7)]
            assert kinds == ["message", "message_updated", "reaction_added", "reaction_removed", "pin_added",
                             "pin_removed", "message_deleted"]


def test_part_one_sees_nothing_of_changes(alice, bob, chats):
    chat = chats[0]
    with V1Socket(alice) as a, bob.connect(chat) as legacy:
        sent = a.ask("send", chat=chat, content="Helo")
        assert legacy.receive_content() == "Helo"
        a.ask("edit", chat=chat, id=sent["id"], content="Hello")
        a.ask("react", chat=chat, id=sent["id"], emoji="x")
        a.ask("subscribe", "subscribed", chats=[chat])
        a.send("typing", chat=chat)
        a.ask("pin", chat=chat, id=sent["id"])
        a.ask("send", chat=chat, content="next")
        assert legacy.receive_content() == "next"
    assert bob.history(chat)[0]["content"] == "Hello"


def test_history_pages(alice, bob, chats):
    chat = chats[0]
    ids = [alice.send(chat, str(i))["id"] for i in range(10)]
    with V1Socket(bob) as b:
        def page(**fields):
            answer = b.ask("history", "history", chat=chat, **fields)
            return [int(m["content"]) for m in answer["messages"]], answer["more"]
        assert page(limit=3) == ([7, 8, 9], True)
        assert page(before=ids[3]) == ([0, 1, 2], False)
        assert page(after=ids[7]) == ([8, 9], False)
        assert page(after=ids[2], limit=2) == ([3, 4], True)
        assert b.ask("history", "error", chat=chat, before=1, after=1)["code"] == "invalid_frame"


def test_replies_and_threads(alice, bob, chats):
    chat = chats[0]
    with V1Socket(alice) as a, V1Socket(bob, chat) as b:
        root = a.ask("send", chat=chat, content="root")["id"]
        a.ask("send", chat=chat, content="answer", reply_to=root, thread=root)
        b.receive("message")
        message = b.receive("message")["message"]
        assert message["reply_to"] == root and message["thread"] == root
        other = alice.make_chat()
        elsewhere = alice.send(other, "elsewhere")["id"]
        assert a.ask("send", "error", chat=chat, content="x", reply_to=elsewhere)["code"] == "not_found"


def test_typing_is_shown_to_the_others_once(alice, bob, chats):
    chat = chats[0]
    with V1Socket(alice, chat) as a, V1Socket(bob) as b:
        subscribe_all(b)
        for _ in range(5):
            a.send("typing")
        a.ask("send", content="there")
        assert b.receive("typing") == {"type": "typing", "chat": chat, "expires_in": 5,
                                       "user": {"id": alice.id, "username": alice.username}}
        b.receive("message")
        b.ping()
        a.ping()
        assert not [f for f in a.waiting + b.waiting if f["type"] == "typing"]


def test_read_marks_go_to_the_user_s_other_connections(alice, bob, chats):
    chat = chats[0]
    sent = [alice.send(chat, "x")["id"] for _ in range(2)]
    with V1Socket(bob) as first, V1Socket(bob, chat) as second, V1Socket(alice) as a:
        subscribe_all(a)
        mark = {"type": "read", "chat": chat, "user": bob.id, "seq": sent[1]}
        assert first.ask("read", chat=chat, seq=sent[1])["seq"] == sent[1]
        assert second.receive("read") == mark
        assert first.ask("read", chat=chat, seq=sent[0])["seq"] == sent[1]  # never backwards
        a.ping()
        assert not a.waiting


def test_in_a_chat_with_receipts_members_learn_how_far_others_have_read(alice, bob, chats):
    """On connections to one chat and to all, over both ways of moving a mark; whoever asked for no marks is spared."""
    chat = chats[0]
    sent = [alice.send(chat, "x")["id"] for _ in range(3)]
    assert alice.patch(f"/api/v1/chats/{chat}/", {"receipts": True}).json()["receipts"] is True
    with V1Socket(alice) as to_all, V1Socket(alice, chat) as to_one, V1Socket(alice) as spared, alice.connect(chat) as part_one, \
            V1Socket(bob) as of_bob, V1Socket(bob, chat) as second:
        subscribe_all(to_all)
        spared.ask("subscribe", "subscribed", chats=[chat], events=["typing"])
        for seq in sent[:2]:
            if seq == sent[0]:
                of_bob.ask("read", chat=chat, seq=seq)
            else:
                assert bob.put(f"/api/v1/chats/{chat}/read/", {"seq": seq}).status_code == 200
            mark = {"type": "read", "chat": chat, "user": bob.id, "seq": seq}
            for socket in to_all, to_one, second:
                assert socket.receive("read") == mark
        of_bob.ask("read", chat=chat, seq=sent[0])  # it has not moved
        assert alice.patch(f"/api/v1/chats/{chat}/", {"receipts": False}).json()["receipts"] is False
        of_bob.ask("read", chat=chat, seq=sent[2])
        for socket in to_all, to_one, spared:
            socket.ping()
            assert not [f for f in socket.waiting if f["type"] == "read"]
        assert part_one.received_by_now() == []


def test_the_window_of_chats(alice, bob, chats):
    sent = alice.send(chats[1], f"hello @{bob.username}")
    alice.send(chats[1], "again")
    alice.send(chats[0], "newest")
    with V1Socket(bob) as b:
        window = b.ask("chats", "chats", limit=2)
        assert window["total"] == 3 and [c["id"] for c in window["chats"]] == [chats[0], chats[1]]
        second = window["chats"][1]
        assert (second["unread"], second["mentions"], second["read"]) == (2, 1, 0)
        assert second["last_message"]["content"] == "again"
        b.ask("read", chat=chats[1], seq=sent["id"])
        assert b.ask("chats", "chats", offset=1, limit=1)["chats"][0]["unread"] == 1
        assert b.ask("chats", "chats", offset=2)["chats"] == [
            {"id": chats[2], "name": "chat 2", "kind": "group", "receipts": False, "seq": 0, "read": 0, "unread": 0, "mentions": 0}]
        assert b.ask("chats", "error", limit=101)["code"] == "invalid_frame"


def test_presence_of_those_who_are_watched(alice, bob, carol, chats):
    with V1Socket(alice) as a:
        a.ask("watch", users=[bob.id, carol.id, alice.id])
        # Carol shares no chat with alice: as if she did not exist.
        assert a.receive("presence")["users"] == [{"id": bob.id, "status": "offline"},
                                                  {"id": alice.id, "status": "online"}]
        with bob.connect(chats[0]):
            assert a.receive("presence")["users"] == [{"id": bob.id, "status": "online"}]
        gone, = a.receive("presence")["users"]
        assert gone["status"] == "offline" and gone["last_seen"]
        a.ask("watch", users=[])
        with V1Socket(bob):
            a.ping()
        assert not a.waiting


def test_away_when_all_connections_say_so(alice, bob, chats):
    with V1Socket(alice) as a, V1Socket(bob) as first:
        a.ask("watch", users=[bob.id])

        def bob_is(status):
            while a.receive("presence")["users"] != [{"id": bob.id, "status": status}]:
                pass

        bob_is("online")
        first.ask("presence", status="away")
        bob_is("away")
        with V1Socket(bob) as second:
            bob_is("online")
            second.ask("presence", status="away")
            bob_is("away")
            second.ask("presence", status="online")
            bob_is("online")
        bob_is("away")  # the one that was there ended, the one that is away stays
        first.ask("presence", status="away")  # again: nothing changes
        with bob.connect(chats[0]):
            bob_is("online")  # a connection of part I cannot be away
        bob_is("away")


def test_who_goes_while_away_is_offline(alice, bob, chats):
    with V1Socket(alice) as a:
        with V1Socket(bob) as b:
            b.ask("presence", status="away")
            a.ask("watch", users=[bob.id])
            assert a.receive("presence")["users"] == [{"id": bob.id, "status": "away"}]
        gone, = a.receive("presence")["users"]
        assert gone["status"] == "offline" and gone["last_seen"]


@pytest.mark.parametrize("users", [[0], ["1"], [1.5], [None], list(range(1, 502))])
def test_a_wrong_list_of_users_is_refused(alice, users):
    with V1Socket(alice) as a:
        assert a.ask("watch", "error", users=users)["code"] == "invalid_frame"


def test_five_hundred_users_can_be_watched(alice):
    with V1Socket(alice) as a:
        a.ask("watch", users=list(range(1, 501)))


def test_fleeting_frames_that_nobody_wants(alice, bob, chats):
    chat = chats[0]
    with V1Socket(alice, chat) as a, V1Socket(bob) as b:
        subscribe_all(b, events=["message"])
        assert b.ask("subscribe", "error", chats="all", events=[1])["code"] == "invalid_frame"
        a.send("typing")
        sent = a.ask("send", content="there")
        a.ask("react", id=sent["id"], emoji="x")  # durable: comes in any case
        assert [b.receive()["type"] for _ in range(2)] == ["message", "reaction_added"]


def pulls(server):
    """How often rooms were read from the database."""
    text = requests.get(f"{server.url}/metrics", timeout=60).text
    return int(float(re.search(r"^confab_chain_pulls_total (\S+)$", text, re.M)[1]))


def test_a_thousand_chats_are_begun_with_one_read(start_server):
    """Whatever is in them: what is read at the start does not grow with the messages, and hardly with the chats."""
    server = start_server("--metrics", "--message-rate", "off")
    alice, bob = people_from_rows(server, ["alice", "bob"])
    with contextlib.closing(django_rows.connect(server.database)) as db:
        db.execute("BEGIN IMMEDIATE")
        chats = [django_rows.add_chat(db, f"c{i}", [alice.id, bob.id]) for i in range(1000)]
        db.execute("COMMIT")
        django_rows.add_messages(db, chats[0], bob.id, ["x"] * 2000)
    server.stop()
    server.start()
    with V1Socket(alice) as a:
        assert set(subscribe_all(a)) == set(chats)
        assert pulls(server) == 1
        for chat in (chats[0], chats[500], chats[999]):
            bob.send(chat, f"to {chat}")
        assert a.receive_contents(3) == [f"to {chat}" for chat in (chats[0], chats[500], chats[999])]
