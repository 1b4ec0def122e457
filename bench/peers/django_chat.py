#!/usr/bin/env python3
"""A chat on Django Channels and daphne: insert, then group_send to a group of the in-memory layer. django_chat.py DATABASE

This is what confab's contract comes from, without the session and the membership, which no peer is asked to check.
"""

import itertools
import json
import sys

import django
from django.conf import settings

# The layer drops what is beyond a channel's capacity; none of a scenario's messages may be.
CHANNEL_CAPACITY = 1000 * 1000

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    CHANNEL_LAYERS={
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CHANNEL_CAPACITY}}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

# Django's models and Channels' consumers can be imported only after the settings are made.
# pylint: disable=wrong-import-position
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from daphne.cli import CommandLineInterface
from django.db import connection, models
from django.urls import re_path
from django.utils import timezone

from listening import listen, say_listening


class Message(models.Model):
    """The columns of chat_message; the two references are plain numbers here, so that no row is read for them."""

    content = models.TextField()
    timestamp = models.DateTimeField()
    chat_id = models.BigIntegerField()
    sender_id = models.BigIntegerField()

    class Meta:
        app_label = "chat"
        db_table = "chat_message"
        managed = False


def read_seats():
    """The participants of every chat, to be given out in turn."""
    users = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.chat_id, u.id, u.username, u.email, u.user_type FROM chat_chat_participants p"
            " JOIN chat_user u ON u.id = p.user_id ORDER BY p.id"
        )
        for chat_id, *user in cursor.fetchall():
            users.setdefault(chat_id, []).append(dict(zip(("id", "username", "email", "user_type"), user)))
    return {chat_id: itertools.cycle(members) for chat_id, members in users.items()}


SEATS = read_seats()


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.chat_id = int(self.scope["url_route"]["kwargs"]["chat_id"])
        self.user = next(SEATS[self.chat_id])
        self.group = f"chat_{self.chat_id}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        content = json.loads(text_data)["content"]
        message = await database_sync_to_async(Message.objects.create)(
            content=content, timestamp=timezone.now(), chat_id=self.chat_id, sender_id=self.user["id"]
        )
        fields = {
            "id": message.id,
            "chat": self.chat_id,
            "sender": self.user,
            "content": content,
            "timestamp": message.timestamp.isoformat(),
        }
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": fields})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"type": "message", "message": event["message"]}))


application = ProtocolTypeRouter(
    {"websocket": URLRouter([re_path(r"^ws/chat/(?P<chat_id>[0-9]+)/$", ChatConsumer.as_asgi())])}
)


def main():
    listener, port = listen()
    say_listening(port)  # daphne only has to accept now
    # daphne imports the application by name, and this file runs as __main__.
    CommandLineInterface().run(["--fd", str(listener.fileno()), "--verbosity", "0", "__main__:application"])


if __name__ == "__main__":
    main()
