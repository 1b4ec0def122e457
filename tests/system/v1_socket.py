"""A connection of confab.v1 that checks what every client must be able to rely on: hello comes first, and the chain
of each chat is never broken.

Knows: the frames of docs/protocol.md. Does not know: what a test is about.
"""
import chat_socket

DURABLE = {
    "message", "message_updated", "message_deleted", "reaction_added", "reaction_removed", "pin_added",
    "pin_removed", "member_joined", "member_left", "member_updated", "chat_updated",
}


def chat_of(frame):
    return frame["message"]["chat"] if frame["type"] == "message" else frame["chat"]


class V1Socket:
    """One WebSocket on /ws/ or /ws/chat/ID/ with the subprotocol. `last` has the last seq of each chat."""

    def __init__(self, person, chat_id=None, *, after=None, epoch=None, **arguments):
        query = []
        if after is not None:
            query.append(f"after={after}")
        if epoch is not None:
            query.append(f"epoch={epoch}")
        path = "/ws/" if chat_id is None else f"/ws/chat/{chat_id}/"
        path += "?" + "&".join(query) if query else ""
        self.socket = chat_socket.ChatSocket(
            person.server, path, person.session_key, subprotocols=["confab.v1"], **arguments)
        assert self.socket.subprotocol == "confab.v1"
        self.last = {}
        if after is not None:
            self.last[chat_id] = after
        self.waiting = []
        self.hello = self.socket.receive()
        assert self.hello["type"] == "hello"
        self.subscribed = None
        if chat_id is not None:
            self.subscribed = self.receive("subscribed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _take(self):
        frame = self.socket.receive()
        self.judge(frame)
        return frame

    def judge(self, frame):
        """Every frame passes here: nothing twice, nothing left out, nothing of a chat out of order."""
        if frame["type"] == "subscribed":
            for entry in frame["chats"]:
                self.last.setdefault(entry["chat"], entry["seq"])
        elif frame["type"] == "chat_joined":
            self.last[frame["chat"]["id"]] = frame["chat"]["seq"]
        elif frame["type"] == "chat_left":
            self.last.pop(frame["chat"], None)  # nothing of it may follow
        elif frame["type"] == "gap":
            self.last[frame["chat"]] = frame["seq"]
        elif frame["type"] in DURABLE:
            chat = chat_of(frame)
            assert chat in self.last, frame
            assert frame["seq"] > self.last[chat], (frame, self.last[chat])
            assert frame["prev"] <= self.last[chat], (frame, self.last[chat])
            self.last[chat] = frame["seq"]

    def receive(self, kind=None):
        """The next frame, of that type if one is named; others that come before it wait."""
        for i, frame in enumerate(self.waiting):
            if kind is None or frame["type"] == kind:
                return self.waiting.pop(i)
        while True:
            frame = self._take()
            if kind is None or frame["type"] == kind:
                return frame
            self.waiting.append(frame)

    def receive_contents(self, count):
        """The contents of the next messages."""
        return [self.receive("message")["message"]["content"] for _ in range(count)]

    def send(self, kind, **fields):
        self.socket.send_json({"type": kind, **fields})

    def ask(self, kind, answer=None, **fields):
        """Send a command with a ref and take its direct answer."""
        ref = f"{kind}-{id(fields)}"
        self.send(kind, ref=ref, **fields)
        while True:
            for i, frame in enumerate(self.waiting):
                if frame.get("ref") == ref:
                    self.waiting.pop(i)
                    assert frame["type"] == (answer or "ack"), frame
                    return frame
            self.waiting.append(self._take())

    def ping(self):
        """Everything that was sent before is answered when this returns."""
        self.ask("ping", "pong")

    def close_code(self):
        return self.socket.wait_closed()

    def close(self):
        self.socket.close()
