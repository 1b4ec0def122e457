"""Programs: tokens instead of sessions, and webhooks."""
import contextlib

import pytest
import requests
import websockets

import django_rows
from chat_socket import ChatSocket
from people import people_from_rows


def make_token(person, **fields):
    answer = person.post("/api/v1/tokens/", {"name": "a bot", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


class Program(requests.Session):
    """Somebody who has a token, and no cookie."""

    def __init__(self, server, token):
        super().__init__()
        self.trust_env = False
        self.server = server
        self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, **arguments):
        return super().request(method, self.server.url + path, timeout=60, **arguments)


def test_a_program_reads_and_writes_as_its_user(server, alice, bob):
    chat_id = alice.make_chat(bob)
    program = Program(server, make_token(alice)["token"])
    sent = program.post(f"/api/v1/chats/{chat_id}/messages/", json={"content": "beep"},
                        headers={"Origin": "http://elsewhere.example"})
    assert sent.status_code == 201 and sent.json()["sender"] == alice.as_user
    page = program.get(f"/api/v1/chats/{chat_id}/messages/").json()
    assert page["results"] == [sent.json()]
    assert bob.history(chat_id) == [sent.json()]


def test_a_token_is_good_until_it_is_revoked(server, alice):
    made = make_token(alice)
    program = Program(server, made["token"])
    assert program.get("/api/v1/chats/").status_code == 200
    listed, = [token for token in alice.get("/api/v1/tokens/").json()["results"] if token["id"] == made["id"]]
    assert "token" not in listed and listed["prefix"] == made["token"][:len(listed["prefix"])]
    assert alice.delete(f"/api/v1/tokens/{made['id']}/").status_code == 204
    answer = program.get("/api/v1/chats/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_counts_under_v1_alone_and_makes_no_others(server, alice):
    program = Program(server, make_token(alice)["token"])
    assert program.get("/api/me/").status_code == 403
    assert program.get("/api/chats/").status_code == 403
    assert program.post("/api/v1/tokens/", json={"name": "x"}).status_code == 403


def test_a_webhook_sends_and_everybody_sees_it(alice, bob):
    chat_id = alice.make_chat(bob)
    hook = make_token(alice, hook=chat_id)["token"]
    with bob.connect(chat_id, subprotocols=["confab.v1"]) as socket:
        sent = requests.post(f"{alice.server.url}/api/v1/hooks/{hook}/", json={"content": "built"}, timeout=60)
        assert sent.status_code == 201
        frames = socket.received_by_now()
        assert [frame["message"] for frame in frames if frame["type"] == "message"] == [sent.json()]
    assert requests.get(alice.server.url + "/api/v1/chats/", headers={"Authorization": f"Bearer {hook}"},
                        timeout=60).status_code == 401


def test_every_use_of_a_token_is_noted(server, alice, bob):
    chat_id = alice.make_chat(bob)
    tokens = [make_token(alice, name=name, **more) for name, more in
              (("rest", {}), ("one chat", {}), ("all chats", {}), ("hook", {"hook": chat_id}), ("unused", {}))]
    Program(server, tokens[0]["token"]).get("/api/v1/chats/")
    connect(server, f"/ws/chat/{chat_id}/", tokens[1]["token"]).close()
    connect(server, "/ws/", tokens[2]["token"]).close()
    assert requests.post(f"{server.url}/api/v1/hooks/{tokens[3]['token']}/", json={"content": "x"}, timeout=60).status_code == 201
    used = {token["name"]: token["last_used_at"] is not None for token in alice.get("/api/v1/tokens/").json()["results"]}
    assert used == {"rest": True, "one chat": True, "all chats": True, "hook": True, "unused": False}


def test_owners_see_and_end_the_webhooks_of_a_chat(server, alice, bob):
    """Also those that others have made; who may not is told so, whose business the chat is not learns nothing."""
    chat_id = alice.make_chat(bob)
    other = bob.make_chat()
    own = make_token(alice, name="own", hook=chat_id)
    made = [make_token(bob, name=name, hook=chat_id) for name in ("first", "second")]
    make_token(bob, name="elsewhere", hook=other)
    make_token(bob, name="no hook")
    path = f"/api/v1/chats/{chat_id}/hooks/"
    page = alice.get(path).json()
    assert [(hook["name"], hook["by"], hook["hook"]) for hook in page["results"]] == [
        ("own", alice.id, chat_id), ("first", bob.id, chat_id), ("second", bob.id, chat_id)]
    assert "token" not in page["results"][0] and page["next"] is None
    first = alice.get(path, params={"limit": 2}).json()
    assert [hook["name"] for hook in first["results"]] == ["own", "first"]
    assert [hook["name"] for hook in alice.get(first["next"].removeprefix(server.url)).json()["results"]] == ["second"]
    refused = bob.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert bob.delete(f"/api/v1/tokens/{own['id']}/").status_code == 404
    assert alice.get(f"/api/v1/chats/{other}/hooks/").status_code == 404
    assert alice.delete(f"/api/v1/tokens/{made[0]['id']}/").status_code == 204
    assert requests.post(f"{server.url}/api/v1/hooks/{made[0]['token']}/", json={"content": "x"}, timeout=60).status_code == 404
    assert requests.post(f"{server.url}/api/v1/hooks/{made[1]['token']}/", json={"content": "x"}, timeout=60).status_code == 201
    assert [hook["name"] for hook in alice.get(path).json()["results"]] == ["own", "second"]


def connect(server, path, token, **arguments):
    """A connection of confab.v1 with a token, behind its hello."""
    socket = ChatSocket(server, path, headers=[("Authorization", f"Bearer {token}")],
                        **{"subprotocols": ["confab.v1"], **arguments})
    assert socket.receive()["type"] == "hello"
    return socket


def ask(socket, **command):
    """The direct answer to a command; events that come meanwhile are dropped."""
    socket.send_json({"ref": 77, **command})
    while (frame := socket.receive()).get("ref") != 77:
        pass
    return frame


def test_a_program_connects_with_its_token(server, alice, bob):
    chat_id = alice.make_chat(bob)
    with connect(server, f"/ws/chat/{chat_id}/", make_token(alice)["token"]) as socket:
        assert ask(socket, type="send", content="beep")["type"] == "ack"
        assert bob.history(chat_id)[0]["sender"] == alice.as_user
    with connect(server, "/ws/", make_token(alice)["token"]) as socket:
        assert ask(socket, type="subscribe", chats="all")["chats"][0]["chat"] == chat_id


def test_a_connection_does_what_its_token_is_good_for(server, alice, bob):
    first, second = alice.make_chat(bob), alice.make_chat(bob)
    message = alice.send(first, "Hi")
    with connect(server, f"/ws/chat/{first}/", make_token(alice, scopes=["read"])["token"]) as socket:
        assert ask(socket, type="history")["messages"] == [message]
        for command in ({"type": "send", "content": "x"}, {"type": "edit", "id": message["id"], "content": "x"},
                        {"type": "react", "id": message["id"], "emoji": "x"}, {"type": "read", "seq": message["id"]},
                        {"type": "typing"}, {"type": "pin", "id": message["id"]}, {"type": "delete", "id": message["id"]}):
            assert ask(socket, **command)["code"] == "forbidden", command
    narrow = make_token(alice, chats=[first])["token"]
    with connect(server, f"/ws/chat/{first}/", narrow) as socket:
        assert ask(socket, type="send", content="x")["type"] == "ack"
        for command in ({"type": "history", "chat": second}, {"type": "send", "chat": second, "content": "x"},
                        {"type": "chats"}, {"type": "watch", "users": [bob.id]}, {"type": "subscribe", "chats": "all"}):
            assert ask(socket, **command)["code"] == "forbidden", command
    assert alice.history(second) == []


@pytest.mark.parametrize("path, fields, subprotocols", [
    ("/ws/chat/{}/", {"scopes": ["write"]}, ["confab.v1"]),
    ("/ws/chat/{}/", {"chats": [999999]}, ["confab.v1"]),
    ("/ws/chat/{}/", {"hook": "{}"}, ["confab.v1"]),
    ("/ws/", {"chats": ["{}"]}, ["confab.v1"]),
    ("/ws/chat/{}/", {}, None),  # part I knows no tokens
])
def test_a_token_that_is_not_good_for_a_connection_gets_none(server, alice, path, fields, subprotocols):
    chat_id = alice.make_chat()
    fields = {key: [chat_id] if value == ["{}"] else chat_id if value == "{}" else value for key, value in fields.items()}
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        connect(server, path.format(chat_id), make_token(alice, **fields)["token"], subprotocols=subprotocols)
    assert refused.value.status_code == 403


def test_a_connection_ends_with_its_token(server, alice, bob):
    chat_id = alice.make_chat(bob)
    revoked, kept = make_token(alice), make_token(alice)
    with connect(server, f"/ws/chat/{chat_id}/", revoked["token"]) as ended, \
            connect(server, f"/ws/chat/{chat_id}/", kept["token"]) as stays:
        assert alice.delete(f"/api/v1/tokens/{revoked['id']}/").status_code == 204
        assert ended.wait_closed() == 4401
        # Also when another program has revoked it, and only that one.
        with contextlib.closing(django_rows.connect(server.database)) as db:
            db.execute("UPDATE chat_user SET first_name = 'x' WHERE id = ?", (bob.id,))
        assert ask(stays, type="ping")["type"] == "pong"
        with contextlib.closing(django_rows.connect(server.database)) as db:
            db.execute("DELETE FROM confab_token WHERE id = ?", (kept["id"],))
        assert stays.wait_closed() == 4401


def test_no_secret_is_in_any_log_or_in_the_database(start_server, tmp_path):
    log = tmp_path / "access.log"
    server = start_server("--access-log", str(log), "--log-level", "debug", directory=tmp_path)
    alice, = people_from_rows(server, ["alice"])
    chat_id = alice.make_chat()
    token, hook = make_token(alice)["token"], make_token(alice, hook=chat_id)["token"]
    assert Program(server, token).get("/api/v1/chats/").status_code == 200
    assert requests.post(f"{server.url}/api/v1/hooks/{hook}/", json={"content": "x"}, timeout=60).status_code == 201
    assert requests.post(f"{server.url}/api/v1/hooks/{hook}", json={"content": "x"}, timeout=60).status_code == 404
    server.stop()
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        assert token.encode() not in content and hook.encode() not in content, path
    assert b"/api/v1/hooks/" in log.read_bytes()
    assert token.encode() not in server.log and hook.encode() not in server.log
