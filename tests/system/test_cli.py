"""The command line from outside: every subcommand, its errors and exit statuses, and the files it leaves."""
import json
import pathlib
import re
import sqlite3
import stat
import subprocess

import pytest
import requests

from command_line import COMMAND_DEADLINE_S, FAST_HASH, Confab, environment
from confab_server import Server, binary

ROOT = pathlib.Path(__file__).resolve().parents[2]

COMMANDS = (
    "serve", "migrate", "check", "backup", "restore", "user add", "user list", "user show", "user passwd",
    "user rename", "user activate", "user deactivate", "user staff", "user delete", "chat add", "chat list",
    "chat show", "chat rename", "chat delete", "chat add-participant", "chat remove-participant", "chat role", "chat kind",
    "chat receipts", "message list", "message send", "notice send", "notice list", "notice end", "session list", "session end",
    "config check", "config show", "completion", "man", "demo",
    "version",
)


@pytest.fixture
def confab(tmp_path):
    return Confab(tmp_path)


@pytest.fixture
def migrated(confab):
    confab.ok("migrate")
    return confab


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Help and what is not understood


def test_without_words_it_shows_the_usage_and_fails(confab):
    result = confab.run()
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: confab COMMAND")


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",)])
def test_help_lists_every_command(confab, words):
    text = confab.ok(*words)
    assert re.findall(r"^  (\S+(?: \S+)?)  ", text, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help_in_both_spellings(confab, command):
    text = confab.ok("help", *command.split())
    assert text.startswith(f"Usage: confab {command}")
    assert confab.ok(*command.split(), "--help") == text


def test_help_of_a_group_lists_its_commands(confab):
    text = confab.ok("user", "--help")
    assert confab.ok("help", "user") == text
    assert [name for name in COMMANDS if f"  {name} " in text] == [name for name in COMMANDS if name.startswith("user ")]


@pytest.mark.parametrize("words, said", [
    (("srve",), 'unknown command "srve"; did you mean "serve"?'),
    (("quux",), 'unknown command "quux"; "confab --help" lists those that there are'),
    (("user",), '"confab user" needs one of: add, list, show, passwd, rename, activate, deactivate, staff, delete'),
    (("user", "remove"), 'unknown command "remove" behind "user"; there are: add, list, show, passwd, rename, activate, deactivate, staff, delete'),
    (("help", "srve"), 'unknown command "srve"; did you mean "serve"?'),
    (("help", "user", "remove"), 'unknown command "remove" behind "user"; there are: add, list, show, passwd, rename, activate, deactivate, staff, delete'),
    (("--database", "x", "serve"), "options stand behind the command: confab COMMAND --database …"),
    (("serve", "--datbase", "x"), "unknown option --datbase; did you mean --database?"),
    (("serve", "--datbase=x"), "unknown option --datbase; did you mean --database?"),
    (("migrate", "--threads", "2"), "confab migrate does not take --threads"),
    (("serve", "--database"), "--database needs a value: --database PATH"),
    (("serve", "now"), 'confab serve: unexpected "now"'),
    (("serve", "--threads", "many"), '--threads: "many" is not a whole number from 0 to 64 (threads)'),
    (("serve", "--threads", "65"), '--threads: "65" is not a whole number from 0 to 64 (threads)'),
    (("serve", "--log-level", "loud"), '--log-level: "loud" is none of: error, warning, info, debug'),
    (("serve", "--listen", "8000"),
     '--listen: "8000" is not HOST:PORT, e.g. 127.0.0.1:8000, 0.0.0.0:80 or [::1]:8000'),
    (("serve", "--database", "postgres://u:hunter2@h/d"),
     "--database: PostgreSQL is not supported by this version; give the path of an SQLite file"),
    (("serve", "--channel-layer", "redis://h/0"),
     '--channel-layer: Redis is not supported by this version; "memory" is the only channel layer'),
    (("user", "add"), "confab user add needs a NAME: confab user add NAME …"),
    (("user", "add", "a", "b"), 'confab user add: unexpected "b"'),
    (("chat", "add", "Maths"), "--participant is needed at least once: --participant USERNAME"),
    (("version", "--config", "x"), "confab version does not take --config"),
])
def test_what_is_not_understood_is_said_in_one_line(confab, words, said):
    assert confab.refused(2, *words) == f"confab: {said}\n"
    assert list(confab.directory.iterdir()) == []


def test_bad_values_of_environment_and_file_name_their_place(confab):
    assert "CONFAB_THREADS: \"x\" is not" in confab.refused(2, "serve", variables={"CONFAB_THREADS": "x"})
    config = confab.directory / "confab.conf"
    config.write_text("# site\n\nthreads = x\n")
    assert confab.refused(2, "serve", "--config", config).startswith(f'confab: {config}:3: threads: "x" is not')
    config.write_text("datbase = x\n")
    assert confab.refused(2, "serve", "--config", config) == \
        f"confab: {config}:1: unknown option datbase; did you mean database?\n"
    assert "No such file" in confab.refused(2, "serve", "--config", "nowhere.conf")


def test_settings_come_from_flag_before_environment_before_file(confab):
    config = confab.directory / "confab.conf"
    config.write_text("database = file.sqlite3\n")
    variables = {"CONFAB_CONFIG": str(config)}
    assert confab.ok("migrate", variables=variables).startswith("file.sqlite3 ")
    variables["CONFAB_DATABASE"] = "environment.sqlite3"
    assert confab.ok("migrate", variables=variables).startswith("environment.sqlite3 ")
    assert confab.ok("migrate", "--database", "flag.sqlite3", variables=variables).startswith("flag.sqlite3 ")
    made = {path.name for path in confab.directory.glob("*.sqlite3")}
    assert made == {"file.sqlite3", "environment.sqlite3", "flag.sqlite3"}


def test_version_is_one_line_and_verbose_names_libraries(confab):
    version = confab.ok("version")
    assert re.fullmatch(r"confab \d+\.\d+\.\d+\n", version)
    assert confab.ok("--version") == version
    verbose = confab.ok("version", "--verbose")
    assert verbose.startswith(version)
    assert re.search(r"^built with SQLite 3\.", verbose, re.MULTILINE)


def test_output_that_cannot_be_written_is_a_failure(migrated):
    with open("/dev/full", "w") as full:
        for words in (("version",), ("--help",), ("user", "list"), ("chat", "list", "--json"), ("migrate",)):
            result = migrated.run(*words, stdout=full)
            if words == ("chat", "list", "--json"):
                assert result.returncode == 0  # there is nothing to print
                continue
            assert result.returncode == 1, words
            assert result.stderr.endswith("standard output takes no more\n")


def options_in_help(confab, command):
    """What the command's help says of each option: name -> words."""
    entries = confab.ok("help", *command.split()).split("Options:\n")[1].split("\n\n")[0].split("\n  --")
    entries[0] = entries[0].removeprefix("  --")
    found = {entry.split()[0]: " ".join(entry.split()) for entry in entries}
    assert found.pop("help")
    return found


def test_every_option_is_in_the_operations_page(confab):
    """With its variable and its default: the page is written by hand."""
    lines = (ROOT / "docs" / "operations.md").read_text().splitlines()
    for command in COMMANDS:
        for option, words in options_in_help(confab, command).items():
            rows = [line for line in lines if re.match(rf"\| `--{option}[ `]", line)]
            assert len(rows) == 1, option
            if command == "serve":
                assert f"`CONFAB_{option.upper().replace('-', '_')}`" in rows[0]
            default = re.search(r"\(default: ([^)]+)\)", words)
            assert default is None or f"`{default.group(1)}`" in rows[0], (words, rows[0])


# migrate


def test_migrate_makes_a_private_database_once(confab):
    assert re.fullmatch(r"confab\.sqlite3 is now of this version \(\d+ migrations applied\)\n", confab.ok("migrate"))
    assert mode(confab.database) == 0o600
    assert confab.ok("migrate") == "confab.sqlite3 is up to date; nothing was changed\n"


def test_migrate_leaves_other_databases_and_files_untouched(confab):
    foreign = confab.directory / "foreign.sqlite3"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    connection.commit()
    connection.close()
    nonsense = confab.directory / "letter.txt"
    nonsense.write_text("Dear database,\n" * 200)
    for path in (foreign, nonsense):
        before = path.read_bytes()
        for words in (("migrate",), ("demo",), ("user", "list")):
            assert "\n" not in confab.refused(1, *words, "--database", path)[:-1]
        assert path.read_bytes() == before


def test_migrate_says_when_there_is_no_such_directory(confab):
    assert "nowhere" in confab.refused(1, "migrate", "--database", "nowhere/db.sqlite3")


def test_errors_stay_one_line_whatever_they_name(confab):
    assert "no?where" in confab.refused(1, "migrate", "--database", "no\nwhere/db.sqlite3")
    assert "?[2J" in confab.refused(1, "user", "list", "--database", "\x1b[2J")
    confab.refused(1, "user", "list", "--database", "x" * 5000)


@pytest.mark.parametrize("words", [
    ("user", "list"), ("chat", "list"), ("chat", "add", "Maths", "--participant", "alice"),
])
def test_other_commands_do_not_make_a_database_by_accident(confab, words):
    assert confab.refused(1, *words) == \
        "confab: there is no database confab.sqlite3; confab migrate --database confab.sqlite3 makes one\n"
    assert list(confab.directory.iterdir()) == []
    confab.database.touch()
    assert "run confab migrate --database confab.sqlite3 first" in confab.refused(1, *words)


# user


def test_user_add_stores_the_user(migrated):
    assert migrated.add_user("alice", "--email", "Alice@Example.COM", "--type", "staff") == \
        "added user alice with id 1\n"
    [row] = migrated.rows("SELECT username, email, user_type, is_active, is_staff, is_superuser, first_name, "
                          "last_name, last_login, password FROM chat_user")
    assert row[:9] == ("alice", "Alice@example.com", "staff", 1, 0, 0, "", "", None)
    assert re.fullmatch(r"pbkdf2_sha256\$1\$[^$]+\$[^$]+=", row[9])


def test_superuser_may_enter_djangos_admin(migrated):
    migrated.add_user("root", "--superuser")
    assert migrated.rows("SELECT is_staff, is_superuser, user_type, email FROM chat_user") == [(1, 1, "student", "")]


@pytest.mark.parametrize("hasher, prefix", [
    (None, "argon2$argon2id$v=19$m=102400,t=2,p=8$"),
    ("pbkdf2_sha256", "pbkdf2_sha256$2000$"),
    ("scrypt", "scrypt$"),
    ("bcrypt_sha256", "bcrypt_sha256$$2b$12$"),
])
def test_password_is_hashed_as_the_site_wants(migrated, hasher, prefix):
    variables = {"CONFAB_PBKDF2_ITERATIONS": "2000"}
    if hasher:
        variables["CONFAB_PASSWORD_HASHER"] = hasher
    migrated.ok("user", "add", "alice", "--password-stdin", stdin="a password", variables=variables)
    [[password]] = migrated.rows("SELECT password FROM chat_user")
    assert password.startswith(prefix)


@pytest.mark.parametrize("name", ["", "al ice", "alice!", "a" * 151, "line\nbreak", "tab\t"])
def test_user_add_refuses_what_registration_refuses(migrated, name):
    assert "the username" in migrated.refused(2, "user", "add", name, "--password-stdin", stdin="x")
    assert migrated.users() == []


def test_longest_username_and_other_scripts_are_accepted(migrated):
    for name in ("é" * 150, "李.雷+@-_"):
        migrated.add_user(name)
    assert [user["username"] for user in migrated.users()] == ["é" * 150, "李.雷+@-_"]


def test_username_may_look_like_an_option_behind_two_dashes(migrated):
    migrated.ok("user", "add", "--password-stdin", *FAST_HASH, "--", "--json", stdin="x")
    assert migrated.users()[0]["username"] == "--json"


def test_username_is_taken_once(migrated):
    migrated.add_user("alice")
    error = migrated.refused(1, "user", "add", "alice", "--password-stdin", *FAST_HASH, stdin="x")
    assert error == "confab: there is a user alice already; confab user passwd sets a new password\n"
    migrated.add_user("Alice")  # case matters, as in Django


@pytest.mark.parametrize("command", ["add", "passwd"])
@pytest.mark.parametrize("stdin, said", [
    ("", "the password on standard input is empty"),
    ("\n", "the password on standard input is empty"),
    (" \t\n", "the password on standard input is empty"),
    ("x" * 4097, "the password is too long; at most 4096 bytes are accepted"),
])
def test_bad_passwords_are_refused(migrated, command, stdin, said):
    assert migrated.refused(1, "user", command, "alice", "--password-stdin", stdin=stdin) == f"confab: {said}\n"
    assert migrated.users() == []


@pytest.mark.parametrize("command", ["add", "passwd"])
def test_password_is_not_taken_from_the_command_line(migrated, command):
    assert migrated.refused(2, "user", command, "alice", stdin="x") == \
        f"confab: the password is read from standard input: confab user {command} alice --password-stdin\n"


@pytest.mark.parametrize("words, said", [
    (("--email", "alice"), '--email: the text "alice" is not an e-mail address'),
    (("--type", "admin"), '--type: "admin" is none of: student, staff, owner'),
])
def test_bad_columns_are_refused(migrated, words, said):
    assert migrated.refused(2, "user", "add", "alice", "--password-stdin", *words, stdin="x") == f"confab: {said}\n"


def test_user_passwd_replaces_the_hash(migrated):
    migrated.add_user("alice")
    [[before]] = migrated.rows("SELECT password FROM chat_user")
    assert migrated.ok("user", "passwd", "alice", "--password-stdin", *FAST_HASH, stdin="another\n") == \
        "set the password of alice\n"
    [[after]] = migrated.rows("SELECT password FROM chat_user")
    assert after != before
    assert migrated.refused(1, "user", "passwd", "bob", "--password-stdin", *FAST_HASH, stdin="x") == \
        'confab: there is no user "bob"; confab user list shows all\n'


def test_user_list_is_a_table_or_json(migrated):
    assert migrated.ok("user", "list") == "ID  USERNAME  TYPE  EMAIL  ACTIVE  POWER\n"
    assert migrated.ok("user", "list", "--json") == ""
    migrated.add_user("alice", "--email", "alice@example.com")
    migrated.add_user("Jörg", "--type", "owner", "--superuser")
    migrated.rows("UPDATE chat_user SET is_active = 0 WHERE username = 'alice'")
    assert migrated.ok("user", "list") == (
        "ID  USERNAME  TYPE     EMAIL              ACTIVE  POWER\n"
        "1   alice     student  alice@example.com  no\n"
        "2   Jörg      owner                       yes     superuser\n")
    assert migrated.users() == [
        {"id": 1, "username": "alice", "email": "alice@example.com", "user_type": "student", "is_active": False,
         "is_staff": False, "is_superuser": False},
        {"id": 2, "username": "Jörg", "email": "", "user_type": "owner", "is_active": True, "is_staff": True,
         "is_superuser": True},
    ]


def test_long_lists_are_complete_and_have_one_heading(migrated):
    migrated.add_user("user0")
    migrated.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1499) "
        "INSERT INTO chat_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active, "
        "date_joined, user_type) SELECT 'user' || i, '!', 0, '', '', '', 0, 1, date_joined, 'student' FROM n, chat_user")
    lines = migrated.ok("user", "list").splitlines()
    assert lines[0].startswith("ID ")
    assert [line.split()[1] for line in lines[1:]] == [f"user{i}" for i in range(1500)]
    assert [user["username"] for user in migrated.users()] == [f"user{i}" for i in range(1500)]


