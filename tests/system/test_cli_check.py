"""`confab check`: a broken database for each finding, and what --repair makes of it."""
import sqlite3

import pytest

import django_rows
from command_line import Confab

SECRET = "s" * 64


@pytest.fixture
def confab(tmp_path):
    """A sound database: alice in chat 1 with a message, and a session that the key opens."""
    made = Confab(tmp_path)
    made.ok("migrate")
    db = django_rows.connect(made.database)
    django_rows.add_user(db, "alice")
    [[password]] = db.execute("SELECT password FROM chat_user")
    made.ok("chat", "add", "Maths", "--participant", "alice")
    made.ok("message", "send", "1", "alice", "hello")
    data = django_rows.session_data(django_rows.login_dictionary(1, password, SECRET), SECRET)
    db.execute("INSERT INTO django_session VALUES (?, ?, '2099-01-01 00:00:00')", ("a" * 32, data))
    db.close()
    secret = tmp_path / "confab.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    return made


def seed(confab, *statements):
    """Break something, as a program without foreign keys would."""
    db = sqlite3.connect(confab.database, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def findings(confab, *words):
    result = confab.run("check", *words)
    assert (result.returncode, result.stderr) == (1, ""), result
    *lines, summary = result.stdout.splitlines()
    assert summary == f"confab.sqlite3: {len(lines)} finding{'s' if len(lines) != 1 else ''}"
    return lines


SOUND = "confab.sqlite3: nothing is wrong\n"


def test_sound_database_has_no_findings(confab):
    assert confab.ok("check") == SOUND
    assert confab.ok("check", "--repair") == SOUND


KINDS = {
    "participant of a chat that is gone": (
        "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (9, 1)",
        "chat_chat_participants row 2: points at a row of chat_chat that is not there; --repair deletes it", True),
    "participant who is gone": (
        "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (1, 9)",
        "chat_chat_participants row 2: points at a row of chat_user that is not there; --repair deletes it", True),
    "message without a sender": (
        "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES ('x', '2026-01-01 00:00:00', 1, 9)",
        "chat_message row 2: points at a row of chat_user that is not there; delete one or restore the other", False),
    "chat without participants": (
        "INSERT INTO chat_chat (id, name, created_at) VALUES (2, 'x', '2026-01-01 00:00:00')",
        "chat_chat row 2: nobody takes part; add a participant (confab chat add-participant 2 NAME) or delete it "
        "(confab chat delete 2)", False),
    "note of a chat that is gone": (
        "INSERT INTO confab_chat (chat_id, creator_id) VALUES (9, 1)",
        "confab_chat row 9: its chat is gone; --repair deletes it", True),
    "counter that would give an id again": (
        "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'chat_message'",
        "sqlite_sequence row chat_message: is 0, below the largest id 1, so that ids could be given again; --repair "
        "sets it", True),
    "counter that is missing": (
        "DELETE FROM sqlite_sequence WHERE name = 'chat_user'",
        "sqlite_sequence row chat_user: is missing, below the largest id 1, so that ids could be given again; "
        "--repair sets it", True),
    "session that the key does not open": (
        "INSERT INTO django_session VALUES ('bbbbbbbbbbbbbbbbbbbbbbbb', 'eyJ9:1:x', '2099-01-01 00:00:00')",
        "django_session row bbbbbbbb...: the secret key does not open it; --repair deletes it", True),
    "moment in another form": (
        "UPDATE chat_message SET timestamp = '2026-01-01T02:00:00+02:00'",
        'chat_message row 1: timestamp "2026-01-01T02:00:00+02:00" is not in Django\'s form; "2026-01-01 00:00:00" '
        "would be right", False),
    "moment that is none": (
        "UPDATE chat_chat SET created_at = 'yesterday'",
        'chat_chat row 1: created_at "yesterday" is no date and time; "2026-01-31 12:00:00.000001" would be right',
        False),
    "moment of joining": (
        "UPDATE chat_user SET date_joined = 5",
        'chat_user row 1: date_joined "5" is no date and time; "2026-01-31 12:00:00.000001" would be right', False),
    "moment of a login": (
        "UPDATE chat_user SET last_login = '2026-01-01'",
        'chat_user row 1: last_login "2026-01-01" is not in Django\'s form; "2026-01-01 00:00:00" would be right',
        False),
    "moment of an expiry": (
        "UPDATE django_session SET expire_date = '2099-01-01 00:00:00.5'",
        'django_session row aaaaaaaa...: expire_date "2099-01-01 00:00:00.5" is not in Django\'s form; '
        '"2099-01-01 00:00:00.500000" would be right', False),
    "hash that is malformed": (
        "UPDATE chat_user SET password = 'pbkdf2_sha256$x$salt$hash'",
        "chat_user row 1: the password hash of alice is malformed; nobody can log in with it: set a new password "
        "(confab user passwd)", False),
    "hash of an unknown kind": (
        "UPDATE chat_user SET password = 'md5$salt$hash'",
        "chat_user row 1: the password hash of alice is of an unknown algorithm; nobody can log in with it: set a "
        "new password (confab user passwd)", False),
    "username that is not allowed": (
        "UPDATE chat_user SET username = 'a b'",
        'chat_user row 1: the username "a b" may contain only letters, numbers, and @ . + - _, and at least one of '
        "them; give another name (confab user rename)", False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_finding_is_one_line_and_is_mended_where_that_is_safe(confab, kind):
    statement, line, is_mended = KINDS[kind]
    seed(confab, statement)
    assert findings(confab) == [line]
    if is_mended:
        assert confab.ok("check", "--repair") == SOUND
        assert confab.ok("check") == SOUND
    else:
        assert findings(confab, "--repair") == [line]
    assert confab.rows("SELECT count(*) FROM chat_user, chat_chat WHERE chat_chat.id = 1") == [(1,)]


def test_counter_is_mended_to_the_largest_id(confab):
    seed(confab, "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'chat_message'",
         "DELETE FROM sqlite_sequence WHERE name = 'chat_user'")
    confab.ok("check", "--repair")
    assert confab.rows("SELECT name, seq FROM sqlite_sequence WHERE name IN ('chat_message', 'chat_user') ORDER BY 1") \
        == [("chat_message", 1), ("chat_user", 1)]


def test_unusable_password_is_no_finding(confab):
    seed(confab, "UPDATE chat_user SET password = '!x'")
    assert confab.ok("check") == SOUND


def test_repair_takes_expired_sessions_away_and_check_does_not_mind_them(confab):
    seed(confab, "INSERT INTO django_session VALUES ('cccccccccccc', 'x', '2001-01-01 00:00:00')")
    assert confab.ok("check") == SOUND
    assert confab.rows("SELECT count(*) FROM django_session") == [(2,)]
    assert confab.ok("check", "--repair") == SOUND
    assert confab.rows("SELECT session_key FROM django_session") == [("a" * 32,)]


def test_wrong_key_is_one_finding_and_ends_nobodys_session(confab):
    seed(confab, "INSERT INTO django_session SELECT 'd' || session_key, session_data, expire_date FROM django_session")
    (confab.directory / "confab.secret").write_text("another key" * 5)
    said = ("django_session: none of 2 sessions is opened by the key in confab.secret; name the site's key with "
            "--secret-key-file")
    assert findings(confab) == [said]
    assert findings(confab, "--repair") == [said]
    assert confab.rows("SELECT count(*) FROM django_session") == [(2,)]


def test_without_a_key_sessions_are_left_alone(confab):
    seed(confab, "INSERT INTO django_session VALUES ('cccccccccccc', 'x', '2099-01-01 00:00:00')")
    (confab.directory / "confab.secret").unlink()
    assert confab.ok("check", "--repair") == (
        "sessions were not looked at: there is no secret key file confab.secret; name it with --secret-key-file\n"
        + SOUND)
    assert confab.rows("SELECT count(*) FROM django_session") == [(2,)]
    assert not (confab.directory / "confab.secret").exists()


def test_only_the_first_hundred_of_a_kind_are_told(confab):
    seed(confab, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 109) "
                 "INSERT INTO confab_chat (chat_id) SELECT i FROM n")
    assert len(findings(confab)) == 100
    seed(confab, "INSERT INTO confab_chat (chat_id) VALUES (110)")
    lines = findings(confab)
    assert len(lines) == 101
    assert lines[-1] == "confab_chat rows of chats that are gone: 1 more of this kind"


def test_damaged_file_is_said_and_not_touched(confab):
    db = sqlite3.connect(confab.database, isolation_level=None)
    for i in range(300):
        db.execute("INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                   "VALUES (?, '2026-01-01 00:00:00', 1, 1)", ("x" * 500,))
    [[root]] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'chat_message_chat_id_21483fa7'")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(confab.database.read_bytes())
    content[(root - 1) * 4096:root * 4096] = bytes(4096)
    confab.database.write_bytes(content)
    result = confab.run("check")
    assert result.returncode == 1
    assert "the file is damaged" in result.stdout + result.stderr
    result = confab.run("check", "--repair")
    assert result.returncode == 1
    assert "damaged" in result.stderr


def test_database_that_is_not_of_this_version_is_said(confab):
    seed(confab, "UPDATE confab_meta SET value = '99' WHERE key = 'schema_version'")
    assert "has schema version 99" in confab.refused(1, "check")
