"""Messages over REST (part I.2)."""
import pytest

from contract import (BLANK, CONTENT_BYTES_MAX, NOT_FOUND, NULL, REQUIRED, TIMESTAMP,
                      check_answer_fields, compact)
from people import people_from_rows


def test_a_message_is_stored_and_answered_whole(alice, bob):
    chat_id = alice.make_chat(bob)
    answer = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": " Grüße 😀\n"})
    assert answer.status_code == 201
    made = answer.json()
    assert TIMESTAMP.fullmatch(made["timestamp"])
    assert answer.text == compact({"id": made["id"], "chat": chat_id, "sender": alice.as_user,
                                   "content": "Grüße 😀", "timestamp": made["timestamp"]})
    check_answer_fields(answer)
    assert bob.get(f"/api/messages/{made['id']}/").text == answer.text
    assert bob.history(chat_id) == [made]


def test_the_history_is_complete_and_oldest_first(alice, bob):
    chat_id = alice.make_chat(bob)
    sent = [(alice, bob)[i % 2].send(chat_id, f"number {i}") for i in range(60)]
    answer = alice.get(f"/api/chats/{chat_id}/messages/?limit=1&offset=2")
    check_answer_fields(answer)
    assert answer.json() == sent and answer.text == compact(sent)
    assert [m["id"] for m in sent] == sorted(m["id"] for m in sent)


@pytest.mark.parametrize("body, errors", [
    ({}, {"content": [REQUIRED]}),
    ({"content": None}, {"content": [NULL]}),
    ({"content": ""}, {"content": [BLANK]}),
    ({"content": " \t\u00a0\u2029 "}, {"content": [BLANK]}),
])
def test_a_message_without_content_is_refused(alice, body, errors):
    chat_id = alice.make_chat()
    answer = alice.post(f"/api/chats/{chat_id}/send_message/", body)
    assert (answer.status_code, answer.text) == (400, compact(errors))
    assert alice.history(chat_id) == []


def test_content_of_256_kib_is_kept_and_one_byte_more_is_a_field_error(alice):
    chat_id = alice.make_chat()
    longest = "é" * (CONTENT_BYTES_MAX // 2)
    assert alice.send(chat_id, longest)["content"] == longest
    answer = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": longest + "x"})
    assert answer.status_code == 400 and list(answer.json()) == ["content"], answer.text[:200]
    assert len(alice.history(chat_id)) == 1


# The existing system stores such a message and tells nobody; clients poll or post and then speak over the socket.
def test_a_message_sent_over_rest_is_not_broadcast(alice, bob):
    chat_id = alice.make_chat(bob)
    with bob.connect(chat_id) as socket:
        alice.send(chat_id, "over REST")
        with alice.connect(chat_id) as speaker:
            speaker.say("over the socket")
            assert socket.receive_content() == "over the socket"
        assert socket.received_by_now() == []
    assert [m["content"] for m in alice.history(chat_id)] == ["over REST", "over the socket"]


def test_a_message_sent_over_rest_is_broadcast_where_the_site_says_so(start_server):
    server = start_server("--rest-broadcast", "all")
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with bob.connect(chat_id) as socket:
        sent = alice.send(chat_id, "Grüße over REST")
        assert socket.receive() == {"type": "message", "message": sent}
        refused = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": ""})
        assert refused.status_code == 400
        assert socket.received_by_now() == []


def test_messages_of_own_chats_are_listed_and_others_are_not_there(alice, bob, carol):
    ours, theirs = alice.make_chat(bob), bob.make_chat(carol)
    seen, hidden = bob.send(ours, "seen"), bob.send(theirs, "hidden")
    answer = alice.get("/api/messages/")
    assert answer.text == compact([seen])
    assert alice.get(f"/api/messages/{seen['id']}/").json() == seen
    for id_ in (hidden["id"], 999999, "abc", "-1", 2**64):
        answer = alice.get(f"/api/messages/{id_}/")
        assert (answer.status_code, answer.text) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_stored_messages_cannot_be_changed(alice, method):
    message = alice.send(alice.make_chat(), "x")
    for path in ("/api/messages/", f"/api/messages/{message['id']}/"):
        answer = alice.request(method, path, json={"content": "y"})
        assert answer.status_code == 405
        assert answer.text == compact({"detail": f'Method "{method}" not allowed.'})
    assert alice.get(f"/api/messages/{message['id']}/").json() == message


@pytest.mark.parametrize("content", [
    '"quoted" \\ back / slash', "tab\tand\nline", "\u0001\u001f\u007f\u0080", "a\u2028\u2029b", "</script>",
    "\U0010ffff\ufffd\ufeff.", "e\u0301 is not é", "'; DROP TABLE chat_message; --", "%s %n {0}",
])
def test_every_character_comes_back_as_it_was(alice, content):
    chat_id = alice.make_chat()
    assert alice.send(chat_id, content)["content"] == content
    assert alice.history(chat_id)[0]["content"] == content
