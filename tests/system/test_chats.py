"""Chats over REST: making, seeing, renaming, deleting (part I.2)."""
import contextlib

import pytest

import django_rows
from contract import (BLANK, FORBIDDEN, NOT_FOUND, NOT_INTEGER, NOT_TEXT, NULL, REQUIRED, TIMESTAMP,
                      allowed_methods, check_answer_fields, compact, too_long)


def participants_of(answer):
    assert answer.status_code in (200, 201), answer.text
    return sorted(person["username"] for person in answer.json()["participants"])


def names_of(*people):
    return sorted(person.username for person in people)


def test_a_new_chat_is_shown_whole(alice, bob):
    answer = alice.post("/api/chats/", {"name": " Plans ☺ ", "participant_ids": [bob.id]})
    assert answer.status_code == 201
    made = answer.json()
    people = sorted([alice.as_user, bob.as_user], key=lambda user: user["id"])
    assert sorted(made["participants"], key=lambda user: user["id"]) == people
    assert TIMESTAMP.fullmatch(made["created_at"])
    assert answer.text == compact({"id": made["id"], "name": "Plans ☺", "participants": made["participants"],
                                   "messages": [], "created_at": made["created_at"]})
    check_answer_fields(answer)
    for person in (alice, bob):
        assert person.get(f"/api/chats/{made['id']}/").text == answer.text


def test_ids_and_names_are_merged_and_the_creator_is_always_in(alice, bob, carol):
    answer = alice.post("/api/chats/", {
        "name": "x", "participant_ids": [bob.id, str(bob.id), float(carol.id), alice.id],
        "participant_usernames": [f" {bob.username}\t", carol.username, "nobody-has-this-name"]})
    assert participants_of(answer) == names_of(alice, bob, carol)
    assert participants_of(alice.post("/api/chats/", {"name": "alone"})) == names_of(alice)
    wrong_case = {"name": "x", "participant_usernames": [bob.username.upper()]}
    assert participants_of(alice.post("/api/chats/", wrong_case)) == names_of(alice)


def test_forms_give_lists_by_repeating_a_key(alice, bob, carol):
    fields = [("name", "x"), ("participant_ids", bob.id), ("participant_ids", carol.id)]
    answer = alice.request("POST", "/api/chats/", data=fields)
    assert participants_of(answer) == names_of(alice, bob, carol)
    names = [("name", (None, "x")), ("participant_usernames", (None, bob.username)),
             ("participant_usernames", (None, carol.username))]
    answer = alice.request("POST", "/api/chats/", files=names)
    assert participants_of(answer) == names_of(alice, bob, carol)


@pytest.mark.parametrize("body, errors", [
    ({}, {"name": [REQUIRED]}),
    ({"name": None}, {"name": [NULL]}),
    ({"name": " \n\u3000"}, {"name": [BLANK]}),
    ({"name": [1]}, {"name": [NOT_TEXT]}),
    ({"name": "é" * 256}, {"name": [too_long(255)]}),
    ({"name": "x", "participant_ids": ["x"]}, {"participant_ids": {"0": [NOT_INTEGER]}}),
    ({"name": "x", "participant_ids": [True]}, {"participant_ids": {"0": [NOT_INTEGER]}}),
    ({"name": "x", "participant_ids": [1.5, {}]},
     {"participant_ids": {"0": [NOT_INTEGER], "1": [NOT_INTEGER]}}),
    ({"name": "x", "participant_ids": "1"},
     {"participant_ids": ['Expected a list of items but got type "str".']}),
    ({"name": "", "participant_ids": ["x"]},
     {"name": [BLANK], "participant_ids": {"0": [NOT_INTEGER]}}),
    ({"name": "x", "participant_ids": [999999]},
     {"participant_ids": ['Invalid pk "999999" - object does not exist.']}),
])
def test_faulty_fields_are_named_and_no_chat_is_made(alice, body, errors):
    answer = alice.post("/api/chats/", body)
    assert (answer.status_code, answer.text) == (400, compact(errors))
    assert alice.get("/api/chats/").json() == []


def test_a_good_item_before_a_bad_one_is_counted(alice, bob):
    answer = alice.post("/api/chats/", {"name": "x", "participant_ids": [bob.id, "x"]})
    assert answer.text == compact({"participant_ids": {"1": [NOT_INTEGER]}})


# Code points are counted, not bytes and not UTF-16 units.
def test_a_name_of_255_code_points_is_kept(alice):
    name = "\U0001f600" * 255
    assert alice.post("/api/chats/", {"name": name}).json()["name"] == name


def test_the_list_holds_the_own_chats_in_id_order_with_their_messages(alice, bob, carol):
    first = alice.make_chat(bob)
    second = alice.make_chat(carol)
    bob.make_chat(carol)
    alice.send(first, "one")
    bob.send(first, "two")
    answer = alice.get("/api/chats/?unknown=1&page=7")
    check_answer_fields(answer)
    assert [chat["id"] for chat in answer.json()] == [first, second]
    assert [m["content"] for m in answer.json()[0]["messages"]] == ["one", "two"]
    assert answer.json() == [alice.get(f"/api/chats/{id_}/").json() for id_ in (first, second)]
    assert answer.text == compact(answer.json())


