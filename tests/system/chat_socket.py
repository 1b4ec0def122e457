"""A WebSocket client for tests: Python's `websockets` library behind plain blocking calls.

One event loop in a thread of its own serves all connections of the test process, so that pings are answered
while a test does something else.
"""
import asyncio
import json
import threading

import websockets

from described import check_frame

# Guards against hanging; no test measures time.
RECEIVE_DEADLINE_S = 60
POLL_S = 0.02
FRAME_BYTES_MAX = 4 * 1024 * 1024


class _LoopThread:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine, deadline_s=RECEIVE_DEADLINE_S):
        return asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(coroutine, deadline_s), self.loop).result()


_thread = None


def run(coroutine, deadline_s=RECEIVE_DEADLINE_S):
    """Run a coroutine on the shared loop, and wait for its result."""
    global _thread
    if _thread is None:
        _thread = _LoopThread()
    return _thread.run(coroutine, deadline_s)


class ChatSocket:
    """One WebSocket. A refused handshake raises websockets.InvalidStatusCode."""

    def __init__(self, server, path, session_key=None, *, cookie=None, headers=(), origin=None,
                 compression="deflate", subprotocols=None):
        fields = list(headers)
        if cookie is None and session_key is not None:
            cookie = f"sessionid={session_key}"
        if cookie is not None:
            fields.append(("Cookie", cookie))

        async def connect():
            return await websockets.connect(
                server.websocket_url + path, extra_headers=fields, origin=origin,
                compression=compression, subprotocols=subprotocols, max_size=FRAME_BYTES_MAX,
                max_queue=None, ping_interval=None, open_timeout=RECEIVE_DEADLINE_S,
                close_timeout=RECEIVE_DEADLINE_S)
        self._socket = run(connect())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def extensions(self):
        return self._socket.response_headers.get("Sec-WebSocket-Extensions")

    @property
    def subprotocol(self):
        return self._socket.subprotocol

    def send_text(self, text):
        run(self._socket.send(text))

    def send_binary(self, content):
        run(self._socket.send(bytes(content)))

    def send_json(self, value):
        self.send_text(json.dumps(value))

    def say(self, content):
        """Send a message of the chat, as the guide's clients do."""
        self.send_json({"content": content})

    def receive_text(self):
        """The next frame's text as it came."""
        text = run(self._socket.recv())
        assert isinstance(text, str)
        return text

    def receive(self):
        """The next frame, as JSON. One of confab.v1 is held against the AsyncAPI document."""
        frame = json.loads(self.receive_text())
        if self.subprotocol == "confab.v1":
            check_frame(f"server.{frame['type']}", frame)
        return frame

    def receive_content(self):
        """The content of the next message; an error frame fails the test."""
        frame = self.receive()
        assert frame["type"] == "message", frame
        return frame["message"]["content"]

    def receive_error(self):
        """The text of the next frame, which must be an error with exactly two keys."""
        frame = self.receive()
        assert list(frame) == ["type", "message"] and frame["type"] == "error", frame
        return frame["message"]

    def ping(self):
        """Send a ping, and wait for its pong: what came before it has been received by then."""
        async def round_trip():
            pong = await self._socket.ping()
            await pong
        run(round_trip())

    def is_readable_within(self, deadline_s):
        """Wait for a frame without taking it; False if none comes for so long."""
        async def wait():
            while not self._socket.messages and self._socket.open:
                await asyncio.sleep(POLL_S)
        try:
            run(wait(), deadline_s)
        except asyncio.TimeoutError:
            return False
        return True

    def received_by_now(self):
        """All frames that the server had sent before it answered a ping, without waiting for more."""
        self.ping()
        frames = []
        while self._socket.messages:
            frames.append(json.loads(run(self._socket.recv())))
        return frames

    def close(self, code=1000):
        run(self._socket.close(code))

    def wait_closed(self):
        """Wait until the server has closed it; the close code. Unread messages are kept."""
        run(self._socket.wait_closed())
        return self._socket.close_code

    @property
    def close_code(self):
        return self._socket.close_code

    @property
    def is_open(self):
        return self._socket.open

    def received_after_close(self):
        """What of the messages that came before the close frame nobody has read."""
        assert not self._socket.open
        return list(self._socket.messages)
