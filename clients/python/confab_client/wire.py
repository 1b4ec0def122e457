"""The frames of confab.v1 as types, in the words of the wire.

Knows: names and types of frames and fields. Servers may add fields and event types, so every frame may have more than is named here.
Does not know: what is done with them.
"""
from __future__ import annotations

from typing import Any, Dict, List, Optional, TypedDict

# A frame as it is on the wire; an event reaches its listeners as one.
Frame = Dict[str, Any]


class _UserMore(TypedDict, total=False):
    email: str
    user_type: str


class User(_UserMore):
    id: int
    username: str


class Reaction(TypedDict):
    emoji: str
    count: int


class _MessageMore(TypedDict, total=False):
    nonce: str
    reply_to: int
    thread: int
    edited_at: str
    revision: int
    deleted: bool
    attachments: List[Any]
    mentions: List[int]
    mentions_all: bool
    reactions: List[Reaction]
    pinned: bool
    system: Any


class Message(_MessageMore):
    """A message. Fields beyond these five are there only when they are set."""

    id: int
    chat: int
    sender: User
    content: str
    timestamp: str


class _AckMore(TypedDict, total=False):
    id: int
    nonce: str
    timestamp: str
    duplicate: bool


class Ack(_AckMore):
    """The answer to everything that changes a chat: it is stored. `duplicate`: by an earlier send with this nonce."""

    chat: int
    seq: int


class History(TypedDict):
    """A page of messages, oldest first."""

    chat: int
    messages: List[Message]
    more: bool


class _NoticeMore(TypedDict, total=False):
    at: str


class Notice(_NoticeMore):
    """What whoever runs the site has to say to everybody. It is told again on every new connection, as long as it holds. `at`: when that
    is of which it tells. `message` is plain text: show it as such."""

    code: str
    message: str


class _ChatRowMore(TypedDict, total=False):
    read: int
    unread: int
    mentions: int
    last_message: Optional[Dict[str, Any]]


class ChatRow(_ChatRowMore):
    id: int
    name: str
    kind: str
    seq: int


class ChatWindow(TypedDict):
    total: int
    chats: List[ChatRow]
