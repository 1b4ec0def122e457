"""`confab user|chat|message|session …`: what an administrator changes, beside a running server and without one."""
import json
import sqlite3
import time

import pytest

import django_rows
from command_line import FAST_HASH, Confab
from confab_server import Server
from people import people_from_rows

# Guards against hanging only.
SEEN_DEADLINE_S = 30


@pytest.fixture
def confab(tmp_path):
    """A database with alice and bob in chat 1, carol in none, and a message of bob's."""
    made = Confab(tmp_path)
    made.ok("migrate")
    db = django_rows.connect(made.database)
    for name in ("alice", "bob", "carol"):
        django_rows.add_user(db, name)
    db.close()
    made.ok("chat", "add", "Maths", "--participant", "alice", "--participant", "bob")
    assert made.ok("message", "send", "1", "bob", " hello ") == "stored message 1\n"
    return made


def test_user_show_tells_the_user_and_the_chats(confab):
    assert confab.ok("user", "show", "bob") == (
        "id: 2\nusername: bob\ntype: student\nemail: bob@example.com\nactive: yes\npower: \nmessages: 1\n"
        "chat: 1 Maths\n")
    shown = json.loads(confab.ok("user", "show", "bob", "--json"))
    assert (shown["username"], shown["messages"], shown["chats"]) == ("bob", 1, [1])


@pytest.mark.parametrize("words", [
    ("user", "show", "dave"), ("user", "rename", "dave", "eve"), ("user", "activate", "dave"),
    ("user", "deactivate", "dave"), ("user", "staff", "dave", "staff"), ("user", "delete", "dave"),
    ("chat", "add-participant", "1", "dave"), ("chat", "remove-participant", "1", "dave"),
    ("chat", "role", "1", "dave", "owner"),
    ("message", "send", "1", "dave", "x"),
])
def test_unknown_users_are_named(confab, words):
    assert confab.refused(1, *words) == 'confab: there is no user "dave"; confab user list shows all\n'


@pytest.mark.parametrize("chat", ["2", "0", "x", "99999999999999999999"])
@pytest.mark.parametrize("words", [
    ("chat", "show"), ("chat", "rename", None, "x"), ("chat", "delete"), ("chat", "add-participant", None, "carol"),
    ("chat", "remove-participant", None, "bob"), ("chat", "role", None, "bob", "owner"), ("chat", "kind", None, "public"),
    ("message", "list"), ("message", "send", None, "bob", "x"),
])
def test_unknown_chats_are_named(confab, words, chat):
    words = (*words[:2], chat, *words[3:])
    assert confab.refused(1, *words) == \
        f'confab: there is no chat with the id "{chat}"; confab chat list shows all\n'


def test_user_rename_keeps_everything_else(confab):
    assert confab.ok("user", "rename", "bob", "bobby") == "renamed bob to bobby\n"
    assert confab.rows("SELECT username FROM chat_user ORDER BY id") == [("alice",), ("bobby",), ("carol",)]
    assert confab.refused(1, "user", "rename", "bobby", "alice") == \
        "confab: there is a user alice already; choose another name\n"
    assert "may contain only letters" in confab.refused(2, "user", "rename", "bobby", "b b")


def test_user_deactivate_and_activate(confab):
    assert confab.ok("user", "deactivate", "bob") == "deactivated bob\n"
    assert confab.rows("SELECT is_active FROM chat_user WHERE username = 'bob'") == [(0,)]
    assert "only participants who are active may" in confab.refused(1, "message", "send", "1", "bob", "x")
    assert confab.ok("user", "activate", "bob") == "activated bob\n"
    confab.ok("message", "send", "1", "bob", "x")


@pytest.mark.parametrize("power, columns", [("none", (0, 0)), ("staff", (1, 0)), ("superuser", (1, 1))])
def test_user_staff_sets_the_power(confab, power, columns):
    assert confab.ok("user", "staff", "bob", power) == f"the power of bob is now: {power}\n"
    assert confab.rows("SELECT is_staff, is_superuser FROM chat_user WHERE username = 'bob'") == [columns]
    assert "none, staff, superuser" in confab.refused(2, "user", "staff", "bob", "god")


