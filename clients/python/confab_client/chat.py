"""One chat, as an application holds it: its commands, and its events alone.

Knows: what the commands are called and which fields they have.
Does not know: when and how they reach the server.
"""
from __future__ import annotations

import dataclasses
import inspect
from typing import Any, Awaitable, Callable, Optional

from .emitter import Listener
from .wire import Ack, Frame, History


@dataclasses.dataclass(frozen=True)
class Commands:
    """What a chat needs of its client. `request` and `send` give the answer."""

    request: Callable[[Frame], Awaitable[Any]]
    send: Callable[[Frame], Awaitable[Any]]
    typing: Callable[[int], None]
    read: Callable[[int, int], None]
    on: Callable[[str, Listener], Callable[..., Any]]


class Chat:
    def __init__(self, id: int, commands: Commands) -> None:
        self.id = id
        self._commands = commands

    def send(self, content: str, *, reply_to: Optional[int] = None, thread: Optional[int] = None,
             nonce: Optional[str] = None) -> Awaitable[Ack]:
        """Send a message. The result comes when it is stored; sends of a chat are stored in the order of these calls.

        `reply_to`: id of the message that this one answers. `thread`: id of the message that begins the thread. `nonce`: the id of this send, 1 to
        64 characters, if it is to outlive this client: the same nonce is stored once.
        """
        return self._commands.send(self._command("send", content=content, reply_to=reply_to, thread=thread, nonce=nonce))

    def edit(self, id: int, content: str, *, revision: Optional[int] = None) -> Awaitable[Ack]:
        """Change a message. With `revision` only if it is that one still."""
        return self._request("edit", id=id, content=content, revision=revision)

    def delete(self, id: int) -> Awaitable[Ack]:
        return self._request("delete", id=id)

    def react(self, id: int, emoji: str) -> Awaitable[Ack]:
        return self._request("react", id=id, emoji=emoji)

    def unreact(self, id: int, emoji: str) -> Awaitable[Ack]:
        return self._request("unreact", id=id, emoji=emoji)

    def pin(self, id: int) -> Awaitable[Ack]:
        return self._request("pin", id=id)

    def unpin(self, id: int) -> Awaitable[Ack]:
        return self._request("unpin", id=id)

    def history(self, *, before: Optional[int] = None, after: Optional[int] = None, around: Optional[int] = None,
                limit: Optional[int] = None, thread: Optional[int] = None) -> Awaitable[History]:
        """A page of messages, oldest first: the last ones, or those before, after or around a message id."""
        return self._request("history", before=before, after=after, around=around, limit=limit, thread=thread)

    def typing(self) -> None:
        """Say that the user is typing. Call it at every key: only some are sent, and none without a connection."""
        self._commands.typing(self.id)

    def read(self, seq: int) -> None:
        """Everything up to and including `seq` has been read."""
        self._commands.read(self.id, seq)

    def on(self, type: str, listener: Listener) -> Callable[[], None]:
        """The events of this chat alone. What is returned ends that."""
        if inspect.iscoroutinefunction(listener):
            raise TypeError("A listener is a plain function; it may start a task")
        return self._commands.on(type, lambda event: listener(event) if chat_of(event) == self.id else None)

    def _command(self, type: str, **fields: Any) -> Frame:
        return {"type": type, "chat": self.id, **{name: value for name, value in fields.items() if value is not None}}

    def _request(self, type: str, **fields: Any) -> Awaitable[Any]:
        return self._commands.request(self._command(type, **fields))


def chat_of(event: Any) -> Optional[int]:
    """The chat that an event is about, if it is about one."""
    if not isinstance(event, dict):
        return None
    chat, message = event.get("chat"), event.get("message")
    for found in (chat, message.get("chat") if isinstance(message, dict) else None, chat.get("id") if isinstance(chat, dict) else None):
        if isinstance(found, int):
            return found
    return None
