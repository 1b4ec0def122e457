"""When the database is in trouble: the sender is told, nothing that is not stored is shown, the server lives (part I.3)."""
import contextlib

import pytest

import django_rows
from conftest import USUAL_OPTIONS
from people import people_from_rows
from v1_socket import V1Socket

TROUBLE = "Message could not be stored, please try again"
# How long another process holds the lock: longer than a writer's patience (5 s and more), so that either answer can come.
LOCK_HELD_S = 20


@pytest.fixture
def talk(start_server):
    """A chat of two with a connection each."""
    server = start_server(*USUAL_OPTIONS)
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        yield server, alice, chat_id, a, b


@contextlib.contextmanager
def database_of(server):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        yield db


def error_while_locked(socket):
    """The error that comes while the lock is held; None if the server rather waits."""
    return socket.receive_error() if socket.is_readable_within(LOCK_HELD_S) else None


def test_a_locked_database_delays_a_message_or_refuses_it(talk):
    server, alice, chat_id, a, b = talk
    with database_of(server) as db:
        db.execute("BEGIN IMMEDIATE")
        a.say("into the lock")
        error = error_while_locked(a)
        assert b.received_by_now() == [], "shown before it was stored"
        assert alice.history(chat_id) == [], "reading needs no lock"
        db.execute("ROLLBACK")
    if error is not None:
        assert error == TROUBLE
    a.say("afterwards")
    expected = (["into the lock"] if error is None else []) + ["afterwards"]
    for socket in (a, b):
        assert [socket.receive_content() for _ in expected] == expected
    assert [m["content"] for m in alice.history(chat_id)] == expected


# One message that the database refuses must not take those of its batch along.
@pytest.mark.parametrize("action", ["ABORT", "FAIL", "ROLLBACK"])
def test_a_message_that_the_database_refuses_is_refused_alone(talk, action):
    server, alice, chat_id, a, b = talk
    with database_of(server) as db:
        db.execute("CREATE TRIGGER trouble BEFORE INSERT ON chat_message WHEN NEW.content LIKE 'poison%'"
                   f" BEGIN SELECT RAISE({action}, 'trouble'); END")
    contents = [f"{'poison' if number % 10 == 5 else 'good'} {number}" for number in range(100)]
    for content in contents:
        a.say(content)
    frames = [a.receive() for _ in contents]
    errors = [frame for frame in frames if frame["type"] == "error"]
    stored = [frame["message"]["content"] for frame in frames if frame["type"] == "message"]
    assert all(frame == {"type": "error", "message": TROUBLE} for frame in errors)
    assert len(errors) >= 10
    assert not [content for content in stored if content.startswith("poison")]
    assert [b.receive_content() for _ in stored] == stored and b.received_by_now() == []
    assert [m["content"] for m in alice.history(chat_id)] == stored
    if action != "ROLLBACK":
        assert stored == [content for content in contents if content.startswith("good")]
    a.say("alive")
    assert b.receive_content() == "alive"


def test_a_table_that_is_gone_for_a_while_is_survived(talk):
    server, alice, chat_id, a, b = talk
    with V1Socket(alice, chat_id) as v1, database_of(server) as db:
        db.execute("ALTER TABLE chat_message RENAME TO elsewhere")
        a.say("lost")
        assert a.receive_error() == TROUBLE
        answer = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": "lost too"})
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert list(answer.json()) == ["detail"]
        assert "chat_message" not in answer.text, "no exception's text"
        v1.socket.send_json({"type": "send", "content": "lost as well", "nonce": "n1", "ref": 1})
        error = v1.socket.receive()
        assert error.pop("message") and error.pop("retry_after") > 0
        assert error == {"type": "error", "code": "unavailable", "ref": 1, "nonce": "n1"}
        db.execute("ALTER TABLE elsewhere RENAME TO chat_message")
    a.say("back")
    assert a.receive_content() == b.receive_content() == "back"
    assert [m["content"] for m in alice.history(chat_id)] == ["back"]