@pytest.mark.parametrize("method, tail", [
    ("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "messages/"), ("POST", "send_message/"),
])
def test_a_chat_of_others_is_like_one_that_is_not_there(alice, bob, carol, method, tail):
    foreign = bob.make_chat(carol)
    for id_ in (foreign, 999999, "abc", "-1", "1.5", 2**63, 2**64 + 1, "9" * 100, "1e3", "%00"):
        answer = alice.request(method, f"/api/chats/{id_}/{tail}", json={"name": "x", "content": "x"})
        assert (id_, answer.status_code, answer.text) == (id_, 404, NOT_FOUND)


def test_leading_zeros_name_the_same_chat(alice):
    chat_id = alice.make_chat()
    assert alice.get(f"/api/chats/000{chat_id}/").json()["id"] == chat_id


def test_any_participant_may_rename_and_nothing_else_changes(alice, bob, carol):
    chat_id = alice.make_chat(bob, name="old")
    before = alice.get(f"/api/chats/{chat_id}/").json()
    body = {"name": "new", "participant_ids": [carol.id], "id": 7, "created_at": "x", "messages": []}
    answer = bob.put(f"/api/chats/{chat_id}/", body)
    assert (answer.status_code, answer.json()) == (200, {**before, "name": "new"})
    answer = bob.patch(f"/api/chats/{chat_id}/", {"name": "newer"})
    assert (answer.status_code, answer.json()) == (200, {**before, "name": "newer"})
    answer = bob.patch(f"/api/chats/{chat_id}/", {})
    assert (answer.status_code, answer.json()) == (200, {**before, "name": "newer"})
    assert alice.get(f"/api/chats/{chat_id}/").json() == {**before, "name": "newer"}


def test_a_put_needs_a_name_and_a_bad_name_changes_nothing(alice):
    chat_id = alice.make_chat(name="old")
    answer = alice.put(f"/api/chats/{chat_id}/", {})
    assert (answer.status_code, answer.text) == (400, compact({"name": [REQUIRED]}))
    answer = alice.patch(f"/api/chats/{chat_id}/", {"name": " "})
    assert (answer.status_code, answer.text) == (400, compact({"name": [BLANK]}))
    assert alice.get(f"/api/chats/{chat_id}/").json()["name"] == "old"


def test_the_creator_deletes_a_chat_with_its_messages(server, alice, bob):
    chat_id = alice.make_chat(bob)
    message = alice.send(chat_id, "x")
    refused = bob.delete(f"/api/chats/{chat_id}/")
    assert (refused.status_code, refused.text) == (403, FORBIDDEN)
    answer = alice.delete(f"/api/chats/{chat_id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    for path in (f"/api/chats/{chat_id}/", f"/api/messages/{message['id']}/"):
        assert alice.get(path).status_code == 404
    with contextlib.closing(django_rows.connect(server.database)) as db:
        for table in ("chat_message", "chat_chat_participants"):
            assert db.execute(f"SELECT count(*) FROM {table} WHERE chat_id = ?",
                              (chat_id,)).fetchone() == (0,)


def test_staff_in_the_chat_may_delete_it(alice, make_people):
    (admin,) = make_people(1, is_staff=True)
    chat_id = alice.make_chat(admin)
    assert admin.delete(f"/api/chats/{chat_id}/").status_code == 204


def test_a_chat_whose_creator_is_not_known_may_be_deleted_by_any_participant(server, alice, bob):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        chat_id = django_rows.add_chat(db, "from Django", [alice.id, bob.id])
    assert bob.delete(f"/api/chats/{chat_id}/").status_code == 204
    assert alice.get(f"/api/chats/{chat_id}/").status_code == 404


@pytest.mark.parametrize("path, methods", [
    ("/api/chats/", {"GET", "POST"}),
    ("/api/chats/{id}/", {"GET", "PUT", "PATCH", "DELETE"}),
    ("/api/chats/{id}/messages/", {"GET"}),
    ("/api/chats/{id}/send_message/", {"POST"}),
    ("/api/me/", {"GET"}), ("/api/users/", {"GET"}), ("/api/logout/", {"POST"}),
    ("/api/messages/", {"GET"}),
])
def test_other_methods_are_refused_with_those_that_are_allowed(alice, path, methods):
    path = path.format(id=alice.make_chat())
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
        answer = alice.request(method, path)
        assert answer.status_code == 405, (method, answer.text)
        assert answer.text == compact({"detail": f'Method "{method}" not allowed.'})
        assert allowed_methods(answer) == methods


def test_users_are_listed_in_id_order_with_three_names_each(alice, bob):
    answer = alice.get("/api/users/")
    assert answer.status_code == 200 and answer.text == compact(answer.json())
    listed = [user["username"] for user in answer.json()]
    assert listed.index(alice.username) < listed.index(bob.username)
    assert {"username": bob.username, "first_name": "", "last_name": ""} in answer.json()
    assert all(list(user) == ["username", "first_name", "last_name"] for user in answer.json())
