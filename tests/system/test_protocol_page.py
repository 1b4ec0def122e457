"""docs/protocol.md is true: each of its examples is carried out against a server, on a database that is the page's world.

What the client of an example says is sent as it stands there, and what the server says must be what stands there: the same frames,
with the same fields and values, and at the end of the example nothing else. How values are treated that differ from run to run:

- VARYING names the fields whose value is only compared by its form;
- BOUND names those that are said again later: where the client says the page's value, the server's is sent instead.

Order is what the page promises: frames come as they stand there, but an ack may come earlier or later than the events beside it.
Keys come in the page's order where part I speaks, whose bytes are fixed.
"""
import datetime
import json
import re
import shlex
import shutil
import subprocess

import pytest
import websockets

import protocol_page
from chat_socket import ChatSocket
from confab_server import ROOT, Server, binary
from contract import TIMESTAMP
from described import check_frame, document
from people import Person
from protocol_page import SUBPROTOCOL, Frame, Request

# Examples of what this server does not do yet, and what is missing. Empty when all of the page is true.
NOT_YET = {}

VARYING = {
    "token": re.compile(r"confab_\w{43}"), "prefix": re.compile(r"confab_\w{4}"), "created_at": TIMESTAMP,
    "timestamp": TIMESTAMP, "edited_at": TIMESTAMP, "last_seen": TIMESTAMP, "at": TIMESTAMP,
    "epoch": re.compile(r"\S+"), "server": re.compile(r"confab/\S+"), "reconnect_after": (int, float),
}

BOUND = ("epoch", "token")
EPOCH = "k3v9"  # the page's: every connection is told one, also where the page does not show it
PATIENCE_S = 20  # a guard against hanging: how long a frame may be in coming

EXAMPLES = protocol_page.examples()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The page's world as it is before each example: its folder, and the session keys of its people."""
    directory = tmp_path_factory.mktemp("world")
    return directory, protocol_page.make_world(directory)


@pytest.fixture
def play(world, tmp_path):
    """Carry out an example on a server of its own."""
    directory, sessions = world
    shutil.copytree(directory, tmp_path / "server")
    server = Server(tmp_path / "server", "--upload-dir", "uploads").start()
    yield Play(server, sessions)
    if server.process is not None:
        server.stop()


def same(shown, seen, name=None):
    """Assert that what was seen is what the page shows."""
    if name in VARYING:
        form = VARYING[name]
        assert isinstance(seen, form) if isinstance(form, tuple) else form.fullmatch(seen), f"{name}: {seen}"
    elif isinstance(shown, dict):
        assert isinstance(seen, dict) and set(seen) == set(shown), f"{shown}\n{seen}"
        for key, value in shown.items():
            same(value, seen[key], key)
    elif isinstance(shown, list):
        assert isinstance(seen, list) and len(seen) == len(shown), f"{shown}\n{seen}"
        for one, other in zip(shown, seen):
            same(one, other)
    else:
        assert (type(seen), seen) == (type(shown), shown)


def keys(value):
    """The keys of an object and of the objects in it, in their order."""
    return [(key, keys(item)) for key, item in value.items()] if isinstance(value, dict) else None


def same_frames(shown, seen):
    """The frames of one connection between two of the client's: in order, acks among themselves and the others among themselves."""
    for is_ack in (True, False):
        some, others = ([frame for frame in frames if (frame["type"] == "ack") == is_ack] for frames in (shown, seen))
        assert [frame["type"] for frame in some] == [frame["type"] for frame in others], f"{shown}\n{seen}"
        for one, other in zip(some, others):
            same(one, other)


