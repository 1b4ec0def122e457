"""The world of a client under test: a clock that moves when it is told to, sockets whose server is the test, dice that are known."""
import asyncio
import functools
import json

from confab_client import Client, ConfabError

HELLO = {
    "type": "hello", "protocol": "confab.v1", "server": "confab/test", "epoch": "e1", "heartbeat": 30,
    "user": {"id": 1, "username": "alice"}, "features": [], "limits": {"content_bytes": 1000, "frame_bytes": 5000},
}

HEARD = ("message", "message_updated", "gap", "error", "hello", "state", "typing", "presence", "chat_joined", "chat_left", "notice", "news")


def alive(test):
    """Run a test that is a coroutine in an event loop of its own."""
    @functools.wraps(test)
    def run(*args, **kwargs):
        async def watched():
            faults = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
            await test(*args, **kwargs)
            assert faults == []
        asyncio.run(watched())
    return run


async def settle():
    """Let everything happen that needs no time."""
    for _ in range(20):
        await asyncio.sleep(0)


async def state_of(answer):
    """How an answer stands, without waiting for it: "pending", its value, or the code of its error."""
    task = asyncio.ensure_future(answer)
    await settle()
    if not task.done():
        return "pending"
    try:
        return task.result()
    except ConfabError as error:
        return error.code


class FakeClock:
    def __init__(self):
        self._now = 0.0
        self._timers = []

    def now(self):
        return self._now

    def wall(self):
        return self._now

    def after(self, seconds, fn):
        timer = (self._now + seconds, fn)
        self._timers.append(timer)
        return lambda: self._timers.remove(timer) if timer in self._timers else None

    @property
    def waiting(self):
        return len(self._timers)

    async def pass_(self, seconds):
        """Let time pass; timers run in their order, and what they lead to happens before the next one."""
        end = self._now + seconds
        while due := min((timer for timer in self._timers if timer[0] <= end), key=lambda timer: timer[0], default=None):
            self._now = due[0]
            self._timers.remove(due)
            due[1]()
            await settle()
        self._now = end


class FakeSocket:
    """One connection, seen from the server."""

    def __init__(self, url, protocols, events):
        self.url = url
        self.protocols = list(protocols)
        self.events = events
        self.sent = []
        self.is_closed = False

    # What the client does with it.

    def send(self, text):
        self.sent.append(json.loads(text))

    def close(self):
        self.is_closed = True
        return asyncio.gather()

    def drop(self):
        self.is_closed = True

    # What the server does.

    def accept(self, protocol="confab.v1"):
        self.events.opened(protocol)

    async def greet(self, **hello):
        self.accept()
        self.say({**HELLO, **hello})
        if "/chat/" in self.url:
            self.say({"type": "subscribed", "chats": []})  # the chat of the address; a test that cares says where it stands
        await settle()

    def say(self, frame):
        self.events.text(json.dumps(frame))

    def end(self, code=1006, status=None):
        self.is_closed = True
        self.events.closed(code, status)

    def all(self, kind):
        return [frame for frame in self.sent if frame.get("type") == kind]

    def last(self, kind):
        """The newest command of a type; None if there is none."""
        return next(reversed(self.all(kind)), None)

    async def answer(self, command, **answer):
        self.say({"ref": command["ref"], **answer})
        await settle()

    async def ack(self, command, id):
        await self.answer(command, type="ack", nonce=command["nonce"], chat=command["chat"], id=id, seq=id, timestamp="2026-01-01T00:00:00Z")


class World:
    def __init__(self, path="/ws/chat/7/", **options):
        self.clock = FakeClock()
        self.sockets = []
        self.heard = []  # what the client has told its listeners, in order
        self.client = Client(f"ws://server.test{path}", clock=self.clock, random=lambda: 0.5, open_socket=self._open, **options)
        for kind in HEARD:
            self.client.on(kind, functools.partial(self._hear, kind))

    @classmethod
    async def live(cls, path="/ws/chat/7/", **options):
        """A world with a live connection of confab.v1."""
        world = cls(path, **options)
        await world.server.greet()
        return world

    def _open(self, url, protocols, events):
        self.sockets.append(FakeSocket(url, protocols, events))
        return self.sockets[-1]

    def _hear(self, kind, event):
        self.heard.append({"type": "error", "code": event.code} if kind == "error" else event)

    @property
    def server(self):
        """The newest connection."""
        return self.sockets[-1]

    def heard_of(self, kind):
        return [event for event in self.heard if event["type"] == kind]

    @property
    def seqs(self):
        return [event["seq"] for event in self.heard if "seq" in event and "prev" in event]

    @property
    def pauses(self):
        return [event["pause"] for event in self.heard_of("state") if event["state"] == "waiting"]

    async def reconnect(self, **hello):
        """Lose the connection, wait as long as the client does, and take the next one up to its hello."""
        self.server.end()
        await self.clock.pass_(self.pauses[-1])
        await self.server.greet(**hello)


def message(seq, prev, content="hi", chat=7):
    return {"type": "message", "seq": seq, "prev": prev,
            "message": {"id": seq, "chat": chat, "sender": {"id": 2, "username": "bob"}, "content": content,
                        "timestamp": "2026-01-01T00:00:00Z"}}
