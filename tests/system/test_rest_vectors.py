"""What a real REST framework answered, recorded in tests/vectors/rest.json: confab answers alike where part I has the same."""
import json

import pytest

from confab_server import ROOT

CASES = {case["case"]: case for case in json.loads((ROOT / "tests/vectors/rest.json").read_text())["cases"]}
# Part I was recorded from this pair of versions where they differ.
VERSION = "Django 3.2.25, DRF 3.14.0"

# Cases that part I has nothing like, or answers in its own way on purpose.
LEFT_OUT = {
    **{name: "part I has no pages" for name in CASES if name.startswith(("/api/p", "cursor"))},
    **{name: "tests/system/test_cross_site.py: part I has a rule of its own, which needs no token"
       for name in CASES if name.startswith("csrf")},
    "GET list": "a chat object of part I has more fields: tests/system/test_chats.py",
    "429": "the time to wait is another: tests/unit/api/test_throttle.py",
    "405": "part I's lists have another set of methods: below",
    "406": "part I answers JSON whatever is asked for",
}
# What the recorded API calls its fields.
FIELDS = {"ids": "participant_ids", "names": "participant_usernames"}
NAMES_BACK = {theirs: ours for ours, theirs in FIELDS.items()}


def expected(case):
    return case["by_version"][VERSION] if "by_version" in case else case


def written(name):
    """The body of a case that is called after it."""
    text = name.split(" ", 1)[1]
    if text.startswith('{"name":"xxxx'):
        return '{"name":"%s"}' % ("x" * 256)
    for theirs, ours in FIELDS.items():
        text = text.replace(f'"{theirs}"', f'"{ours}"')
    return text


def send(person, path, text):
    content = text.encode() if isinstance(text, str) else text
    return person.post(path, None, data=content, headers={"Content-Type": "application/json"})


def same_as(answer, case):
    """Status and body are the recorded ones, up to what the parser says of broken JSON and up to other fields of a chat."""
    wanted = expected(case)
    assert answer.status_code == wanted["status"], answer.text
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body = {NAMES_BACK.get(name, name): value for name, value in body.items()}
    detail = (wanted["body"] or {}).get("detail", "")
    if detail.startswith("JSON parse error - "):
        assert list(body) == ["detail"] and body["detail"].startswith("JSON parse error - ")
    elif wanted["status"] == 201:
        assert {name: body[name] for name in ("name",) if name in wanted["body"]} == {
            name: wanted["body"][name] for name in ("name",) if name in wanted["body"]}
    else:
        assert body == wanted["body"]


POSTS = [name for name in CASES if name.startswith("POST ")]


@pytest.mark.parametrize("name", POSTS)
def test_making_a_chat_is_answered_alike(alice, name):
    text = written(name)
    if name == 'POST {"name":"x","ids":["1"]}':
        text = text.replace('"1"', f'"{alice.id}"')
    same_as(send(alice, "/api/chats/", text), CASES[name])


REGISTRATIONS = [name for name in CASES if name.startswith("REG ")]


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_registration_is_answered_alike(stranger, name):
    # Somebody called alice is there already, in the recorded API and here.
    stranger.post("/api/register/", {"username": "alice", "password": "x", "password_confirm": "x"})
    fields = json.loads(name.split(" ", 1)[1])
    if "password" in fields:
        fields["password_confirm"] = fields["password"]
    answer = stranger.post("/api/register/", fields)
    wanted = expected(CASES[name])
    assert answer.status_code == wanted["status"], answer.text
    if wanted["status"] == 400:
        # Part I wants the password twice, and says so.
        body = {field: words for field, words in answer.json().items() if field != "password_confirm"}
        assert body == wanted["body"]


def test_other_answers_are_alike(alice, stranger):
    chat = alice.make_chat()
    same_as(stranger.get("/api/chats/"), CASES["anon GET"])
    same_as(send(stranger, "/api/chats/", '{"name":"x"}'), CASES["anon POST"])
    same_as(alice.get("/api/chats/999999/"), CASES["404"])
    same_as(alice.get("/api/chats/abc/"), CASES["404 text id"])
    same_as(send(alice, "/api/chats/", b'{"name":"\xff"}'), CASES["bad utf8"])
    same_as(alice.post("/api/chats/", None, data=b"x", headers={"Content-Type": "text/plain"}), CASES["415"])
    same_as(alice.post("/api/chats/", None, data={"name": "form"}), CASES["form"])
    same_as(alice.delete(f"/api/chats/{chat}/"), CASES["DELETE"])
    refused = alice.delete("/api/chats/")
    assert (refused.status_code, refused.json()) == (405, CASES["405"]["body"])


def test_every_recorded_case_is_tried_or_left_out_for_a_reason():
    tried = {*POSTS, *REGISTRATIONS, "anon GET", "anon POST", "404", "404 text id", "bad utf8", "415", "form", "DELETE"}
    assert tried | set(LEFT_OUT) == set(CASES)
    assert not tried & set(LEFT_OUT)