class Play:
    """One example on one server: the connections of its people, by their names in the example."""

    def __init__(self, server, sessions):
        self.server = server
        self.people = {name: Person(server, name, protocol_page.PEOPLE[name], key) for name, key in sessions.items()}
        self.sockets = {}
        self.greetings = {}  # what a connection was sent by itself, as long as nothing else was looked at
        self.bound = {}  # the page's values, and those that the server has given
        self.is_stopping = False  # the server
        self.asked = None  # a request whose answer is the next step
        self.expected = {}  # frames of the server since the client's last one, by connection

    def run(self, steps):
        if not (isinstance(steps[0], Request) and steps[0].path.startswith("/ws/")):
            self.open("alice", "/ws/chat/7/", [SUBPROTOCOL])
            assert self.sockets["alice"].subprotocol == SUBPROTOCOL
        for step in steps:
            getattr(self, "on_" + type(step).__name__.lower())(step)
        self.settle()
        for name, socket in self.sockets.items():
            if socket.is_open:
                assert socket.received_by_now() == [], f"{name} got what the page does not show"
                socket.close()
        if self.is_stopping:
            assert self.server.wait() == 0
            self.server.process = None

    def settle(self):
        """What the server was said to send has come."""
        for name, shown in self.expected.items():
            greeting = self.greetings.pop(name, [])
            seen = greeting if shown[0]["type"] == "hello" else []
            while len(seen) < len(shown):
                seen.append(self.receive(name))
                assert seen[-1]["type"] in [frame["type"] for frame in shown], f"{shown}\n{seen}"
            same_frames(shown, seen)
        self.expected = {}

    def receive(self, name):
        assert self.sockets[name].is_readable_within(PATIENCE_S), f"nothing comes for {name}"
        try:
            return self.sockets[name].receive()
        except websockets.ConnectionClosed as closed:
            raise AssertionError(f"{name}'s connection was closed: {closed}") from closed

    def open(self, name, path, subprotocols):
        person = self.people[name.split("-")[0]]
        try:
            socket = ChatSocket(self.server, path, person.session_key, subprotocols=subprotocols or None)
        except websockets.InvalidStatusCode as refused:
            raise AssertionError(f"{path}: {refused}") from refused
        self.sockets[name] = socket
        if socket.subprotocol == SUBPROTOCOL:
            types = ["hello"] if path == "/ws/" else ["hello", "subscribed"]
            self.greetings[name] = [self.receive(name) for _ in types]
            assert [frame["type"] for frame in self.greetings[name]] == types
            self.bound[EPOCH] = self.greetings[name][0]["epoch"]

    def on_request(self, step):
        self.settle()
        assert self.asked is None, "a request without an answer"
        self.asked = step._replace(path=self.in_real_life(step.path))

    def on_answer(self, step):
        request, self.asked = self.asked, None
        assert request.who == step.who
        if step.status == 101:
            self.open(step.who, request.path, request.subprotocols)
            assert self.sockets[step.who].subprotocol == step.subprotocol
            return
        fields = {}
        if request.path.startswith("/ws/"):
            fields = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        person = self.people[step.who.split("-")[0]]
        if isinstance(request.body, str):
            content = {"data": request.body.encode()}
            fields["Content-Type"] = "text/plain"
        else:
            content = {"json": request.body}
        answer = person.request(request.method, request.path, headers=fields, **content)
        assert answer.status_code == step.status, answer.text
        seen = answer.text if isinstance(step.body, str) else answer.json() if answer.content else None
        same(step.body, seen)
        self.bound |= {step.body[key]: seen[key] for key in BOUND if isinstance(seen, dict) and key in seen}

    def on_frame(self, step):
        if step.mark == "S":
            self.expect(step)
            return
        self.settle()
        self.sockets[step.who].send_text(self.in_real_life(step.text))

    def run_command(self, words):
        """As it stands there, with a time that is still to come where the page tells one."""
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        words = [re.sub(f"{TIMESTAMP.pattern}\\Z", later.strftime("%Y-%m-%dT%H:%M:%SZ"), word) for word in words]
        subprocess.run([binary(), *words, "--database", self.server.database], check=True, capture_output=True)

    def in_real_life(self, text):
        """What the client says, with what this server has given instead of what the page shows."""
        for shown, given in self.bound.items():
            text = text.replace(shown, given)
        return text

    def expect(self, step):
        shown = json.loads(step.text)
        if self.sockets[step.who].subprotocol is None:
            text = self.sockets[step.who].receive_text()
            seen = json.loads(text)
            same(shown, seen)
            check_frame(f"server.part_i_{seen['type']}", seen)
            assert text == json.dumps(seen) and keys(seen) == keys(shown), "part I fixes how it is written"
            return
        self.expected.setdefault(step.who, []).append(shown)

    def on_close(self, step):
        self.settle()
        assert self.sockets[step.who].wait_closed() == step.code
        assert not self.sockets[step.who].received_after_close()

    def on_happening(self, step):
        self.settle()
        if step.text == "the server gets SIGTERM":
            self.server.terminate()
            self.is_stopping = True
        elif step.text.startswith("an operator says: confab "):
            self.run_command(shlex.split(step.text)[4:])
        else:
            raise AssertionError(f"the test cannot make it happen: {step.text}")


