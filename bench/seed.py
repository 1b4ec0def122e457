#!/usr/bin/env python3
"""Fill a migrated database with users, chats and sessions for a scenario, and write the plan of who connects where.

Rows are written directly, and sessions are signed here in Django's format, so that a scenario of thousands of users is
ready in a second: no password is ever hashed with a real cost. The users' passwords are hashes of one iteration; nobody
logs in with them, they only take part in the sessions' hashes.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import string
import time

SESSION_SALT = "django.contrib.sessions.SessionStore" + "signer"
AUTH_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
BACKEND = "django.contrib.auth.backends.ModelBackend"
SESSION_DAYS = 14
CONTENT_BYTES = 100
KEY_LETTERS = string.ascii_lowercase + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def mac(secret, salt, message):
    """Django's salted_hmac with SHA-256: the key is always the hash of salt and secret."""
    key = hashlib.sha256((salt + secret).encode()).digest()
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base62(number):
    digits = ""
    while number > 0:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits or "0"


def session_data(secret, user_id, password, now):
    """The text of a login session's row, uncompressed."""
    content = {
        "_auth_user_id": str(user_id),
        "_auth_user_backend": BACKEND,
        "_auth_user_hash": mac(secret, AUTH_HASH_SALT, password).hex(),
    }
    body = base64url(json.dumps(content, separators=(",", ":")).encode())
    value = f"{body}:{base62(now)}"
    return f"{value}:{base64url(mac(secret, SESSION_SALT, value))}"


def read_or_make_secret(path):
    """The secret in the file; a new one, readable by its owner alone, if there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(48)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret + "\n")
        return secret


def password_hash(number):
    salt = f"benchsalt{number:013d}"
    digest = hashlib.pbkdf2_hmac("sha256", b"bench", salt.encode(), 1, 32)
    return f"pbkdf2_sha256$1${salt}${base64.b64encode(digest).decode()}"


def make_user(database, number, now_text):
    name = f"u{number:05d}"
    password = password_hash(number)
    row = database.execute(
        "INSERT INTO chat_user (password, last_login, is_superuser, username, first_name, last_name, email, is_staff,"
        " is_active, date_joined, user_type) VALUES (?, NULL, 0, ?, '', '', ?, 0, 1, ?, 'student')",
        (password, name, name + "@example.com", now_text),
    )
    return row.lastrowid, password


def make_session(database, secret, user_id, password, now):
    key = "".join(secrets.choice(KEY_LETTERS) for _ in range(32))
    ends = datetime.datetime.fromtimestamp(now, datetime.timezone.utc) + datetime.timedelta(days=SESSION_DAYS)
    database.execute(
        "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)",
        (key, session_data(secret, user_id, password, now), ends.strftime("%Y-%m-%d %H:%M:%S.%f")),
    )
    return key


def make_chat(database, number, user_ids, now_text):
    row = database.execute("INSERT INTO chat_chat (name, created_at) VALUES (?, ?)", (f"bench {number}", now_text))
    database.executemany(
        "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (?, ?)",
        [(row.lastrowid, user_id) for user_id in user_ids],
    )
    return row.lastrowid


def make_messages(database, chat_id, user_ids, count, now):
    """Messages of 100 bytes, a second apart, the members in turn; every tenth with letters beyond ASCII and a quote."""
    filler = "The quick brown fox jumps over the lazy dog, and the dog, being lazy, lets it. And so on and on."
    special = "Der schnelle Fuchs springt \u00fcber den faulen Hund: \"\u00e4h\", sagt der Hund, und schl\u00e4ft weiter."
    begin = datetime.datetime.fromtimestamp(now - count, datetime.timezone.utc)

    def rows():
        for number in range(count):
            text = f"{number} {special if number % 10 == 9 else filler}".encode()[:CONTENT_BYTES].decode(errors="ignore")
            moment = begin + datetime.timedelta(seconds=number, microseconds=number % 1000000 + 1)
            yield text, moment.strftime("%Y-%m-%d %H:%M:%S.%f"), chat_id, user_ids[number % len(user_ids)]

    database.executemany("INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES (?, ?, ?, ?)", rows())


def make_missed(database, room, chat_id, user_id, count, now_text):
    """One message that everybody has, and so many that nobody has, numbered as the load generator numbers its own; the id of
    the first."""
    insert = "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES (?, ?, ?, ?)"
    first = database.execute(insert, ("everybody has this", now_text, chat_id, user_id)).lastrowid
    contents = (f"#{room:08x}.{number:08x}.".ljust(CONTENT_BYTES, "x") for number in range(count))
    database.executemany(insert, ((content, now_text, chat_id, user_id) for content in contents))
    return first


def seed(database, secret, options):
    """Make the rooms, each with its own members; the lines of the plan (bench/plan.h)."""
    now = int(time.time())
    now_text = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    lines = []
    for room in range(options.rooms):
        users = [make_user(database, room * options.members + i + 1, now_text) for i in range(options.members)]
        chat_id = make_chat(database, room + 1, [user_id for user_id, _ in users], now_text)
        make_messages(database, chat_id, [user_id for user_id, _ in users], options.messages, now)
        after = ""
        if options.missed > 0:
            after = f" {make_missed(database, room, chat_id, users[0][0], options.missed, now_text)}"
        for user_id, password in users:
            lines.append(f"{chat_id} {make_session(database, secret, user_id, password, now)}{after}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", required=True, help="SQLite file, migrated and without users")
    parser.add_argument("--secret-key-file", required=True, help="made if it does not exist")
    parser.add_argument("--plan", required=True, help="file to write: one line per connection")
    parser.add_argument("--rooms", type=int, default=1)
    parser.add_argument("--members", type=int, default=1000, help="of each room, each with a session")
    parser.add_argument("--messages", type=int, default=0, help="in each room's history")
    parser.add_argument("--missed", type=int, default=0, help="messages that everybody of a room has missed")
    options = parser.parse_args()
    secret = read_or_make_secret(options.secret_key_file)
    database = sqlite3.connect(options.database)
    with database:
        lines = seed(database, secret, options)
    database.close()
    with open(options.plan, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
