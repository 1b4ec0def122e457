"""A small confab.v1 over real sockets, in this process: one log of messages, resume, acks. Knows no users and keeps nothing."""
import http
import json

import websockets

from world import HELLO


class SmallServer:
    """`protocols`: those it answers; without them it is an existing server. `status`: it refuses every handshake with that."""

    def __init__(self, protocols=("confab.v1",), status=None):
        self.log = []
        self.handshakes = []
        self._protocols = list(protocols)
        self._status = status
        self._sockets = {}  # with whether it follows the chat

    async def __aenter__(self):
        self._server = await websockets.serve(self._serve, "127.0.0.1", 0, subprotocols=self._protocols or None, process_request=self._look_at)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    def cut(self):
        """Cut every connection, as a network does."""
        for socket in self._sockets:
            socket.transport.abort()

    async def _look_at(self, path, headers):
        self.handshakes.append({"url": path, **{name: headers.get(name) for name in ("Cookie", "Authorization", "Sec-WebSocket-Protocol")}})
        return (http.HTTPStatus(self._status), [], b"") if self._status else None

    async def _serve(self, socket, _path):
        self._sockets[socket] = not socket.subprotocol
        try:
            if socket.subprotocol:
                await self._say(socket, HELLO)
                if socket.path != "/ws/":
                    await self._on_subscribe(socket, {"ref": None})
            async for text in socket:
                command = json.loads(text)
                handle = getattr(self, f"_on_{command.get('type', 'legacy')}", self._on_unknown)
                await handle(socket, command)
        except websockets.ConnectionClosed:
            pass
        finally:
            del self._sockets[socket]

    async def _say(self, socket, frame):
        await socket.send(json.dumps(frame))

    async def _on_subscribe(self, socket, command):
        after = command.get("after", {}).get("1", len(self.log))
        await self._say(socket, {"type": "subscribed", "ref": command["ref"], "chats": [{"chat": 1, "seq": len(self.log)}]})
        for event in self.log[after:]:
            await self._say(socket, event)
        self._sockets[socket] = True

    async def _on_send(self, socket, command):
        known = next((event for event in self.log if event["message"]["nonce"] == command["nonce"]), None)
        event = known or await self._store(command)
        more = {"duplicate": True} if known else {}
        await self._say(socket, {"type": "ack", "ref": command["ref"], "chat": 1, "id": event["seq"], "seq": event["seq"], "timestamp": "", **more})

    async def _on_history(self, socket, command):
        messages = [event["message"] for event in self.log]
        await self._say(socket, {"type": "history", "ref": command["ref"], "chat": 1, "messages": messages, "more": False})

    async def _on_legacy(self, _socket, command):
        await self._store({**command, "nonce": None})

    async def _on_unknown(self, socket, command):
        await self._say(socket, {"type": "error", "ref": command.get("ref"), "code": "unknown_type"})

    async def _store(self, command):
        seq = len(self.log) + 1
        message = {"id": seq, "chat": 1, "sender": HELLO["user"], "content": command["content"], "timestamp": "2026-01-01T00:00:00Z",
                   "nonce": command["nonce"]}
        event = {"type": "message", "seq": seq, "prev": seq - 1, "message": message}
        self.log.append(event)
        for socket, follows in list(self._sockets.items()):
            if follows and socket.open:
                await self._say(socket, event if socket.subprotocol else {"type": "message", "message": message})
        return event
