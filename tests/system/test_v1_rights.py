"""Who may do what in a chat, seen from both kinds of clients: roles, mutes, kinds of chats, mentions."""
import contextlib
import os
import random

import pytest

from v1_socket import V1Socket


@pytest.fixture
def chat(alice, bob, carol):
    """A chat that alice owns."""
    return alice.make_chat(bob, carol)


def set_member(by, chat, who, **fields):
    answer = by.patch(f"/api/v1/chats/{chat}/members/{who.id}/", fields)
    assert answer.status_code == 200, answer.text


# Each as (what alice does, the words).
SILENCES = [
    ("muted", lambda alice, chat, who: set_member(alice, chat, who, muted_until="2999-01-01T00:00:00Z"),
     lambda alice, chat, who: set_member(alice, chat, who, muted_until=None), "You are muted in this chat"),
    ("read_only", lambda alice, chat, who: set_member(alice, chat, who, role="read_only"),
     lambda alice, chat, who: set_member(alice, chat, who, role="member"), "You may only read in this chat"),
    ("read_only", lambda alice, chat, who: alice.patch(f"/api/v1/chats/{chat}/", {"kind": "announcement"}),
     lambda alice, chat, who: alice.patch(f"/api/v1/chats/{chat}/", {"kind": "group"}), "You may only read in this chat"),
]


@pytest.mark.parametrize("code, silence, allow, words", SILENCES, ids=["muted", "read only", "announcement"])
def test_who_may_not_write_is_told_so_and_stays(alice, bob, chat, code, silence, allow, words):
    with bob.connect(chat) as of_part_one, V1Socket(bob, chat) as of_v1:
        of_part_one.send_json({"content": "before"})  # the writer has seen that bob may
        assert of_part_one.receive()["message"]["content"] == "before"
        silence(alice, chat, bob)
        of_part_one.send_json({"content": "meanwhile"})
        assert of_part_one.receive() == {"type": "error", "message": words}
        assert of_v1.ask("send", "error", content="meanwhile")["code"] == code
        answer = bob.post(f"/api/chats/{chat}/send_message/", {"content": "meanwhile"})
        assert (answer.status_code, answer.json()) == (403, {"detail": words})
        assert alice.send(chat, "from alice")["content"] == "from alice"
        allow(alice, chat, bob)
        of_part_one.send_json({"content": "after"})
        assert of_part_one.receive()["message"]["content"] == "after"
    assert [m["content"] for m in bob.history(chat)] == ["before", "from alice", "after"]


def test_mentions_of_part_one_are_told_and_counted(alice, bob, carol, chat):
    with V1Socket(bob) as socket, carol.connect(chat) as of_part_one:
        socket.ask("subscribe", "subscribed", chats="all")
        of_part_one.send_json({"content": f"@{bob.username}, and not mail@{alice.username}"})
        message = socket.receive("message")["message"]
        assert message["mentions"] == [bob.id]
        of_part_one.send_json({"content": "@all"})  # carol may not call all
        assert "mentions_all" not in socket.receive("message")["message"]
        alice.send(chat, "@all")
        assert socket.receive("message")["message"]["mentions_all"] is True
        window = {c["id"]: c for c in socket.ask("chats", "chats")["chats"]}
        assert (window[chat]["unread"], window[chat]["mentions"]) == (3, 2)
        assert set(of_part_one.receive()["message"]) == {"id", "chat", "sender", "content", "timestamp"}


def test_a_removed_owner_leaves_an_heir(alice, bob, chat):
    answer = alice.delete(f"/api/v1/chats/{chat}/members/{alice.id}/")
    assert answer.status_code in (200, 204), answer.text
    members = {m["id"]: m["role"] for m in bob.get(f"/api/v1/chats/{chat}/members/").json()["results"]}
    assert members[bob.id] == "owner" and alice.id not in members


def test_moderators_see_what_a_message_said_before(alice, bob, carol, stranger, chat):
    message = bob.send(chat, "first")
    for content in ("second", "third"):
        assert bob.patch(f"/api/v1/messages/{message['id']}/", {"content": content}).status_code == 200
    assert bob.delete(f"/api/v1/messages/{message['id']}/").status_code == 204
    path = f"/api/v1/messages/{message['id']}/revisions/"
    pages, following = [], path + "?limit=1"
    while following:
        answer = alice.get(following)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["results"])
        following = answer.json()["next"] and answer.json()["next"].removeprefix(alice.server.url)
    assert [[(r["revision"], r["content"], r["editor"]) for r in page] for page in pages] == \
        [[(1, "first", bob.id)], [(2, "second", bob.id)], [(3, "third", bob.id)]]
    assert [r["content"] for r in alice.get(path).json()["results"]] == ["first", "second", "third"]
    assert bob.get(path).status_code == 403  # not even one's own: it was taken back
    assert stranger.get(path).status_code == 403  # without a session
    assert alice.get("/api/v1/messages/999999/revisions/").status_code == 404
    elsewhere = carol.send(carol.make_chat(), "x")["id"]
    assert alice.get(f"/api/v1/messages/{elsewhere}/revisions/").status_code == 404


def test_a_page_of_long_revisions_ends_early(alice, chat):
    contents = [str(i) * 100_000 for i in range(3)]
    message = alice.send(chat, contents[0])
    for content in contents[1:]:
        assert alice.patch(f"/api/v1/messages/{message['id']}/", {"content": content}).status_code == 200
    answer = alice.get(f"/api/v1/messages/{message['id']}/revisions/").json()
    assert [r["content"] for r in answer["results"]] == contents[:1] and answer["next"]


def test_no_frame_of_a_chat_reaches_who_is_not_in_it(make_people):
    """Members come and go at random while others write: each sees what was written while it was in, and nothing else."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("SEED =", seed)
    chance = random.Random(seed)
    owner, *others = make_people(5)
    chat = owner.make_chat()
    members, expected = set(), {person.id: [] for person in others}
    with contextlib.ExitStack() as stack:
        sockets = {person.id: stack.enter_context(V1Socket(person)) for person in others}
        for socket in sockets.values():
            socket.ask("subscribe", "subscribed", chats="all")
        for step in range(120):
            person = chance.choice(others)
            if chance.random() < 0.5:
                content = f"{step}"
                owner.send(chat, content)
                for member in members:
                    expected[member].append(content)
            elif person.id in members:
                assert owner.delete(f"/api/v1/chats/{chat}/members/{person.id}/").status_code in (200, 204)
                members.remove(person.id)
            else:
                assert owner.post(f"/api/v1/chats/{chat}/members/", {"user": person.id}).status_code in (200, 201)
                members.add(person.id)
                sockets[person.id].receive("chat_joined")  # from here on it sees everything
        for person in others:
            socket = sockets[person.id]
            # Who has come in just now may still be catching up: a pong would not wait for that.
            assert socket.receive_contents(len(expected[person.id])) == expected[person.id]
            socket.ping()
            assert [frame for frame in socket.waiting if frame["type"] == "message"] == []