@pytest.mark.parametrize("example", [
    pytest.param(example, id=example.name, marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason=NOT_YET[example.name])]
                 if example.name in NOT_YET else [])
    for example in EXAMPLES])
def test_an_example_is_what_happens(play, example):
    play.run(example.steps)


def described_as(step):
    """What the AsyncAPI document calls a frame of the page."""
    frame = json.loads(step.text)
    if re.match(r'{"\w+": ', step.text):  # part I writes a blank there
        return "client.content" if step.mark == "C" else f"server.part_i_{frame['type']}"
    return f"{'client' if step.mark == 'C' else 'server'}.{frame['type']}"


# What the client says in the example of errors is wrong.
FRAMES = [step for example in EXAMPLES for step in example.steps if isinstance(step, Frame) and step.text.startswith("{")
          and (example.name, step.mark) != ("errors", "C")]


@pytest.mark.parametrize("step", FRAMES, ids=lambda step: step.text[:40])
def test_a_frame_of_the_page_is_as_the_asyncapi_document_says(step):
    message = described_as(step)
    if message != "client.content":  # of which other fields are ignored
        check_frame(message, json.loads(step.text))


def test_the_page_shows_all_frames_that_the_asyncapi_document_describes():
    assert {described_as(step) for step in FRAMES} == set(document("asyncapi")["components"]["messages"])


def test_the_page_lists_the_codes_of_errors_that_the_asyncapi_document_lists():
    cells = re.findall(r"^\| (`[^|]+) \|", re.search(r"\n\| `code` .*?\n\n", protocol_page.PAGE, re.DOTALL)[0], re.MULTILINE)
    codes = [code for cell in cells[1:] for code in re.findall(r"`(\w+)`", cell)]
    assert sorted(codes) == sorted(document("asyncapi")["components"]["schemas"]["ErrorCode"]["enum"])


@pytest.mark.parametrize("lines", [
    ['C {"type":"ping","ref":9}', 'S {"type":"pong","ref":8}'],
    ['C {"type":"ping","ref":9}', 'S {"type":"pong"}'],
    ['C {"type":"ping","ref":9}', 'S {"type":"pong","ref":9,"at":"2026-11-22T18:00:00Z"}'],
    ['C {"type":"ping","ref":9}'],
    ['C {"type":"ping","ref":9}', 'S {"type":"error","message":"No","code":"internal"}'],
    ['C bob GET /ws/chat/7/', 'S bob 101', 'C bob {}', 'S bob {"message": "Content cannot be empty", "type": "error"}'],
    ["C GET /api/v1/version/", "S 404"],
    ["C GET /ws/chat/9/", "S 101 confab.v1"],
], ids=["another value", "a field less", "a field more", "a frame less", "another frame", "another order of part I's keys",
        "another status", "another subprotocol"])
def test_a_page_that_is_wrong_is_noticed(play, lines):
    with pytest.raises(AssertionError):
        play.run([protocol_page.step_of(line) for line in lines])


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(--[a-z0-9-]+)", protocol_page.PAGE))))
def test_every_option_that_the_page_names_exists(name):
    done = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True, check=True)
    assert re.search(rf"^  {name}( |$)", done.stdout, re.MULTILINE)


def test_what_the_page_points_at_exists():
    headings = {title.lower().replace(" ", "-").replace(",", "") for title in re.findall(r"^#+ (.*)$", protocol_page.PAGE, re.MULTILINE)}
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", protocol_page.PAGE):
        assert target[1:] in headings if target.startswith("#") else (ROOT / "docs" / target).exists(), target


def test_every_example_has_a_name_of_its_own():
    names = [example.name for example in EXAMPLES]
    assert len(set(names)) == len(names)
    assert set(NOT_YET) <= set(names)
