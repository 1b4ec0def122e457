"""Bad input on confab.v1: every command with each of its fields missing, of another type, out of range, too long or hostile
gets its error code, over the socket, and the connection lives. One table says which fields a command has, another what is
wrong with a value of each type."""
import json

import pytest

from contract import CONTENT_BYTES_MAX
from v1_socket import V1Socket

HUGE = 2**53
NOT_NUMBERS = ["7", "", 1.5, -1, HUGE, 10**40, True, [], [1], {}, {"id": 1}]
LONE_SURROGATE = "\ud800"
FAULTS_MAX = 100  # so many in a row end the connection

# What is wrong with a value of that type, and the code if it is not invalid_frame. ABSENT: the field is left out.
ABSENT = object()
WRONG = {
    "id": [*NOT_NUMBERS, 0],
    "number": NOT_NUMBERS,
    "limit": [*NOT_NUMBERS, 0, 201],
    "content": [(ABSENT, "content_empty"), (None, "content_empty"), ("", "content_empty"), (" \u2003\n", "content_empty"),
                (False, "content_empty"), (0, "content_empty"), ([], "content_empty"), (True, "invalid_frame"),
                ([1], "invalid_frame"), ({"a": 1}, "invalid_frame"), ("a\0b", "invalid_frame"),
                (LONE_SURROGATE, "invalid_frame"), ("x" * (CONTENT_BYTES_MAX + 1), "too_large")],
    "nonce": ["", 5, True, [], {}, "a\0b", LONE_SURROGATE, "n" * 65, "\U0001F600" * 65, "n" * 100_000],
    "emoji": ["", 5, True, [], {}, "a\0b", LONE_SURROGATE, "e" * 33, "e" * 100_000],
    "epoch": ["", 5, True, [], {}, "a\0b", "e" * 10_000],
    "status": ["", "Away", "offline", "away ", 5, True, [], {}, "a\0b", LONE_SURROGATE, "s" * 17, "s" * 100_000],
    "chats": ["some", "", 5, True, {}, [0], [-1], ["7"], [1.5], [HUGE], [None], [[]], [{}], [{"chat": "7"}],
              [{"chat": 7, "after": -1}], [{"chat": 7, "after": "1"}], [{"chat": 7, "after": []}], list(range(1, 5002))],
    "positions": ["7", 5, True, [], {"x": 1}, {"": 1}, {"-7": 1}, {"7": "1"}, {"7": -1}, {"7": HUGE}, {"7": {}},
                  {str(HUGE * HUGE): 1}],
    "list": ["x", 5, True, {}],
    "attachments": ["x", 5, True, {}, [0], [-1], ["1"], [None], [1.5], [[]], [HUGE], list(range(1, 12)), ([9_999], "not_found")],
    "users": ["x", 5, True, {}, [0], [-1], ["1"], [None], [1.5], [[]], list(range(1, 502))],
}
NEEDED = {"chat", "chats", "id", "content", "emoji", "seq", "status", "users"}

# Each command's fields, with values that are right. {chat} and {message} are filled in.
COMMANDS = {
    "ping": {},
    "send": {"chat": ("id", "{chat}"), "content": ("content", "x"), "nonce": ("nonce", "n1"),
             "reply_to": ("id", "{message}"), "thread": ("id", "{message}"), "attachments": ("attachments", None)},
    "subscribe": {"chats": ("chats", "all"), "after": ("positions", {}), "epoch": ("epoch", "e"),
                  "events": ("list", ["message"])},
    "unsubscribe": {"chats": ("chats", ["{chat}"])},
    "chats": {"offset": ("number", 0), "limit": ("limit", 5)},
    "history": {"chat": ("id", "{chat}"), "before": ("id", 7), "after": ("number", None), "around": ("id", None),
                "limit": ("limit", 5), "thread": ("id", None)},
    "edit": {"chat": ("id", "{chat}"), "id": ("id", "{message}"), "content": ("content", "y"), "revision": ("id", None)},
    "delete": {"chat": ("id", "{chat}"), "id": ("id", "{other}")},
    "react": {"chat": ("id", "{chat}"), "id": ("id", "{message}"), "emoji": ("emoji", "+1")},
    "unreact": {"chat": ("id", "{chat}"), "id": ("id", "{message}"), "emoji": ("emoji", "+1")},
    "pin": {"chat": ("id", "{chat}"), "id": ("id", "{message}")},
    "unpin": {"chat": ("id", "{chat}"), "id": ("id", "{message}")},
    "read": {"chat": ("id", "{chat}"), "seq": ("id", "{message}")},
    "typing": {"chat": ("id", "{chat}")},
    "presence": {"status": ("status", "away")},
    "watch": {"users": ("users", [1])},
}

