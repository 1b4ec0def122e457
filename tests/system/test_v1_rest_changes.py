"""What changes over /api/v1/ is stored, in the chain, and seen at once by those whom it concerns, and by nobody else."""
import contextlib
import urllib.parse

import pytest

import django_rows
from chat_socket import ChatSocket

# As src/store/search.h has them.
SEARCH_PAGE_MAX = 50
SEARCH_TEXT_BYTES_MAX = 512
SEARCH_WORDS_MAX = 16

THUMB = "\N{THUMBS UP SIGN}"


def v1(path, *values):
    return "/api/v1/" + path.format(*(urllib.parse.quote(str(value), safe="") for value in values))


def events_of(person, chat_id, after):
    answer = person.get(v1("chats/{}/events/", chat_id) + f"?after={after}")
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


def answered(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


# Each as (who, method, path, body, status, the type of the event).
CHANGES = [
    ("alice", "PATCH", "messages/{message}/", {"content": "edited"}, 200, "message_updated"),
    ("bob", "PUT", "messages/{message}/reactions/{thumb}/", None, 200, "reaction_added"),
    ("bob", "DELETE", "messages/{message}/reactions/{thumb}/", None, 204, "reaction_removed"),
    ("alice", "PUT", "messages/{message}/pin/", None, 200, "pin_added"),
    ("alice", "DELETE", "messages/{message}/pin/", None, 204, "pin_removed"),
    ("alice", "POST", "chats/{chat}/members/", {"user": "{carol}"}, 201, "member_joined"),
    ("alice", "PATCH", "chats/{chat}/members/{carol}/", {"role": "moderator"}, 200, "member_updated"),
    ("alice", "DELETE", "chats/{chat}/members/{carol}/", None, 204, "member_left"),
    ("bob", "PATCH", "chats/{chat}/", {"name": "another"}, 200, "chat_updated"),
    ("alice", "DELETE", "messages/{message}/", None, 204, "message_deleted"),
]


def test_every_change_is_one_event_in_the_chain_and_invisible_to_part_one(alice, bob, carol):
    people = {"alice": alice, "bob": bob}
    chat_id = alice.make_chat(bob)
    message = alice.send(chat_id, "Hi")
    names = {"message": message["id"], "chat": chat_id, "carol": carol.id, "thumb": urllib.parse.quote(THUMB)}
    position, polled = message["id"], []
    with bob.connect(chat_id) as of_part_one, bob.connect(chat_id, subprotocols=["confab.v1"]) as of_v1:
        for who, method, path, body, status, kind in CHANGES:
            body = body and {key: int(value.format(**names)) if value == "{carol}" else value for key, value in body.items()}
            answered(people[who].request(method, "/api/v1/" + path.format(**names), json=body), status)
            event, = events_of(bob, chat_id, position)
            assert (event["type"], event["prev"]) == (kind, position)
            position = event["seq"]
            polled.append(event)
        assert [frame for frame in of_v1.received_by_now() if "prev" in frame] == polled
        assert of_part_one.received_by_now() == []


def test_part_one_sees_what_it_allows_of_a_change(alice, bob):
    chat_id = alice.make_chat(bob)
    edited, deleted = alice.send(chat_id, "a"), alice.send(chat_id, "b")
    answered(alice.patch(v1("messages/{}/", edited["id"]), {"content": "A"}), 200)
    answered(alice.delete(v1("messages/{}/", deleted["id"])), 204)
    assert bob.history(chat_id) == [edited | {"content": "A"}, deleted | {"content": ""}]


def test_who_is_removed_is_cut_off_at_once(alice, bob):
    chat_id = alice.make_chat(bob)
    with bob.connect(chat_id) as socket:
        answered(alice.delete(v1("chats/{}/members/{}/", chat_id, bob.id)), 204)
        assert socket.wait_closed() == 4403
    assert bob.get(v1("chats/{}/messages/", chat_id)).status_code == 404
    assert bob.get(f"/api/chats/{chat_id}/").status_code == 404


def test_a_chat_is_paged_through_by_the_addresses_of_its_pages(alice, bob):
    chat_id = alice.make_chat(bob)
    sent = [alice.send(chat_id, f"number {i}") for i in range(25)]
    seen, address = [], v1("chats/{}/messages/", chat_id) + "?limit=4"
    while address is not None:
        page = answered(bob.get(address.removeprefix(bob.server.url)), 200)
        seen = page["results"] + seen
        address = page["previous"]
    assert seen == sent
    address = v1("chats/{}/messages/", chat_id) + f"?limit=4&around={sent[0]['id']}"
    seen = []
    while address is not None:
        page = answered(bob.get(address.removeprefix(bob.server.url)), 200)
        seen += page["results"]
        address = page["next"]
    assert seen == sent


def test_a_public_chat_may_be_joined_and_left(alice, bob):
    chat = answered(alice.post(v1("chats/"), {"name": "open", "kind": "public"}), 201)
    assert chat == {"id": chat["id"], "name": "open", "kind": "public", "receipts": False, "seq": 0}
    member = answered(bob.post(v1("chats/{}/members/", chat["id"])), 201)
    assert (member["id"], member["role"]) == (bob.id, "member")
    bob.send(chat["id"], "Hi")
    answered(bob.delete(v1("chats/{}/members/{}/", chat["id"], bob.id)), 204)
    assert bob.post(f"/api/chats/{chat['id']}/send_message/", {"content": "x"}).status_code == 404


def test_typing_and_read_marks_are_told_to_those_who_are_there(alice, bob):
    chat_id = alice.make_chat(bob)
    message = alice.send(chat_id, "Hi")
    with alice.connect(chat_id, subprotocols=["confab.v1"]) as of_alice, \
            bob.connect(chat_id, subprotocols=["confab.v1"]) as of_bob, alice.connect(chat_id) as of_part_one:
        for socket in of_alice, of_bob:
            while socket.receive()["type"] != "subscribed":  # until then they are not there
                pass
        answered(bob.post(v1("chats/{}/typing/", chat_id)), 204)
        answered(bob.put(v1("chats/{}/read/", chat_id), {"seq": message["id"]}), 200)
        user = {"id": bob.id, "username": bob.username}
        assert {"type": "typing", "chat": chat_id, "user": user, "expires_in": 5} in of_alice.received_by_now()
        assert {"type": "read", "chat": chat_id, "user": bob.id, "seq": message["id"]} in of_bob.received_by_now()
        assert of_part_one.received_by_now() == []


def test_who_is_added_sees_the_chat_on_its_connection_to_all(alice, bob):
    chat_id = alice.make_chat(name="Choir")
    with ChatSocket(bob.server, "/ws/", bob.session_key, subprotocols=["confab.v1"]) as socket:
        assert socket.receive()["type"] == "hello"
        answered(alice.post(v1("chats/{}/members/", chat_id), {"user": bob.id}), 201)
        joined = socket.receive()
        assert (joined["type"], joined["chat"]["id"], joined["chat"]["name"]) == ("chat_joined", chat_id, "Choir")
        second = alice.make_chat(bob)
        assert socket.receive()["chat"]["id"] == second


def test_the_window_counts_what_is_new(alice, bob):
    quiet, lively = alice.make_chat(bob, name="quiet"), alice.make_chat(bob, name="lively")
    sent = [alice.send(lively, f"number {i}") for i in range(3)]
    answered(bob.put(v1("chats/{}/read/", lively), {"seq": sent[0]["id"]}), 200)
    page = answered(bob.get(v1("chats/")), 200)
    assert [chat["id"] for chat in page["results"]] == [lively, quiet]
    first = page["results"][0]
    assert (first["seq"], first["read"], first["unread"]) == (sent[2]["id"], sent[0]["id"], 2)
    assert first["last_message"]["content"] == "number 2"


def test_words_are_found_in_ones_own_chats_alone(alice, bob, carol):
    ours, theirs = alice.make_chat(bob), alice.make_chat(carol)
    found = [alice.send(ours, f"Der Übungszettel {i}") for i in range(3)]
    alice.send(theirs, "noch ein Übungszettel")
    seen, address = [], v1("search/") + "?q=ubungszettel&limit=2"
    while address is not None:
        page = answered(bob.get(address.removeprefix(bob.server.url)), 200)
        seen += page["results"]
        address = page["next"]
    assert [hit["message"] for hit in seen] == found[::-1]
    assert seen[0]["snippet"] == [{"text": "Der "}, {"text": "Übungszettel", "hit": True}, {"text": " 2"}]


def found(person, **query):
    return answered(person.get(v1("search/"), params=query), 200)


def refused(person, **query):
    """What is said to each field of a search that is refused."""
    answer = answered(person.get(v1("search/"), params=query), 400)
    assert answer.pop("code") == "invalid_frame"
    return answer


def test_a_page_of_a_search_has_fifty_messages_at_most(server, alice):
    chat_id = alice.make_chat()
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_messages(db, chat_id, alice.id, [f"sheet {i}" for i in range(SEARCH_PAGE_MAX + 1)])
    contents = [f"sheet {i}" for i in range(SEARCH_PAGE_MAX, -1, -1)]
    for limit in ({}, {"limit": SEARCH_PAGE_MAX}, {"limit": SEARCH_PAGE_MAX + 1}, {"limit": 2**63 - 1}):
        page = found(alice, q="sheet", **limit)
        assert [hit["message"]["content"] for hit in page["results"]] == contents[:SEARCH_PAGE_MAX], limit
        rest = answered(alice.get(page["next"].removeprefix(server.url)), 200)
        assert [hit["message"]["content"] for hit in rest["results"]] == contents[SEARCH_PAGE_MAX:], limit
        assert rest["next"] is None


def test_what_a_search_refuses_is_named(alice):
    chat_id = alice.make_chat()
    alice.send(chat_id, "a sheet")
    for field, value in (("limit", 0), ("limit", -1), ("limit", "x"), ("limit", ""), ("limit", 2**63), ("chat", 0),
                         ("sender", "bob"), ("before", 0), ("since", "yesterday"), ("until", "2026-13-01T00:00:00Z")):
        assert list(refused(alice, q="sheet", **{field: value})) == [field], (field, value)
    for text in ("", "!?", "x" * (SEARCH_TEXT_BYTES_MAX + 1), "a\0b"):
        assert list(refused(alice, q=text)) == ["q"], text
    assert list(refused(alice, limit=0, since="x")) == ["q", "limit", "since"]


def test_the_longest_text_is_looked_for_and_words_past_the_sixteenth_do_not_count(alice):
    chat_id = alice.make_chat()
    words = [f"word{i}" for i in range(SEARCH_WORDS_MAX)]
    message = alice.send(chat_id, " ".join(words))
    text = " ".join([*words, "absent"])
    text += " " * (SEARCH_TEXT_BYTES_MAX - len(text))
    assert [hit["message"] for hit in found(alice, q=text)["results"]] == [message]
    assert found(alice, q=" ".join([*words[1:], "absent"]))["results"] == []


# Hostile values for every field of every path that takes a body: an answer of 4xx, as described, and nothing stored.
@pytest.mark.parametrize("method, path, fields", [
    ("POST", "chats/", ["name", "kind", "participant_ids", "participant_usernames"]),
    ("PATCH", "chats/{chat}/", ["name", "kind"]),
    ("POST", "chats/{chat}/messages/", ["content", "nonce", "reply_to", "thread"]),
    ("POST", "chats/{chat}/members/", ["user"]),
    ("PATCH", "chats/{chat}/members/{bob}/", ["role", "muted_until"]),
    ("PUT", "chats/{chat}/read/", ["seq"]),
    ("PATCH", "messages/{message}/", ["content", "revision"]),
])
def test_hostile_values_are_refused_with_a_code(alice, bob, method, path, fields):
    chat_id = alice.make_chat(bob)
    message = alice.send(chat_id, "Hi")
    path = "/api/v1/" + path.format(chat=chat_id, bob=bob.id, message=message["id"])
    good = {"name": "x", "content": "x"}
    for field in fields:
        for value in (True, {}, {"a": [1]}, "\ud83d", "a\0b", "x" * 300_000, 2**70, -1.5, 1e308):
            content = {key: value_ for key, value_ in good.items() if key in fields} | {field: value}
            answer = alice.request(method, path, json=content)
            if answer.status_code < 400:
                # Numbers are text where text is wanted, as in part I.
                assert isinstance(value, (int, float)) and field in ("name", "content", "nonce"), (field, value, answer.text)
            else:
                assert answer.status_code < 500 and answer.json()["code"], (field, value, answer.text)
    for content in ("[]", "null", "{", '{"a":1} x', "\ufeff{}", '"x"', "[" * 100):
        answer = alice.request(method, path, data=content.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 400 and answer.json()["code"] in ("invalid_json", "invalid_frame"), (content, answer.text)
    answer = alice.request(method, path, data=b"x=1", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
