"""Sending and reading messages under /api/v1/."""
import concurrent.futures
import contextlib

import pytest

import django_rows
from people import people_from_rows
from raw_http import RawConnection

SENDERS = 10


def messages_path(chat_id):
    return f"/api/v1/chats/{chat_id}/messages/"


def events_after(person, chat_id, seq, **query):
    answer = person.get(f"/api/v1/chats/{chat_id}/events/", params={"after": seq, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_message_is_stored_and_answered_whole(alice, bob):
    chat_id = alice.make_chat(bob)
    answer = alice.post(messages_path(chat_id), {"content": " Grüße 😀\n", "nonce": "n"})
    assert answer.status_code == 201
    made = answer.json()
    assert made == {"id": made["id"], "chat": chat_id, "sender": alice.as_user, "content": " Grüße 😀\n",
                    "timestamp": made["timestamp"], "nonce": "n"}
    assert bob.history(chat_id) == [{key: made[key] for key in made if key != "nonce"}]


def test_the_same_nonce_many_times_at_once_stores_one_message(alice, bob):
    chat_id = alice.make_chat(bob)
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(
            lambda _: alice.post(messages_path(chat_id), {"content": "once", "nonce": "n"}), range(3 * SENDERS)))
    assert sorted(answer.status_code for answer in answers) == [200] * (3 * SENDERS - 1) + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(alice.history(chat_id)) == 1


def test_a_nonce_is_the_senders_own_in_one_chat(alice, bob):
    first, second = alice.make_chat(bob), alice.make_chat(bob)
    for person, chat_id in [(alice, first), (bob, first), (alice, second)]:
        assert person.post(messages_path(chat_id), {"content": "x", "nonce": "n"}).status_code == 201
    answer = bob.post(messages_path(first), {"content": "y", "nonce": "n"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nonce_conflict")


def test_a_message_is_not_shown_to_connections_of_part_one(alice, bob):
    chat_id = alice.make_chat(bob)
    with bob.connect(chat_id) as socket:
        assert alice.post(messages_path(chat_id), {"content": "over REST"}).status_code == 201
        assert socket.received_by_now() == []


def test_too_many_messages_are_told_when_to_come_again(start_server):
    server = start_server("--message-rate", "1", "--message-burst", "2")
    alice, = people_from_rows(server, ["alice"])
    chat_id = alice.make_chat()
    answers = [alice.post(messages_path(chat_id), {"content": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and len(alice.history(chat_id)) == len(answers) - len(refused)
    assert refused[0].json()["code"] == "rate_limited"
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert answers[0].headers["RateLimit-Policy"] == '"messages";q=2;w=2'
    assert answers[0].headers["RateLimit"].startswith('"messages";r=1;')


def test_polling_brings_everything_once_and_in_order(alice, bob):
    chat_id = alice.make_chat(bob)
    sent, seen, position = [], [], 0
    for i in range(30):
        sent.append((alice, bob)[i % 2].send(chat_id, f"number {i}")["id"])
        if i % 7 == 0:
            page = events_after(bob, chat_id, position, limit=5)
            for event in page["events"]:
                assert event["prev"] == position
                position = event["seq"]
                seen.append(event["message"]["id"])
    while position < sent[-1]:
        page = events_after(bob, chat_id, position, limit=5)
        assert page["seq"] == sent[-1] and 0 < len(page["events"]) <= 5
        for event in page["events"]:
            assert event["prev"] == position
            position = event["seq"]
            seen.append(event["message"]["id"])
    assert seen == sent
    assert events_after(bob, chat_id, position)["events"] == []


class Waiting:
    """A long poll: sent, and by all that can be seen from outside held by the server."""

    def __init__(self, person, chat_id, seq, wait=25):
        self.connection = RawConnection(person.server)
        self.connection.send(f"GET /api/v1/chats/{chat_id}/events/?after={seq}&wait={wait} HTTP/1.1\r\nHost: x\r\n"
                             f"Cookie: sessionid={person.session_key}\r\n\r\n".encode())
        for _ in range(10):  # others are answered meanwhile
            assert person.get("/api/me/").status_code == 200

    def answer(self):
        answer = self.connection.answer()
        return answer.status, answer.json


@pytest.mark.parametrize("send", [
    lambda person, chat_id: person.send(chat_id, "x")["id"],
    lambda person, chat_id: person.post(messages_path(chat_id), {"content": "x"}).json()["id"],
    lambda person, chat_id: say(person, chat_id),
], ids=["part I over REST", "v1 over REST", "over a WebSocket"])
def test_a_long_poll_is_answered_when_something_happens(alice, bob, send):
    chat_id, other = alice.make_chat(bob), alice.make_chat(bob)
    before = alice.send(chat_id, "before")["id"]
    waiting = [Waiting(bob, chat_id, before) for _ in range(5)]
    alice.send(other, "elsewhere")
    made = send(alice, chat_id)
    for poll in waiting:
        status, page = poll.answer()
        assert (status, page["seq"]) == (200, made)
        assert [(event["seq"], event["prev"]) for event in page["events"]] == [(made, before)]


def say(person, chat_id):
    with person.connect(chat_id) as socket:
        socket.say("x")
        return socket.receive()["message"]["id"]


def test_a_chain_of_long_polls_misses_nothing(alice, bob):
    chat_id = alice.make_chat(bob)
    position, seen = alice.send(chat_id, "first")["id"], []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sending = pool.submit(lambda: [alice.send(chat_id, str(i))["id"] for i in range(100)])
        while len(seen) < 100:
            for event in events_after(bob, chat_id, position, wait=25)["events"]:
                assert event["prev"] == position
                position = event["seq"]
                seen.append(position)
        assert seen == sending.result()


def test_a_long_poll_ends_when_its_time_is_over(alice):
    chat_id = alice.make_chat()
    seq = alice.send(chat_id, "x")["id"]
    assert events_after(alice, chat_id, seq, wait=1)["events"] == []


def test_a_message_of_another_program_answers_a_long_poll(server, alice, bob):
    chat_id = alice.make_chat(bob)
    seq = alice.send(chat_id, "x")["id"]
    waiting = Waiting(bob, chat_id, seq)
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_messages(db, chat_id, alice.id, ["from Django"])
    status, page = waiting.answer()
    assert (status, [event["message"]["content"] for event in page["events"]]) == (200, ["from Django"])


def test_who_is_removed_while_waiting_gets_nothing(server, alice, bob):
    chat_id = alice.make_chat(bob)
    seq = alice.send(chat_id, "x")["id"]
    waiting = Waiting(bob, chat_id, seq)
    with contextlib.closing(django_rows.connect(server.database)) as db:
        db.execute("DELETE FROM chat_chat_participants WHERE chat_id = ? AND user_id = ?", (chat_id, bob.id))
    alice.send(chat_id, "secret")
    assert waiting.answer() == (404, {"detail": "Not found.", "code": "not_found"})


def test_whoever_waits_is_answered_before_the_server_stops(start_server):
    server = start_server()
    alice, = people_from_rows(server, ["alice"])
    chat_id = alice.make_chat()
    seq = alice.send(chat_id, "x")["id"]
    waiting = [Waiting(alice, chat_id, seq) for _ in range(3)]
    server.terminate()
    for poll in waiting:
        status, page = poll.answer()
        assert (status, page["seq"], page["events"]) == (200, seq, [])
    assert server.wait() == 0
    server.process = None


def test_who_goes_while_waiting_is_forgotten(server, alice):
    chat_id = alice.make_chat()
    seq = alice.send(chat_id, "x")["id"]
    gone, broken, still_there = (Waiting(alice, chat_id, seq) for _ in range(3))
    with gone.connection:
        pass
    broken.connection.shutdown_write()
    made = alice.send(chat_id, "y")["id"]
    for poll in (broken, still_there):  # one that only half-closed gets its answer all the same
        assert poll.answer()[1]["seq"] == made
    assert server.is_alive()


def test_polling_again_costs_no_content(alice):
    chat_id = alice.make_chat()
    alice.send(chat_id, "x")
    path = f"/api/v1/chats/{chat_id}/events/?after=0"
    first = alice.get(path)
    again = alice.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    alice.send(chat_id, "y")
    assert alice.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("method, path", [
    ("GET", "/api/v1/chats/{}/events/"), ("POST", "/api/v1/chats/{}/messages/"),
])
def test_a_chat_that_is_not_ones_own_is_not_there(alice, bob, stranger, method, path):
    chat_id = alice.make_chat()
    answer = bob.request(method, path.format(chat_id), json={"content": "x"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found.", "code": "not_found"})
    assert answer.text == bob.request(method, path.format(999999), json={"content": "x"}).text
    answer = stranger.request(method, path.format(chat_id), json={"content": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_authenticated")
