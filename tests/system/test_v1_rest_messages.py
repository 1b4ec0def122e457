"""Sending and reading messages under /api/v1/."""
import concurrent.futures

import pytest

from people import people_from_rows

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