# What no command is, and its code. They go over the wire as they are.
HOSTILE = [
    ("", "invalid_json"),
    (" ", "invalid_json"),
    ("{", "invalid_json"),
    ("nonsense", "invalid_json"),
    ("null", "invalid_json"),
    ("[]", "invalid_json"),
    ('"ping"', "invalid_json"),
    ("\ufeff{}", "invalid_json"),
    ('{"type":"ping"} {"type":"ping"}', "invalid_json"),
    ('{"type":"ping","ref":NaN}', "invalid_json"),
    ('{"type":"ping",}', "invalid_json"),
    ("{'type':'ping'}", "invalid_json"),
    ('{"type":"ping","x":' + "[" * 65 + "]" * 65 + "}", "invalid_json"),
    ('{"type":"ping","x":' + "[" * 100_000 + "}", "invalid_json"),
    ("[" * 500_000, "invalid_json"),
    ('{"type":null}', "invalid_frame"),
    ('{"type":5}', "invalid_frame"),
    ('{"type":["ping"]}', "invalid_frame"),
    ('{"type":{}}', "invalid_frame"),
    ('{"type":""}', "unknown_type"),
    ('{"type":"Ping"}', "unknown_type"),
    ('{"type":"ping "}', "unknown_type"),
    ('{"type":"ping\\u0000"}', "unknown_type"),
    ('{"type":"message"}', "unknown_type"),
    ('{"type":"ack"}', "unknown_type"),
    ('{"type":"' + "t" * 500_000 + '"}', "unknown_type"),
    ('{"type":"nonsense","type":"nonsense"}', "unknown_type"),
    ('{"type":"ping","ref":true}', "invalid_frame"),
    ('{"type":"ping","ref":[]}', "invalid_frame"),
    ('{"type":"ping","ref":"' + "r" * 63 + '"}', "invalid_frame"),
    ('{"type":"ping","ref":1' + "0" * 64 + "}", "invalid_frame"),
]


def filled(value, names):
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def text_of(command, fields):
    return json.dumps({"type": command, "ref": "r", **fields})


def cases_of(command, names):
    """(the frame's text, the code)."""
    right = {field: filled(value, names) for field, (_, value) in COMMANDS[command].items() if value is not None}
    for field, (kind, _) in COMMANDS[command].items():
        others = {name: value for name, value in right.items() if name != field}
        if field in NEEDED and kind != "content":
            yield text_of(command, others), "invalid_frame"
            yield text_of(command, {**others, field: None}), "invalid_frame"
        for wrong in WRONG[kind]:
            value, code = wrong if isinstance(wrong, tuple) else (wrong, "invalid_frame")
            yield text_of(command, others if value is ABSENT else {**others, field: value}), code


@pytest.fixture
def names(alice):
    chat_id = alice.make_chat()
    return {"{chat}": chat_id, "{message}": alice.send(chat_id, "there")["id"], "{other}": alice.send(chat_id, "too")["id"]}


class Sender:
    """Connections to /ws/, each for fewer faults than end it."""

    def __init__(self, person):
        self.person, self.socket, self.faults = person, None, 0

    def expect(self, text, code):
        if self.socket is None or self.faults == FAULTS_MAX:
            self.close()
            self.socket, self.faults = V1Socket(self.person), 0
        self.faults += 1
        self.socket.socket.send_text(text)
        error = self.socket.receive("error")
        assert error["code"] == code, f"{text[:300]} is answered by {error}"
        self.socket.ping()
        assert self.socket.waiting == [], f"{text[:300]} is answered by more"

    def close(self):
        if self.socket is not None:
            self.socket.close()


@pytest.fixture
def sender(alice):
    sender = Sender(alice)
    yield sender
    sender.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_wrong_field_has_its_code_and_the_connection_lives(sender, names, command):
    for text, code in cases_of(command, names):
        sender.expect(text, code)


def test_what_is_no_command_has_its_code_and_the_connection_lives(sender):
    for text, code in HOSTILE:
        sender.expect(text, code)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_right_fields_are_taken_and_unknown_ones_passed_over(alice, names, command):
    right = {field: filled(value, names) for field, (_, value) in COMMANDS[command].items() if value is not None}
    extra = {"unknown": [1, {"a": None}], "TYPE": "ping", "sender": 1, "Chat": 0, "": "", "\u2028": {}}
    with V1Socket(alice) as socket:
        socket.ask("subscribe", "subscribed", chats="all")  # who types must be there
        socket.socket.send_text(text_of(command, {**right, **extra}))
        socket.ping()
        assert [frame for frame in socket.waiting if frame["type"] == "error"] == []


@pytest.mark.parametrize("command", [name for name, fields in COMMANDS.items() if "chat" in fields])
def test_another_s_chat_does_not_exist(bob, names, command):
    right = {field: filled(value, names) for field, (_, value) in COMMANDS[command].items() if value is not None}
    for chat_id in (names["{chat}"], HUGE - 1):
        with V1Socket(bob) as socket:
            error = socket.ask(command, "error", **{**right, "chat": chat_id})
            assert error["code"] == "not_found"
            socket.ping()


def test_every_command_of_the_document_is_in_the_table(alice):
    messages = alice.get("/api/v1/asyncapi/").json()["components"]["messages"]
    named = {name.removeprefix("client.") for name in messages if name.startswith("client.")}
    assert named - {"content"} == set(COMMANDS)  # that one is send without its type
