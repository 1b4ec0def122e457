"""Rows as Django writes them into the shared SQLite file: users, login sessions, chats, messages.

Two uses. Tests that need hundreds of users get them without hundreds of slow password hashes; and
every such test proves that another process's rows are taken (the formats are Django's: signed session
data, PBKDF2 hashes, datetime texts). No code of the server is used here.
"""
import base64
import datetime
import hashlib
import hmac
import json
import secrets
import sqlite3
import string
import time

# Another process may hold the write lock for a group commit.
LOCK_DEADLINE_S = 60

SESSION_SALT = "django.contrib.sessions.SessionStore" + "signer"
AUTH_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
BACKEND = "django.contrib.auth.backends.ModelBackend"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SESSION_KEY_LETTERS = string.ascii_lowercase + string.digits


def connect(path):
    """A connection in autocommit, with Django's pragma."""
    db = sqlite3.connect(path, timeout=LOCK_DEADLINE_S, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    return db


def datetime_text(moment=None):
    """Django's text for SQLite: a fraction only if it is not zero."""
    moment = moment or datetime.datetime.now(datetime.timezone.utc)
    return moment.replace(tzinfo=None).isoformat(sep=" ")


def password_hash(password, iterations=1):
    salt = "abcdefghijklmnopqrstuv"
    raw = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(raw).decode()}"


def mac(salt, secret, message):
    key = hashlib.sha256((salt + secret).encode()).digest()
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def base62(number):
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits or "0"


def session_data(dictionary, secret):
    """The signed text of a session, uncompressed."""
    body = base64url(json.dumps(dictionary, separators=(",", ":")).encode())
    value = body + ":" + base62(int(time.time()))
    return value + ":" + base64url(mac(SESSION_SALT, secret, value))


def login_dictionary(user_id, encoded_password, secret):
    return {
        "_auth_user_id": str(user_id),
        "_auth_user_backend": BACKEND,
        "_auth_user_hash": mac(AUTH_HASH_SALT, secret, encoded_password).hex(),
    }


def add_user(db, username, password="correct horse", *, email=None, user_type="student",
             is_active=True, is_staff=False):
    """Insert a user; the id. The e-mail defaults to NAME@example.com."""
    return db.execute(
        "INSERT INTO chat_user (password, last_login, is_superuser, username, first_name, last_name,"
        " email, is_staff, is_active, date_joined, user_type)"
        " VALUES (?, NULL, 0, ?, '', '', ?, ?, ?, ?, ?)",
        (password_hash(password), username, f"{username}@example.com" if email is None else email,
         int(is_staff), int(is_active), datetime_text(), user_type)).lastrowid


def add_session(db, user_id, secret, *, age_s=1209600):
    """Insert a login session of a user; its key, which is the cookie's value."""
    (encoded,) = db.execute("SELECT password FROM chat_user WHERE id = ?", (user_id,)).fetchone()
    key = "".join(secrets.choice(SESSION_KEY_LETTERS) for _ in range(32))
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=age_s)
    db.execute("INSERT INTO django_session VALUES (?, ?, ?)",
               (key, session_data(login_dictionary(user_id, encoded, secret), secret),
                datetime_text(expires)))
    return key


def add_chat(db, name, user_ids):
    """Insert a chat with its participants; the id. Its creator is not known, as with Django's."""
    chat_id = db.execute("INSERT INTO chat_chat (name, created_at) VALUES (?, ?)",
                         (name, datetime_text())).lastrowid
    db.executemany("INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (?, ?)",
                   [(chat_id, user_id) for user_id in user_ids])
    return chat_id


def add_messages(db, chat_id, sender_id, contents, *, moment=None):
    """Insert messages in one transaction, a microsecond apart."""
    moment = moment or datetime.datetime.now(datetime.timezone.utc)
    step = datetime.timedelta(microseconds=1)
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES (?, ?, ?, ?)",
        ((content, datetime_text(moment + index * step), chat_id, sender_id)
         for index, content in enumerate(contents)))
    db.execute("COMMIT")


def stored_contents(path, chat_id):
    """What the message table holds of a chat, in the order of ids."""
    db = connect(path)
    try:
        return [row[0] for row in db.execute(
            "SELECT content FROM chat_message WHERE chat_id = ? ORDER BY id", (chat_id,))]
    finally:
        db.close()
