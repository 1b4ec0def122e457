"""PROTOCOL II.7, checks 11 and 12: frames of a chat reach its members and nobody else, however memberships change.

Everybody is added and removed at random while everybody talks. The chain itself tells who was a member when: member_joined
and member_left are events of it. Whatever anybody was sent is held against that.
"""
import asyncio
import contextlib
import json
import os
import random
import time

import pytest
import websockets

import django_rows
from chat_socket import run
from confab_server import is_sanitized
from conftest import USUAL_OPTIONS
from people import people_from_rows
from v1_load import FRAME_BYTES_MAX, events

CHANGES = 60 if is_sanitized() else 150
CHATS, PEOPLE = 3, 5
CHANGE_PAUSE_S = 0.02
SAY_PAUSE_S = 0.002
SETTLE_S = 0.2
DEADLINE_S = 240


class Watcher:
    """One connection after another of a person, to all chats or to one; `seen` are the (chat, seq) that it was sent. With
    reads_back it asks each time for the whole past, which a member may read."""

    def __init__(self, person, chat_id, chance, chats, *, reads_back):
        self.person, self.chat_id, self.chance, self.chats = person, chat_id, chance, chats
        self.reads_back = reads_back
        self.seen, self.left = set(), 0

    def take(self, frame, gone):
        """gone: chats that this connection was told to have left."""
        kind = frame["type"]
        chat = frame["message"]["chat"] if kind == "message" else frame.get("chat")
        if kind == "chat_left":
            gone.add(chat)
            self.left += 1
        elif kind == "chat_joined":
            gone.discard(chat["id"])
        elif "prev" in frame:
            assert chat not in gone, f"after chat_left: {frame}"
            assert self.chat_id in (None, chat), frame
            self.seen.add((chat, frame["seq"]))

    async def say(self, socket):
        number = 0
        while True:
            await asyncio.sleep(self.chance.random() * SAY_PAUSE_S * 10)
            chat = self.chat_id or self.chance.choice(self.chats)
            number += 1
            await socket.send(json.dumps({"type": "send", "chat": chat, "content": f"{number}"}))

    async def watch(self):
        path = "/ws/" if self.chat_id is None else f"/ws/chat/{self.chat_id}/" + "?after=0" * self.reads_back
        gone = set()
        async with websockets.connect(
                f"{self.person.server.websocket_url}{path}", max_queue=None, ping_interval=None, max_size=FRAME_BYTES_MAX,
                subprotocols=["confab.v1"], close_timeout=1,
                extra_headers={"Cookie": f"sessionid={self.person.session_key}"}) as socket:
            if self.chat_id is None:
                after = {str(chat): 0 for chat in self.chats if self.reads_back}
                await socket.send(json.dumps({"type": "subscribe", "chats": "all", "after": after}))
            saying = asyncio.ensure_future(self.say(socket))
            try:
                async for text in socket:
                    self.take(json.loads(text), gone)
            finally:
                saying.cancel()

    async def live(self):
        while True:
            with contextlib.suppress(websockets.WebSocketException, OSError, EOFError):
                await self.watch()
            await asyncio.sleep(SAY_PAUSE_S)


def change(owner, chat_id, person, is_member):
    """The owner adds or removes somebody."""
    members = f"/api/v1/chats/{chat_id}/members/"
    if is_member:
        answer = owner.post(members, {"user": person.id})
    else:
        answer = owner.delete(f"{members}{person.id}/")
    assert answer.status_code in (200, 201, 204), answer.text


async def change_by_chance(owner, chats, others, chance):
    members = {(chat, other): True for chat in chats for other in others}
    loop = asyncio.get_running_loop()
    for _ in range(CHANGES):
        chat, other = chance.choice(list(members))
        members[chat, other] = not members[chat, other]
        await loop.run_in_executor(None, change, owner, chat, other, members[chat, other])
        await asyncio.sleep(chance.random() * CHANGE_PAUSE_S)
    await asyncio.sleep(SETTLE_S)


async def live_while_changing(owner, chats, others, watchers, chance):
    lives = [asyncio.ensure_future(watcher.live()) for watcher in watchers]
    changing = asyncio.ensure_future(change_by_chance(owner, chats, others, chance))
    done, _ = await asyncio.wait([changing, *lives], return_when=asyncio.FIRST_COMPLETED)
    # Again and again: asyncio.wait_for(), with which websockets waits, loses a cancellation that comes as it is done.
    while lives:
        for task in lives:
            task.cancel()
        _, lives = await asyncio.wait(lives, timeout=1)
    for task in done:
        task.result()


def memberships(server, chat_id):
    """For each user that was added or removed: [(seq, whether a member from there on)]."""
    with contextlib.closing(django_rows.connect(server.database)) as db:
        rows = db.execute("SELECT id, kind, body FROM confab_event WHERE chat_id = ? AND kind IN"
                          " ('member_joined', 'member_left') ORDER BY id", (chat_id,)).fetchall()
    changes = {}
    for seq, kind, body in rows:
        changes.setdefault(json.loads(body)["user"]["id"], []).append((seq, kind == "member_joined"))
    return changes


def might_see(changes, seq, reads_back):
    """Everybody was a member at first. The event that ends it is the last that may be seen; who comes back may read what
    was said meanwhile."""
    is_member = True
    for at, joined in changes:
        if at < seq or (joined and (at == seq or reads_back)):
            is_member = joined
    return is_member


def test_frames_reach_members_alone(start_server):
    seed = int(os.environ.get("CONFAB_MEMBERS_SEED", time.time_ns() % 2**32))
    print(f"CONFAB_MEMBERS_SEED={seed}")
    chance = random.Random(seed)
    server = start_server(*USUAL_OPTIONS)
    owner, *others = people_from_rows(server, ["owner", *(f"person{i}" for i in range(PEOPLE))])
    chats = [owner.make_chat(*others) for _ in range(CHATS)]
    watchers = [Watcher(other, chat_id, random.Random(chance.random()), chats, reads_back=reads_back)
                for other in others for chat_id in (None, chance.choice(chats)) for reads_back in (False, True)]
    run(live_while_changing(owner, chats, others, watchers, chance), DEADLINE_S)
    changes = {chat: memberships(server, chat) for chat in chats}
    assert sum(len(of_user) for of_chat in changes.values() for of_user in of_chat.values()) == CHANGES
    stored = {(chat, seq) for chat in chats for seq, _ in events(server, chat)}
    for watcher in watchers:
        assert watcher.seen <= stored
        for chat, seq in watcher.seen:
            assert might_see(changes[chat].get(watcher.person.id, []), seq, watcher.reads_back), \
                f"{watcher.person.username} was shown event {seq} of chat {chat}"
    assert sum(watcher.left for watcher in watchers) > 0 and all(watcher.seen for watcher in watchers)