# chat


def test_chat_add_makes_a_chat_of_its_participants(migrated):
    for name in ("alice", "bob", "carol"):
        migrated.add_user(name)
    assert migrated.ok("chat", "add", " Maths 9c ", "--participant", "bob", "--participant", "alice",
                       "--participant=bob") == "added chat 1\n"
    assert migrated.rows("SELECT name FROM chat_chat") == [("Maths 9c",)]
    assert migrated.rows("SELECT user_id FROM chat_chat_participants ORDER BY 1") == [(1,), (2,)]
    assert migrated.rows("SELECT creator_id FROM confab_chat") == [(2,)]
    chat = json.loads(migrated.ok("chat", "list", "--json"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", chat.pop("created_at"))
    assert chat == {"id": 1, "name": "Maths 9c", "kind": "group", "receipts": False, "participants": ["alice", "bob"]}
    heading, row = migrated.ok("chat", "list").splitlines()
    assert heading.split() == ["ID", "CREATED", "PARTICIPANTS", "NAME"]
    assert row.split(None, 3)[2:] == ["2", "Maths 9c"]


def test_chat_with_an_unknown_participant_is_not_made(migrated):
    migrated.add_user("alice")
    assert migrated.refused(1, "chat", "add", "Maths", "--participant", "alice", "--participant", "Bob") == \
        'confab: there is no user "Bob"; confab user list shows all\n'
    assert migrated.rows("SELECT count(*) FROM chat_chat") == [(0,)]


@pytest.mark.parametrize("name, said", [("", "is empty"), (" \u3000", "is empty"), ("x" * 256, "is too long")])
def test_bad_chat_names_are_refused(migrated, name, said):
    assert said in migrated.refused(2, "chat", "add", name, "--participant", "alice")


def test_names_cannot_control_the_terminal(migrated):
    migrated.add_user("alice")
    migrated.ok("chat", "add", "a\x1b[2Jb\nc", "--participant", "alice")
    assert migrated.ok("chat", "list").splitlines()[1].endswith("a?[2Jb?c")
    assert json.loads(migrated.ok("chat", "list", "--json"))["name"] == "a\x1b[2Jb\nc"


# demo


def test_demo_fills_an_empty_database(confab):
    text = confab.ok("demo")
    assert [(user["username"], user["user_type"]) for user in confab.users()] == \
        [("alice", "student"), ("bob", "staff"), ("carol", "owner")]
    chat = json.loads(confab.ok("chat", "list", "--json"))
    assert (chat["name"], chat["participants"]) == ("Demo", ["alice", "bob", "carol"])
    assert confab.rows("SELECT count(*) > 1 FROM chat_message WHERE chat_id = ?", chat["id"]) == [(1,)]
    assert "password is: " in text
    assert "confab serve --database confab.sqlite3" in text


def test_demo_refuses_a_database_with_users(migrated):
    migrated.add_user("dave")
    assert "has users already" in migrated.refused(1, "demo", *FAST_HASH)
    assert [user["username"] for user in migrated.users()] == ["dave"]
    assert migrated.rows("SELECT count(*) FROM chat_chat") == [(0,)]


# Beside others on the same file


def test_locked_database_is_said_and_nothing_is_changed(migrated):
    other = sqlite3.connect(migrated.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = migrated.refused(1, "user", "add", "alice", "--password-stdin", *FAST_HASH, stdin="x")
    assert error == ("confab: the user could not be added: another process holds the database's lock; try again when "
                     "it is done\n")
    assert migrated.users() == []  # reading does not wait for a writer
    other.execute("ROLLBACK")
    other.close()
    migrated.add_user("alice")


def log_in(url, username, password):
    session = requests.Session()
    answer = session.post(f"{url}/api/login/", json={"username": username, "password": password})
    return session if answer.status_code == 200 else None


def test_running_server_sees_what_commands_do(tmp_path):
    server = Server(tmp_path, "--login-rate", "off").start()
    try:
        confab = Confab(tmp_path)
        at = ("--database", server.database)
        confab.ok("user", "add", "alice", "--password-stdin", *FAST_HASH, *at, stdin="first\n")
        alice = log_in(server.url, "alice", "first")
        assert alice is not None
        confab.ok("chat", "add", "Maths", "--participant", "alice", *at)
        [chat] = alice.get(f"{server.url}/api/chats/").json()
        assert (chat["name"], [user["username"] for user in chat["participants"]]) == ("Maths", ["alice"])

        confab.ok("user", "passwd", "alice", "--password-stdin", *FAST_HASH, *at, stdin="second\n")
        assert log_in(server.url, "alice", "first") is None
        assert log_in(server.url, "alice", "second") is not None
        assert alice.get(f"{server.url}/api/me/").status_code == 403  # her session ended with her password

        registered = requests.post(f"{server.url}/api/register/", json={
            "username": "bob", "password": "x", "password_confirm": "x", "user_type": "owner"})
        assert registered.status_code == 201
        users = [json.loads(line) for line in confab.ok("user", "list", "--json", *at).splitlines()]
        assert [user["username"] for user in users] == ["alice", "bob"]
        assert confab.ok("migrate", *at).endswith("is up to date; nothing was changed\n")
    finally:
        server.stop()


def test_demo_users_can_log_in_with_the_printed_password(tmp_path):
    confab = Confab(tmp_path)
    text = confab.ok("demo", "--database", "db.sqlite3", *FAST_HASH)
    password = re.search(r"password is: (\S+)", text).group(1)
    server = Server(tmp_path).start()
    try:
        for name in ("alice", "bob", "carol"):
            session = log_in(server.url, name, password)
            [chat] = session.get(f"{server.url}/api/chats/").json()
            assert chat["name"] == "Demo"
            messages = session.get(f"{server.url}/api/chats/{chat['id']}/messages/").json()
            assert {message["sender"]["username"] for message in messages} <= {"alice", "bob", "carol"}
            assert len(messages) > 1
    finally:
        server.stop()


# serve: its files, and the settings that can be seen from outside


def test_serve_makes_private_files_beside_each_other(tmp_path):
    directory = tmp_path / "site"
    directory.mkdir()
    config = tmp_path / "confab.conf"
    config.write_text(f"listen = 127.0.0.1:0   # a free one\ndatabase = {directory}/chats.sqlite3\nlog-format = json\n")
    process = subprocess.Popen([binary(), "serve", "--config", config], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment())
    try:
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", process.stdout.readline())
        assert mode(directory / "chats.sqlite3") == 0o600
        assert mode(directory / "confab.secret") == 0o600
        assert len((directory / "confab.secret").read_text().strip()) >= 50
        process.terminate()
        output, log = process.communicate(timeout=COMMAND_DEADLINE_S)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, output) == (0, "")
    for line in log.splitlines():
        assert {"time", "level", "message"} <= json.loads(line).keys()


@pytest.mark.parametrize("text, key_mode, said", [
    ("", 0o600, "empty"),
    ("\n", 0o600, "empty"),
    ("k" * 64, 0o644, "chmod 600"),
    ("k" * 5000, 0o600, "larger than 4096 bytes"),
])
def test_serve_refuses_a_secret_key_that_is_none(confab, text, key_mode, said):
    secret = confab.directory / "confab.secret"
    secret.write_text(text)
    secret.chmod(key_mode)
    result = confab.run("serve", "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert "listening on" not in result.stdout
    assert said in result.stderr
    assert "kkkk" not in result.stderr
    assert secret.read_text() == text


def test_serve_refuses_what_is_no_database_of_ours(confab):
    confab.database.write_text("Dear database,\n" * 200)
    before = confab.database.read_bytes()
    result = confab.run("serve", "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert "listening on" not in result.stdout
    assert "confab.sqlite3" in result.stderr
    assert confab.database.read_bytes() == before