def test_user_delete_spares_messages_unless_told(confab):
    assert confab.refused(1, "user", "delete", "bob") == (
        "confab: bob has written 1 messages; confab user deactivate keeps them, --with-messages deletes them too\n")
    assert confab.ok("user", "delete", "carol") == "deleted carol\n"
    assert confab.ok("user", "delete", "bob", "--with-messages") == "deleted bob and 1 message\n"
    assert confab.rows("SELECT username FROM chat_user") == [("alice",)]
    assert confab.rows("SELECT user_id FROM chat_chat_participants") == [(1,)]
    assert confab.rows("SELECT count(*) FROM chat_message") == [(0,)]
    assert confab.rows("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("words, parent, said", [
    (("user", "delete", "alice"), "chat_user", "user or the messages"),
    (("chat", "delete", "1"), "chat_chat", "chat or its messages"),
])
def test_rows_of_other_programs_stand_in_the_way_and_are_named(confab, words, parent, said):
    confab.rows(f"CREATE TABLE plugin (id integer primary key, of integer REFERENCES {parent} (id) "
                "DEFERRABLE INITIALLY DEFERRED)")
    confab.rows("INSERT INTO plugin VALUES (1, 1)")
    assert confab.refused(1, *words) == (
        f'confab: rows of the table "plugin", which confab does not know, point at the {said}; delete them first, '
        "with the program that made them\n")
    assert confab.rows("SELECT count(*) FROM chat_user") == [(3,)]
    assert confab.rows("SELECT count(*) FROM chat_chat_participants") == [(2,)]


def test_user_without_djangos_admin_tables_can_be_deleted(confab):
    for table in ("django_admin_log", "chat_user_groups", "chat_user_user_permissions"):
        confab.rows(f"DROP TABLE {table}")
    confab.ok("user", "delete", "carol")


def test_chat_show_rename_delete(confab):
    lines = confab.ok("chat", "show", "1").splitlines()
    assert [line for line in lines if not line.startswith("created: ")] == \
        ["id: 1", "name: Maths", "kind: group", "receipts: off", "creator: alice", "participant: alice", "participant: bob"]
    assert confab.ok("chat", "rename", "1", " Physics ") == "renamed chat 1\n"
    assert json.loads(confab.ok("chat", "show", "1", "--json"))["name"] == "Physics"
    assert "is empty" in confab.refused(2, "chat", "rename", "1", " ")
    assert confab.ok("chat", "delete", "1") == "deleted chat 1\n"
    assert confab.rows("SELECT (SELECT count(*) FROM chat_chat) + (SELECT count(*) FROM chat_message)"
                       " + (SELECT count(*) FROM confab_chat)") == [(0,)]


def test_participants_come_and_go(confab):
    assert confab.ok("chat", "add-participant", "1", "carol") == "added carol to chat 1\n"
    assert "takes part in chat 1 already" in confab.refused(1, "chat", "add-participant", "1", "carol")
    assert confab.ok("chat", "remove-participant", "1", "bob") == "removed bob from chat 1\n"
    assert "takes no part in chat 1" in confab.refused(1, "chat", "remove-participant", "1", "bob")
    assert confab.rows("SELECT user_id FROM chat_chat_participants ORDER BY 1") == [(1,), (3,)]


def test_what_is_done_to_a_chat_has_its_event(confab):
    confab.ok("chat", "rename", "1", "Physics")
    confab.ok("chat", "add-participant", "1", "carol")
    confab.ok("chat", "remove-participant", "1", "alice")
    events = [(kind, json.loads(body)) for kind, body in confab.rows("SELECT kind, body FROM confab_event ORDER BY id")]
    assert events[0] == ("chat_updated", {"chat": 1, "name": "Physics", "kind": "group", "receipts": False})
    assert events[1][0] == "member_joined" and events[1][1]["user"]["username"] == "carol" and events[1][1]["by"] is None
    assert events[2] == ("member_updated", {"chat": 1, "user": {"id": 2}, "role": "owner", "muted_until": None})
    assert events[3] == ("member_left", {"chat": 1, "user": {"id": 1, "username": "alice"}, "by": None, "reason": "removed"})


