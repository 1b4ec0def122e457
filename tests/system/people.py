"""Somebody who talks to the server: an HTTP session with a login, and WebSockets opened with it."""
import contextlib

import requests

import django_rows
from chat_socket import ChatSocket
from described import check_described

# Guards against hanging; no test measures time.
ANSWER_DEADLINE_S = 120


class Person:
    """A client of the REST endpoints, with or without a login. `id` and `username` once known."""

    def __init__(self, server, username=None, user_id=None, session_key=None):
        self.server = server
        self.username = username
        self.id = user_id
        self.http = requests.Session()
        self.http.trust_env = False
        if session_key:
            self.http.cookies.set("sessionid", session_key)

    @property
    def session_key(self):
        return self.http.cookies.get("sessionid")

    def request(self, method, path, **arguments):
        arguments.setdefault("timeout", ANSWER_DEADLINE_S)
        arguments.setdefault("allow_redirects", False)
        answer = self.http.request(method, self.server.url + path, **arguments)
        if not arguments.get("stream"):
            check_described(answer)
        return answer

    def get(self, path, **arguments):
        return self.request("GET", path, **arguments)

    def post(self, path, json=None, **arguments):
        return self.request("POST", path, json=json, **arguments)

    def put(self, path, json=None, **arguments):
        return self.request("PUT", path, json=json, **arguments)

    def patch(self, path, json=None, **arguments):
        return self.request("PATCH", path, json=json, **arguments)

    def delete(self, path, **arguments):
        return self.request("DELETE", path, **arguments)

    def make_chat(self, *others, name="a chat"):
        """A new chat with these people; its id."""
        answer = self.post("/api/chats/", {"name": name, "participant_ids": [o.id for o in others]})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def send(self, chat_id, content):
        """Send over REST; the message object."""
        answer = self.post(f"/api/chats/{chat_id}/send_message/", {"content": content})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def history(self, chat_id):
        answer = self.get(f"/api/chats/{chat_id}/messages/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connect(self, chat_id, **arguments):
        """A WebSocket of the chat; also a context manager that closes it."""
        return ChatSocket(self.server, f"/ws/chat/{chat_id}/", self.session_key, **arguments)

    @property
    def as_user(self):
        """The user object of this person, as part I writes it."""
        return {"id": self.id, "username": self.username,
                "email": f"{self.username}@example.com", "user_type": "student"}


def people_from_rows(server, names, **user_columns):
    """People with a login each, put into the database as Django would."""
    with contextlib.closing(django_rows.connect(server.database)) as db:
        db.execute("BEGIN IMMEDIATE")
        found = []
        for name in names:
            user_id = django_rows.add_user(db, name, **user_columns)
            key = django_rows.add_session(db, user_id, server.secret_key)
            found.append(Person(server, name, user_id, key))
        db.execute("COMMIT")
    return found
