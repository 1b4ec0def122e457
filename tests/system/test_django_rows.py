"""Rows that another process writes into the shared file are found (as Django on the same database would write them)."""
import contextlib

import django_rows


@contextlib.contextmanager
def database_of(server):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        yield db


def test_foreign_messages_are_in_the_history_at_once(server, alice, bob):
    chat_id = alice.make_chat(bob)
    with database_of(server) as db:
        alice.send(chat_id, "ours 1")
        django_rows.add_messages(db, chat_id, bob.id, ["theirs 1", "theirs 2 ☺"])
        alice.send(chat_id, "ours 2")
        django_rows.add_messages(db, chat_id, bob.id, ["theirs 3"])
    history = alice.history(chat_id)
    assert [m["content"] for m in history] == ["ours 1", "theirs 1", "theirs 2 ☺", "ours 2", "theirs 3"]
    assert history[1]["sender"] == bob.as_user


# On the existing system such rows are told to sockets by the channel layer, not by the database.
def test_foreign_messages_do_not_disturb_live_connections(server, alice, bob):
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b, database_of(server) as db:
        for number in range(20):
            django_rows.add_messages(db, chat_id, bob.id, [f"theirs {number}"])
            a.say(f"ours {number}")
            assert a.receive_content() == b.receive_content() == f"ours {number}"
    contents = [m["content"] for m in alice.history(chat_id)]
    assert contents == [f"{whose} {n}" for n in range(20) for whose in ("theirs", "ours")]


def test_timestamps_without_a_fraction_are_written_without_one(server, alice):
    chat_id = alice.make_chat()
    with database_of(server) as db:
        for text in ("2025-10-14 08:00:00", "2025-10-14 08:00:00.000001", "2025-10-14 08:00:01.500000"):
            db.execute("INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES ('x', ?, ?, ?)",
                       (text, chat_id, alice.id))
    assert [m["timestamp"] for m in alice.history(chat_id)] == [
        "2025-10-14T08:00:00Z", "2025-10-14T08:00:00.000001Z", "2025-10-14T08:00:01.500000Z"]


def test_foreign_users_chats_and_memberships_count_at_once(server, alice, bob):
    with database_of(server) as db:
        chat_id = django_rows.add_chat(db, "theirs", [bob.id])
        assert alice.get(f"/api/chats/{chat_id}/").status_code == 404
        db.execute("INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (?, ?)", (chat_id, alice.id))
        with alice.connect(chat_id) as socket:
            socket.say("let in")
            assert socket.receive_content() == "let in"
        db.execute("UPDATE chat_user SET username = 'renamed-' || username WHERE id = ?", (alice.id,))
        assert alice.get("/api/me/").json()["username"] == f"renamed-{alice.username}"


def test_a_foreign_writer_and_ours_do_not_lose_each_others_messages(server, alice):
    chat_id = alice.make_chat()
    ours = [f"ours {number}" for number in range(200)]
    theirs = [f"theirs {number}" for number in range(200)]
    with alice.connect(chat_id) as socket, database_of(server) as db:
        for our, their in zip(ours, theirs):
            socket.say(our)
            django_rows.add_messages(db, chat_id, alice.id, [their])
        assert [socket.receive_content() for _ in ours] == ours
    contents = [m["content"] for m in alice.history(chat_id)]
    assert sorted(contents) == sorted(ours + theirs)
    assert [c for c in contents if c.startswith("ours")] == ours