def test_a_chat_of_django_is_given_an_owner(confab):
    confab.rows("DELETE FROM confab_chat")
    assert confab.ok("chat", "role", "1", "bob", "owner") == "bob is owner of chat 1\n"
    assert confab.rows("SELECT user_id, role FROM confab_member") == [(2, "owner")]
    assert confab.refused(1, "chat", "role", "1", "bob", "member") == \
        "confab: chat 1: The chat needs an owner: make another one first\n"
    assert confab.refused(1, "chat", "role", "1", "carol", "member") == \
        "confab: chat 1: The user takes no part in this chat\n"
    for word in ("king", "banned", "none", ""):
        assert "none of: owner, moderator, member, read_only" in confab.refused(2, "chat", "role", "1", "bob", word)


def test_a_chat_is_made_another_kind(confab):
    assert confab.ok("chat", "kind", "1", "announcement") == "the kind of chat 1 is announcement\n"
    assert confab.rows("SELECT kind FROM confab_chat") == [("announcement",)]
    assert confab.rows("SELECT kind FROM confab_event") == [("chat_updated",)]
    confab.ok("chat", "kind", "1", "direct")
    assert "stays one" in confab.refused(1, "chat", "kind", "1", "group")
    assert "none of: group, public, announcement, direct" in confab.refused(2, "chat", "kind", "1", "circle")


def test_a_chat_gets_receipts(confab):
    assert confab.ok("chat", "receipts", "1", "on") == "members of chat 1 learn how far others have read\n"
    assert confab.rows("SELECT settings FROM confab_chat") == [('{"receipts":true}',)]
    assert confab.ok("chat", "receipts", "1", "off") == "members of chat 1 do not learn how far others have read\n"
    assert [json.loads(body)["receipts"] for body, in confab.rows("SELECT body FROM confab_event ORDER BY id")] == [True, False]
    assert "no chat with the id" in confab.refused(1, "chat", "receipts", "7", "on")
    assert '"yes" is none of: on, off' in confab.refused(2, "chat", "receipts", "1", "yes")


def test_direct_chat_keeps_its_two(confab):
    confab.rows("UPDATE confab_chat SET kind = 'direct'")
    for command in ("add-participant", "remove-participant"):
        name = "carol" if command.startswith("add") else "bob"
        assert confab.refused(1, "chat", command, "1", name) == "confab: chat 1 is a direct one: its two members stay\n"
    assert confab.rows("SELECT user_id FROM chat_chat_participants ORDER BY 1") == [(1,), (2,)]


