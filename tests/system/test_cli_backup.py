"""`confab backup` and `confab restore`: while a server writes, and when something is in the way."""
import sqlite3
import stat
import threading

import pytest

import django_rows
from command_line import Confab
from confab_server import Server
from people import people_from_rows


@pytest.fixture
def confab(tmp_path):
    made = Confab(tmp_path)
    made.ok("migrate")
    made.rows("INSERT INTO chat_chat (name, created_at) VALUES ('first', '2026-01-01 00:00:00')")
    return made


def chats(confab):
    return [name for name, in confab.rows("SELECT name FROM chat_chat ORDER BY id")]


def test_backup_is_one_private_file_and_comes_back_whole(confab):
    backup = confab.directory / "backup.sqlite3"
    said = confab.ok("backup", backup)
    assert said == f"backed up confab.sqlite3 to {backup} ({backup.stat().st_size} bytes)\n"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert sorted(path.name for path in confab.directory.iterdir()) == ["backup.sqlite3", "confab.sqlite3"]
    before = backup.read_bytes()
    confab.rows("INSERT INTO chat_chat (name, created_at) VALUES ('second', '2026-01-01 00:00:00')")
    confab.database.chmod(0o640)
    said = confab.ok("restore", backup).splitlines()
    assert said[0] == f"restored confab.sqlite3 from {backup}"
    assert chats(confab) == ["first"]
    assert stat.S_IMODE(confab.database.stat().st_mode) == 0o640  # who could read the old one can read the new one
    kept = Confab(confab.directory)
    kept.database = confab.directory / said[1].removeprefix("the database that was there is kept as ")
    assert kept.database.name.startswith("confab.sqlite3.replaced-")
    assert chats(kept) == ["first", "second"]
    assert backup.read_bytes() == before


def test_backup_does_not_overwrite(confab):
    backup = confab.directory / "backup.sqlite3"
    backup.write_text("precious")
    assert confab.refused(1, "backup", backup) == \
        f"confab: {backup}: is there already and is not overwritten; choose another name\n"
    assert backup.read_text() == "precious"
    assert "No such file" in confab.refused(1, "backup", confab.directory / "nowhere" / "backup")
    assert sorted(path.name for path in confab.directory.iterdir()) == ["backup.sqlite3", "confab.sqlite3"]


def test_restore_makes_a_database_that_is_missing(confab):
    confab.ok("backup", "backup")
    confab.database.unlink()
    assert confab.ok("restore", "backup") == "restored confab.sqlite3 from backup\n"
    assert chats(confab) == ["first"]


def test_restore_replaces_a_database_that_is_damaged(confab):
    confab.ok("backup", "backup")
    confab.database.write_text("rubbish")
    (confab.directory / "confab.sqlite3-wal").write_text("more rubbish")
    assert "is kept as" in confab.ok("restore", "backup")
    assert chats(confab) == ["first"]
    [kept] = confab.directory.glob("*.replaced-*Z")
    assert kept.read_text() == "rubbish"
    assert kept.with_name(kept.name + "-wal").read_text() == "more rubbish"


def damage(path):
    path.write_bytes(path.read_bytes()[:-8192])


def empty(path):
    path.unlink()
    sqlite3.connect(path).execute("VACUUM").connection.close()


def replace_by_another_programs(path):
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE music (id integer)")
    db.commit()
    db.close()


@pytest.mark.parametrize("spoil, said", [
    (damage, "damaged"),
    (empty, "is an empty database, not a backup"),
    (replace_by_another_programs, "belongs to another program (it has a table music)"),
    (lambda path: path.write_text("Dear backup,\n" * 99), "is not an SQLite database"),
    (lambda path: path.unlink(), "No such file"),
    (lambda path: path.with_name("backup-wal").write_text("x"), "has a WAL beside it"),
])
def test_backup_that_is_none_is_refused_and_nothing_changes(confab, spoil, said):
    backup = confab.directory / "backup"
    confab.ok("backup", backup)
    spoil(backup)
    names = sorted(path.name for path in confab.directory.iterdir())
    assert said in confab.refused(1, "restore", backup)
    assert chats(confab) == ["first"]
    assert sorted(path.name for path in confab.directory.iterdir()) == names


def test_backup_of_a_damaged_database_is_not_made(confab):
    db = sqlite3.connect(confab.database, isolation_level=None)
    [[root]] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'django_session_expire_date_a5c62663'")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(confab.database.read_bytes())
    content[(root - 1) * 4096:root * 4096] = bytes(4096)
    confab.database.write_bytes(content)
    assert "damaged" in confab.refused(1, "backup", "backup")
    assert not (confab.directory / "backup").exists()
    assert list(confab.directory.glob("*.part-*")) == []


def test_restore_refuses_while_another_program_has_the_database_open(confab):
    confab.ok("backup", "backup")
    other = sqlite3.connect(confab.database)
    other.execute("SELECT count(*) FROM chat_chat").fetchall()
    assert confab.refused(1, "restore", "backup") == (
        "confab: confab.sqlite3: a server or another program has the database open; stop it first\n")
    other.close()
    confab.ok("restore", "backup")


def test_backup_under_load_holds_a_prefix_of_the_messages(tmp_path):
    """Everything that was answered before the backup began is in it, and nothing is missing in the middle."""
    server = Server(tmp_path, "--message-rate", "off").start()
    backup = tmp_path / "backup"
    restored = Confab(tmp_path / "restored")
    restored.directory.mkdir()
    confab = Confab(tmp_path)
    stop = threading.Event()
    stored = []
    try:
        [alice] = people_from_rows(server, ["alice"])
        confab.ok("chat", "add", "Maths", "--participant", "alice", "--database", server.database)
        db = django_rows.connect(server.database)  # so that the copy takes more than a step
        db.execute("BEGIN IMMEDIATE")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
                   "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                   "SELECT hex(zeroblob(500)), '2026-01-01 00:00:00', 1, 1 FROM n")
        db.execute("COMMIT")
        db.close()

        def send():
            while not stop.is_set():
                answer = alice.post("/api/chats/1/send_message/", json={"content": "x"})
                assert answer.status_code == 201, answer.text
                stored.append(answer.json()["id"])

        sender = threading.Thread(target=send)
        sender.start()
        while len(stored) < 20:
            assert sender.is_alive()
        before = stored[-1]
        confab.ok("backup", backup, "--database", server.database)
        after = len(stored)
        while len(stored) < after + 20:  # the server went on
            assert sender.is_alive()
        stop.set()
        sender.join()
        assert "has the database open; stop it first" in confab.refused(1, "restore", backup, "--database",
                                                                        server.database)
    finally:
        stop.set()
        server.stop()
    restored.ok("restore", backup)
    ids = [number for number, in restored.rows("SELECT id FROM chat_message ORDER BY id")]
    assert ids == list(range(1, len(ids) + 1))
    assert before <= ids[-1] <= stored[-1]
    assert restored.ok("check").endswith("nothing is wrong\n")
