"""`manage.py obey`: does what the tests ask, one JSON object a line, until its input ends.

A request is {"do": NAME, ...arguments}; the answer is {"ok": RESULT} or {"failed": TEXT}. The work is done by
the ORM, by Django's commands, test client and admin: nothing here writes SQL.
"""
import datetime
import io
import json
import sys
import time

import django
from django.contrib.auth.hashers import get_hasher, get_hashers
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from chat.models import Chat, Message, User
from django.contrib.sessions.models import Session


def version():
    return django.get_version()


def manage(words):
    """`manage.py WORDS`, in this process: to start another takes longer than most commands. What it printed."""
    printed = io.StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue()


def hasher_names():
    """The algorithms of this site that can be used: some need a library that may be missing."""
    names = []
    for hasher in get_hashers():
        try:
            if hasher.library:
                hasher._load_library()
        except ValueError:  # "Couldn't load ..."
            continue
        names.append(hasher.algorithm)
    return names


def add_user(username, password, hasher="default", **columns):
    user = User(username=username, email=f"{username}@example.com", **columns)
    made_by = get_hasher(hasher)
    user.password = made_by.encode(password, made_by.salt())
    user.save()
    return user.id


def set_password(username, password):
    user = User.objects.get(username=username)
    user.set_password(password)
    user.save()


def encoded_password(username):
    return User.objects.get(username=username).password


def change_user(username, **columns):
    User.objects.filter(username=username).update(**columns)


def delete_user(username):
    User.objects.get(username=username).delete()


def add_chat(name, usernames):
    chat = Chat.objects.create(name=name)
    chat.participants.set(User.objects.filter(username__in=usernames))
    return chat.id


def remove_participant(chat, username):
    Chat.objects.get(id=chat).participants.remove(User.objects.get(username=username))


def add_participant(chat, username):
    Chat.objects.get(id=chat).participants.add(User.objects.get(username=username))


def delete_chat(chat):
    Chat.objects.get(id=chat).delete()


def add_message(chat, username, content):
    return Message.objects.create(chat_id=chat, sender=User.objects.get(username=username), content=content).id


def add_messages(chat, username, contents):
    """One insert after the other, as the requests of a site do; how long the slowest took."""
    sender = User.objects.get(username=username)
    slowest = 0.0
    for content in contents:
        began = time.monotonic()
        Message.objects.create(chat_id=chat, sender=sender, content=content)
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def contents(chat):
    return list(Message.objects.filter(chat_id=chat).order_by("timestamp", "id").values_list("content", flat=True))


def message_times(chat):
    return [moment.isoformat() for moment in
            Message.objects.filter(chat_id=chat).order_by("id").values_list("timestamp", flat=True)]


def session_keys():
    return list(Session.objects.values_list("session_key", flat=True))


def expire_session(key):
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - datetime.timedelta(seconds=1))


def delete_session(key):
    Session.objects.filter(session_key=key).delete()


def set_in_session(key, name, value):
    """Another application keeps something of its own in the session."""
    from django.contrib.sessions.backends.db import SessionStore
    store = SessionStore(session_key=key)
    store[name] = value
    store.save()


def get_from_session(key, name):
    from django.contrib.sessions.backends.db import SessionStore
    return SessionStore(session_key=key).get(name)


def request(method, path, cookie=None, json_body=None, form=None):
    """Through all of Django's middleware. cookie: the session's."""
    client = Client(raise_request_exception=False)
    if cookie is not None:
        client.cookies["sessionid"] = cookie
    arguments = {"content_type": "application/json", "data": json_body} if json_body is not None else {"data": form or {}}
    answer = getattr(client, method.lower())(path, **arguments)
    return {"status": answer.status_code, "text": answer.content.decode(),
            "cookies": {name: morsel.value for name, morsel in answer.cookies.items()},
            "set_cookie": [morsel.OutputString() for morsel in answer.cookies.values()]}


ORDERS = {order.__name__: order for order in (
    version, manage, hasher_names, add_user, set_password, encoded_password, change_user, delete_user, add_chat, remove_participant,
    add_participant, delete_chat, add_message, add_messages, contents, message_times, session_keys, expire_session,
    delete_session, set_in_session, get_from_session, request)}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, *args, **options):
        for line in sys.stdin:
            order = json.loads(line)
            close_old_connections()  # a site closes its connection after each request
            try:
                answer = {"ok": ORDERS[order.pop("do")](**order)}
            except Exception as error:  # the test decides what that means
                answer = {"failed": f"{type(error).__name__}: {error}"}
            close_old_connections()
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