def test_message_list_shows_the_last_ones_in_order(confab):
    for i in range(2, 61):
        confab.rows("INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                    "VALUES (?, '2026-01-02 03:04:05', 1, 1)", f"m{i}")
    assert confab.ok("message", "list", "1", "--last", "2") == (
        "59  2026-01-02T03:04:05Z  alice: m59\n60  2026-01-02T03:04:05Z  alice: m60\n")
    assert len(confab.ok("message", "list", "1").splitlines()) == 50
    everything = [json.loads(line) for line in confab.ok("message", "list", "1", "--last", "0", "--json").splitlines()]
    assert [message["id"] for message in everything] == list(range(1, 61))
    assert (everything[0]["content"], everything[0]["sender"]) == ("hello", "bob")
    assert confab.ok("message", "list", "1", "--last", "60") == confab.ok("message", "list", "1", "--last", "0")


def test_messages_are_refused_that_say_nothing_or_come_from_outside(confab):
    assert "TEXT is empty" in confab.refused(2, "message", "send", "1", "bob", " \n")
    assert "carol may not write in chat 1" in confab.refused(1, "message", "send", "1", "carol", "x")
    assert confab.refused(2, "message", "send", "1", "bob") == \
        "confab: confab message send needs a TEXT: confab message send CHAT USERNAME TEXT …\n"
    assert confab.rows("SELECT count(*) FROM chat_message") == [(1,)]


# sessions


SECRET = "s" * 64


@pytest.fixture
def logged_in(confab):
    """alice has two sessions, bob one; another is expired."""
    (confab.directory / "confab.secret").write_text(SECRET + "\n")
    (confab.directory / "confab.secret").chmod(0o600)
    db = django_rows.connect(confab.database)
    for key, user, expires in (("a" * 32, 1, "2099-01-01 00:00:00"), ("ab" + "c" * 30, 1, "2099-01-02 00:00:00"),
                               ("b" * 32, 2, "2099-01-01 00:00:00"), ("e" * 32, 2, "2001-01-01 00:00:00")):
        [[password]] = db.execute("SELECT password FROM chat_user WHERE id = ?", (user,))
        data = django_rows.session_data(django_rows.login_dictionary(user, password, SECRET), SECRET)
        db.execute("INSERT INTO django_session VALUES (?, ?, ?)", (key, data, expires))
    db.close()
    return confab


def keys(confab):
    return [key for key, in confab.rows("SELECT session_key FROM django_session ORDER BY 1")]


def test_session_list_names_the_users_and_hides_the_keys(logged_in):
    text = logged_in.ok("session", "list")
    assert [line.split() for line in text.splitlines()] == [
        ["KEY", "USER", "EXPIRES", "STATE"],
        ["aaaaaaaa", "alice", "2099-01-01T00:00:00Z"],
        ["abcccccc", "alice", "2099-01-02T00:00:00Z"],
        ["bbbbbbbb", "bob", "2099-01-01T00:00:00Z"],
        ["eeeeeeee", "bob", "2001-01-01T00:00:00Z", "expired"],
    ]
    assert "a" * 9 not in logged_in.ok("session", "list", "--json")
    assert len(logged_in.ok("session", "list", "--user", "alice").splitlines()) == 3
    assert json.loads(logged_in.ok("session", "list", "--json").splitlines()[3]) == {
        "key": "eeeeeeee", "user": "bob", "expires_at": "2001-01-01T00:00:00Z", "is_expired": True}


def test_session_list_without_the_key_does_not_guess(logged_in):
    (logged_in.directory / "confab.secret").unlink()
    assert logged_in.ok("session", "list").splitlines()[1].split() == ["aaaaaaaa", "?", "2099-01-01T00:00:00Z"]
    assert "there is no secret key file confab.secret" in logged_in.refused(1, "session", "list", "--user", "alice")
    assert not (logged_in.directory / "confab.secret").exists()


def test_session_end_ends_those_that_are_meant(logged_in):
    assert "2 sessions have a key that begins so" in logged_in.refused(1, "session", "end", "a")
    assert len(keys(logged_in)) == 4
    assert logged_in.ok("session", "end", "aaaaaaaa") == "ended 1 session\n"
    assert "a" * 32 not in keys(logged_in)
    assert "no such session" in logged_in.refused(1, "session", "end", "zzz")
    assert logged_in.ok("session", "end", "--user", "bob") == "ended 2 sessions\n"
    assert keys(logged_in) == ["ab" + "c" * 30]
    assert logged_in.ok("session", "end", "--all") == "ended 1 session\n"
    assert keys(logged_in) == []


@pytest.mark.parametrize("words", [(), ("a", "--all"), ("--all", "--user", "bob"), ("a", "--user", "bob")])
def test_session_end_wants_one_way_to_say_which(logged_in, words):
    assert "needs one of: KEY, --user USERNAME, --all" in logged_in.refused(2, "session", "end", *words)
    assert "KEY is empty" in logged_in.refused(2, "session", "end", "")
    assert len(keys(logged_in)) == 4


# beside a running server


def eventually(condition):
    deadline = time.monotonic() + SEEN_DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_running_server_shows_what_the_commands_did(tmp_path):
    server = Server(tmp_path, "--message-rate", "off").start()
    try:
        confab = Confab(tmp_path)
        at = ("--database", server.database)
        alice, bob = people_from_rows(server, ["alice", "bob"])
        confab.ok("chat", "add", "Maths", "--participant", "alice", "--participant", "bob", *at)
        confab.ok("message", "send", "1", "bob", "from the shell", *at)

        def contents():
            return [row["content"] for row in alice.history(1)]
        eventually(lambda: contents() == ["from the shell"])
        confab.ok("chat", "rename", "1", "Physics", *at)
        assert alice.get("/api/chats/").json()[0]["name"] == "Physics"
        confab.ok("session", "end", "--user", "bob", *at, "--secret-key-file", server.secret_key_file)
        assert bob.get("/api/me/").status_code == 403
        assert alice.get("/api/me/").status_code == 200
        confab.ok("user", "deactivate", "alice", *at)
        assert alice.get("/api/me/").status_code == 403
        assert confab.ok("check", *at, "--secret-key-file", server.secret_key_file).endswith("nothing is wrong\n")
    finally:
        server.stop()
