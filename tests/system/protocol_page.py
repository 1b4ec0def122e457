"""docs/protocol.md as the tests read it: its examples, taken apart, and the world in which they play.

An example is a block ```frames NAME. Its lines are what the page's section "How examples are written" says; here they become steps.
"""
import json
import re
import subprocess
from collections import namedtuple

import django_rows
from confab_server import ROOT, binary

PAGE = (ROOT / "docs" / "protocol.md").read_text()
SUBPROTOCOL = "confab.v1"
KEY = "the key of the protocol page's world, which is in no other file"

Example = namedtuple("Example", "name steps")
Frame = namedtuple("Frame", "mark who text")  # mark "C" or "S"
Request = namedtuple("Request", "who method path subprotocols body")
Answer = namedtuple("Answer", "who status subprotocol body")
Close = namedtuple("Close", "who code")
Happening = namedtuple("Happening", "text")  # something outside, after a "*"

PEOPLE = {"alice": 1, "bob": 2, "carol": 3, "zoe": 9}
CHATS = {3: ("Archive", ("alice",)), 7: ("Maths 9b", ("alice", "bob", "carol")), 9: ("Choir", ("alice", "carol"))}
MESSAGES = [
    (12, 9, "carol", "At seven"),
    *((number, 3, "alice", f"number {number}") for number in range(1001, 7001)),
    (8380, 7, "bob", "Who has the sheet?"),
    (8412, 7, "alice", "I do"),
    (8421, 7, "bob", "Thanks"),
]

NAME = rf"(?:(?P<who>(?:{'|'.join(PEOPLE)})(?:-\w+)?) )?"
BODY = r"{.*}|\".*\""  # a text stands for content that is not JSON
LINE_FORMS = [(re.compile(form + r"\Z", re.DOTALL), step) for form, step in [
    (rf"C {NAME}(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>/\S*)(?: (?P<body>{BODY})|(?P<subprotocols>(?:,? [\w.]+)+))?",
     lambda who, method, path, subprotocols, body: Request(
         who, method, path, re.findall(r"[\w.]+", subprotocols or ""), json.loads(body) if body else None)),
    (rf"S {NAME}(?P<status>\d\d\d)(?: (?P<body>{BODY})| (?P<subprotocol>[\w.]+))?",
     lambda who, status, subprotocol, body: Answer(who, int(status), subprotocol, json.loads(body) if body else None)),
    (rf"S {NAME}close (?P<code>\d+)", lambda who, code: Close(who, int(code))),
    (rf"(?P<mark>[CS]) {NAME}(?P<text>\S.*)", lambda mark, who, text: Frame(mark, who, text)),
    (r"\* (?P<text>.*)", Happening),
]]


def step_of(line):
    for form, step in LINE_FORMS:
        match = form.match(line)
        if match:
            parts = match.groupdict()
            if "who" in parts:
                parts["who"] = parts["who"] or "alice"
            return step(**parts)
    raise AssertionError(f"no line of an example: {line}")


def examples():
    found = []
    for name, block in re.findall(r"^```frames (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        lines = re.sub(r"\n +", "", block).splitlines()
        found.append(Example(name, [step_of(line) for line in lines]))
    return found


def make_world(directory):
    """A folder with the database that the page describes, and its key; the session keys by name."""
    (directory / "secret").write_text(KEY)
    (directory / "secret").chmod(0o600)
    database = directory / "db.sqlite3"
    subprocess.run([binary(), "migrate", "--database", database], check=True, capture_output=True)
    db = django_rows.connect(database)
    try:
        db.execute("BEGIN")
        sessions = {name: add_person(db, name, number) for name, number in PEOPLE.items()}
        for number, (name, members) in CHATS.items():
            db.execute("INSERT INTO chat_chat (id, name, created_at) VALUES (?, ?, ?)", (number, name, django_rows.datetime_text()))
            db.executemany("INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (?, ?)",
                           [(number, PEOPLE[member]) for member in members])
        db.executemany("INSERT INTO confab_chat (chat_id, creator_id) VALUES (?, ?)", [(number, PEOPLE["alice"]) for number in CHATS])
        db.executemany("INSERT INTO chat_message (id, chat_id, sender_id, content, timestamp) VALUES (?, ?, ?, ?, ?)",
                       [(number, chat, PEOPLE[sender], content, django_rows.datetime_text())
                        for number, chat, sender, content in MESSAGES])
        db.execute("COMMIT")
    finally:
        db.close()
    return sessions


def add_person(db, name, number):
    """A user under this number, with a session; its key."""
    made = django_rows.add_user(db, name)
    db.execute("UPDATE chat_user SET id = ? WHERE id = ?", (number, made))
    return django_rows.add_session(db, number, KEY)
