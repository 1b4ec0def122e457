"""Long lists: complete and in order, and never whole in the server's memory (part I.2)."""
import contextlib
import json

import pytest

import django_rows
from confab_server import is_sanitized
from people import people_from_rows
from raw_http import RawConnection, request_bytes

MESSAGES = 20_000 if is_sanitized() else 100_000
# Above what the server had before. The history of 100,000 is some 20 MB of JSON; a piece of it is far smaller than this.
GROWTH_KIB_MAX = 12 * 1024
SLOW_READERS = 20


@pytest.fixture(scope="module")
def talk(server):
    """Somebody with a chat of many messages: alice, the chat's id."""
    alice, bob = people_from_rows(server, ["streaming-alice", "streaming-bob"])
    with contextlib.closing(django_rows.connect(server.database)) as db:
        chat_id = django_rows.add_chat(db, "long", [alice.id, bob.id])
        django_rows.add_messages(db, chat_id, bob.id, (f"number {i} é" for i in range(MESSAGES)))
    alice.history_path = f"/api/chats/{chat_id}/messages/"
    return alice


@contextlib.contextmanager
def bounded_memory(server):
    before_kib = server.memory_peak_kib()
    yield
    grown_kib = server.memory_peak_kib() - before_kib
    assert is_sanitized() or grown_kib < GROWTH_KIB_MAX, f"grew by {grown_kib} KiB"


@pytest.mark.parametrize("kind", ["messages of the chat", "all messages", "list of chats", "chat"])
def test_a_long_history_is_complete_in_order_and_in_bounded_memory(server, talk, kind):
    path = {"messages of the chat": talk.history_path, "all messages": "/api/messages/",
            "list of chats": "/api/chats/", "chat": talk.history_path.removesuffix("messages/")}[kind]
    with bounded_memory(server):
        messages = talk.get(path).json()
    if kind == "list of chats":
        (messages,) = messages
    if "chat" in kind and isinstance(messages, dict):
        messages = messages["messages"]
    assert [m["content"] for m in messages] == [f"number {i} é" for i in range(MESSAGES)]
    ids = [m["id"] for m in messages]
    assert ids == sorted(set(ids))


def test_readers_that_do_not_read_harm_nobody(server, talk):
    data = request_bytes("GET", talk.history_path, f"Cookie: sessionid={talk.session_key}")
    talk.get(talk.history_path)  # what one reader costs, and the database's caches, are there before
    with contextlib.ExitStack() as stack, bounded_memory(server):
        stuck = [stack.enter_context(RawConnection(server, receive_buffer_bytes=65536))
                 for _ in range(SLOW_READERS)]
        for connection in stuck:
            connection.send(data)
        for _ in range(20):
            assert talk.get("/api/me/").status_code == 200
        assert talk.get("/api/users/").status_code == 200
        # One that was slow for a while still gets everything.
        messages = stuck[0].answer().json
        assert len(messages) == MESSAGES and messages[-1]["content"] == f"number {MESSAGES - 1} é"


def test_a_reader_that_leaves_in_the_middle_harms_nobody(server, talk):
    data = request_bytes("GET", talk.history_path, f"Cookie: sessionid={talk.session_key}")
    for _ in range(10):
        with RawConnection(server) as connection:
            connection.send(data)
            assert connection.read_some()
    assert talk.get("/api/me/").status_code == 200


def test_what_is_sent_meanwhile_does_not_break_the_list(server, talk):
    chat_id = int(talk.history_path.split("/")[3])
    with talk.connect(chat_id) as socket, RawConnection(server, receive_buffer_bytes=65536) as connection:
        connection.send(request_bytes("GET", talk.history_path, f"Cookie: sessionid={talk.session_key}"))
        for number in range(50):
            socket.say(f"meanwhile {number}")
            socket.receive_content()
        contents = [m["content"] for m in json.loads(connection.answer().content)]
    assert contents[:MESSAGES] == [f"number {i} é" for i in range(MESSAGES)]
    assert contents[MESSAGES:] == [f"meanwhile {i}" for i in range(len(contents) - MESSAGES)]
