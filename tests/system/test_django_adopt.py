"""A real Django's database is adopted in place, and Django and confab go on working on it together."""
import json
import shutil
import sqlite3
import subprocess
import time

import pytest
import requests

import django_rows
import people
from confab_server import Server, binary
from django_site import DJANGOS, DjangoSite

pytestmark = pytest.mark.once

KEY = "a key that the Django site has had for years ☺ 0123456789"
USUAL_OPTIONS = ("--message-rate", "off", "--login-rate", "off")
# INTEROP says a second for rows that another process adds; the rest is for a busy machine.
FOREIGN_ROW_DEADLINE_S = 1.0



def confab(*words):
    return subprocess.run([binary(), *words], capture_output=True, text=True, check=False, timeout=120)


def person(server, username, session_key):
    """Somebody with a session from elsewhere."""
    found = people.Person(server, username, session_key=session_key)
    found.id = found.get("/api/me/").json()["id"]
    return found


def log_in(server, username, password):
    """Log in at confab; None if it refused."""
    found = people.Person(server, username)
    answer = found.post("/api/login/", {"username": username, "password": password})
    if answer.status_code != 200:
        return None
    found.id = answer.json()["id"]
    return found


def is_known(server, session_key):
    return people.Person(server, session_key=session_key).get("/api/me/").status_code == 200


class Place:
    """A Django site, and the confab that has adopted its database."""

    def __init__(self, directory, modules):
        self.directory = directory
        self.is_usual = modules is None
        (directory / "secret").write_text(KEY + "\n")
        (directory / "secret").chmod(0o600)
        self.django = DjangoSite(directory / "db.sqlite3", directory / "secret", modules)
        self.server = None

    def hasher(self):
        """What confab calls the way in which this Django stores new passwords."""
        version = ".".join(self.django.version().split(".")[:2])
        return f"django-{version}"

    def fill(self, filled=None):
        """Give the site users, a chat and sessions; or take those of another, for hashing their passwords takes long."""
        if filled is not None:
            shutil.copy(filled.directory / "db.sqlite3", self.directory / "db.sqlite3")
            self.hashers, self.chat = filled.hashers, filled.chat
            self.alice_key, self.bob_key = filled.alice_key, filled.bob_key
            return self
        self.django.manage("migrate", "-v", "0")
        # Formats are the same in all versions, costs are not: they multiply with each. tests/vectors has hashes of them all.
        self.hashers = self.django.hasher_names() if self.is_usual else ["pbkdf2_sha256", "argon2"]
        for hasher in self.hashers:
            self.django.add_user(username=f"by-{hasher}", password=f"öld {hasher}", hasher=hasher)
        self.django.add_user(username="alice", password="wonderland")
        self.django.add_user(username="bob", password="builder", user_type="staff")
        self.django.add_user(username="gone", password="gone", is_active=False)
        self.chat = self.django.add_chat(name="old chat", usernames=["alice", "bob"])
        self.django.add_messages(chat=self.chat, username="alice", contents=["one", "two ☺", "three\nlines\n"])
        self.alice_key = self.django.login("alice", "wonderland")
        self.bob_key = self.django.login("bob", "builder")
        return self

    def adopt(self):
        self.migrated = confab("migrate", "--database", str(self.directory / "db.sqlite3"),
                               "--secret-key-file", str(self.directory / "secret"))
        assert self.migrated.returncode == 0, self.migrated.stderr
        return self

    def serve(self, *options):
        self.server = Server(self.directory, *USUAL_OPTIONS, *options).start()
        return self

    def stop(self):
        self.django.stop()
        if self.server is not None:
            self.server.stop()


@pytest.fixture(scope="module", params=DJANGOS)
def modules(request):
    """Each Django that is at hand."""
    return request.param


@pytest.fixture(scope="module")
def filled(tmp_path_factory, modules):
    """A site that nobody has adopted yet and nobody changes."""
    made = Place(tmp_path_factory.mktemp("filled"), modules).fill()
    made.stop()
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory, modules, filled):
    """One adopted site for the tests that leave it in order."""
    made = Place(tmp_path_factory.mktemp("site"), modules).fill(filled).adopt().serve()
    yield made
    made.stop()


@pytest.fixture
def make_place(tmp_path, modules):
    made = []

    def make():
        made.append(Place(tmp_path, modules))
        return made[0]
    yield make
    for one in made:
        one.stop()


def test_migrate_says_what_it_has_adopted(place):
    assert "2 of 2 live sessions" in place.migrated.stdout, place.migrated.stdout


# With another key nobody would be logged in any more: that is told before it happens.
def test_migrate_warns_of_a_key_that_signed_no_session(make_place, tmp_path, filled):
    site = make_place().fill(filled)
    (tmp_path / "other").write_text("not the key of the site, but long enough")
    (tmp_path / "other").chmod(0o600)
    done = confab("migrate", "--database", str(tmp_path / "db.sqlite3"), "--secret-key-file", str(tmp_path / "other"))
    assert done.returncode == 0
    assert "0 of 2 live sessions" in done.stdout and "SECRET_KEY" in done.stderr, done.stdout + done.stderr
    assert site.django.me(site.alice_key) == "alice"


def test_tables_of_django_are_left_as_they_are(make_place, filled):
    site = make_place().fill(filled)

    def tables():
        with sqlite3.connect(site.directory / "db.sqlite3") as db:
            return {name: sql for name, sql in db.execute(
                "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'confab%' AND tbl_name NOT LIKE 'confab%'")}
    before = tables()
    site.adopt()
    assert tables() == before
    assert "No migrations to apply" in site.django.manage("migrate")
    assert "No changes detected" in site.django.manage("makemigrations", "--check", "--dry-run")


def test_users_of_every_hash_kind_log_in(place):
    assert len(place.hashers) >= (4 if place.is_usual else 2)
    for hasher in place.hashers:
        assert log_in(place.server, f"by-{hasher}", f"öld {hasher}") is not None, hasher
        assert log_in(place.server, f"by-{hasher}", f"old {hasher}") is None, hasher
    assert log_in(place.server, "gone", "gone") is None


def test_sessions_chats_and_messages_of_django_are_there(place):
    alice = person(place.server, "alice", place.alice_key)
    assert alice.get("/api/me/").json() == {
        "id": alice.id, "username": "alice", "email": "alice@example.com", "user_type": "student"}
    (chat,) = alice.get("/api/chats/").json()
    assert (chat["id"], chat["name"]) == (place.chat, "old chat")
    assert {user["username"] for user in chat["participants"]} == {"alice", "bob"}
    assert [m["content"] for m in chat["messages"]][:3] == ["one", "two ☺", "three\nlines\n"]
    times = place.django.message_times(chat=place.chat)
    assert [m["timestamp"].replace("Z", "+00:00") for m in chat["messages"]] == times


def test_djangos_cookie_opens_a_websocket(place):
    alice = person(place.server, "alice", place.alice_key)
    bob = person(place.server, "bob", place.bob_key)
    with alice.connect(place.chat) as a, bob.connect(place.chat) as b:
        a.say("over confab ☺")
        assert a.receive_content() == b.receive_content() == "over confab ☺"
    assert place.django.contents(chat=place.chat)[-1] == "over confab ☺"


def test_a_session_made_by_confab_is_known_to_django(place):
    alice = log_in(place.server, "alice", "wonderland")
    assert place.django.me(alice.session_key) == "alice"


# Django signs and compresses anew when an application keeps something in the session.
def test_a_session_of_confab_carries_what_other_applications_keep_in_it(place):
    alice = log_in(place.server, "alice", "wonderland")
    place.django.set_in_session(key=alice.session_key, name="basket", value=["Äpfel ☺", 2])
    assert alice.get("/api/me/").status_code == 200
    again = alice.post("/api/login/", {"username": "alice", "password": "wonderland"})
    assert again.status_code == 200
    assert place.django.get_from_session(key=alice.session_key, name="basket") == ["Äpfel ☺", 2]


def test_logout_on_one_side_is_a_logout_on_the_other(place):
    at_confab = log_in(place.server, "alice", "wonderland")
    other = log_in(place.server, "alice", "wonderland")
    assert at_confab.post("/api/logout/").status_code == 200
    assert place.django.me(at_confab.session_key or "") is None
    place.django.logout(other.session_key)
    assert not is_known(place.server, other.session_key)
    assert place.django.me(place.alice_key) == "alice", "other sessions live on"


def test_a_password_change_ends_sessions_on_both_sides(place):
    place.django.add_user(username="changer", password="first")
    by_confab = log_in(place.server, "changer", "first")
    by_django = place.django.login("changer", "first")
    place.django.set_password(username="changer", password="second")
    assert not is_known(place.server, by_confab.session_key) and not is_known(place.server, by_django)
    by_confab = log_in(place.server, "changer", "second")
    by_django = place.django.login("changer", "second")
    assert by_confab and by_django
    done = subprocess.run([binary(), "user", "passwd", "changer", "--database", place.server.database, "--password-stdin"],
                          input="third", text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert place.django.me(by_confab.session_key) is None and place.django.me(by_django) is None
    assert place.django.login("changer", "third")
    assert log_in(place.server, "changer", "third")


def test_users_registered_at_confab_log_in_at_django(place):
    anybody = people.Person(place.server)
    answer = anybody.post("/api/register/", {"username": "new ☺".replace(" ☺", "_ö"), "email": "new@EXAMPLE.com",
                                             "password": "brand new", "password_confirm": "brand new"})
    assert answer.status_code == 201, answer.text
    assert place.django.login("new_ö", "brand new")


def test_rows_that_django_adds_are_found_within_a_second_in_their_order(place):
    alice = person(place.server, "alice", place.alice_key)
    chat = place.django.add_chat(name="mixed", usernames=["alice", "bob"])
    with alice.connect(chat) as socket:
        for number in range(5):
            socket.say(f"confab {number}")
            assert socket.receive_content() == f"confab {number}"
            place.django.add_message(chat=chat, username="bob", content=f"django {number}")
            stored_at = time.monotonic()
            while alice.history(chat)[-1]["content"] != f"django {number}":
                assert time.monotonic() - stored_at < FOREIGN_ROW_DEADLINE_S
    expected = [f"{whose} {number}" for number in range(5) for whose in ("confab", "django")]
    assert [m["content"] for m in alice.history(chat)] == expected == place.django.contents(chat=chat)


# Django waits five seconds for the lock, and answers 500 after that.
def test_both_write_at_once_without_a_locked_database(place):
    alice = person(place.server, "alice", place.alice_key)
    bob = person(place.server, "bob", place.bob_key)
    chat = place.django.add_chat(name="busy", usernames=["alice", "bob"])
    theirs = [f"django {number}" for number in range(150)]
    ours = [f"confab {number}" for number in range(3000)]
    with alice.connect(chat) as socket, bob.connect(chat) as other:
        place.django.begin("add_messages", chat=chat, username="bob", contents=theirs)
        for content in ours:
            socket.say(content)
        received = [other.receive_content() for _ in ours]
        assert place.django.finish() < 5.0
    assert received == ours
    contents = [m["content"] for m in alice.history(chat)]
    assert sorted(contents) == sorted(ours + theirs)
    assert [c for c in contents if c.startswith("django")] == theirs
    assert [c for c in contents if c.startswith("confab")] == ours


def test_djangos_admin_works_on_what_confab_stores(place):
    place.django.add_user(username="root", password="toor", is_staff=True, is_superuser=True)
    root = log_in(place.server, "root", "toor")
    chat = root.make_chat(name="made by confab")
    message = root.send(chat, "deleted by the admin")
    pages = ("/admin/", "/admin/chat/chat/", f"/admin/chat/chat/{chat}/change/", "/admin/chat/message/", "/admin/chat/user/")
    for page in pages:
        answer = place.django.request(method="GET", path=page, cookie=root.session_key)
        assert answer["status"] == 200, (page, answer["status"])
    done = place.django.request(method="POST", path=f"/admin/chat/message/{message['id']}/delete/", cookie=root.session_key,
                                form={"post": "yes"})
    assert done["status"] == 302, done
    assert root.history(chat) == []
    done = place.django.request(method="POST", path=f"/admin/chat/chat/{chat}/delete/", cookie=root.session_key,
                                form={"post": "yes"})
    assert done["status"] == 302, done
    assert root.get(f"/api/chats/{chat}/").status_code == 404


# --- hashes ---

def test_no_hash_is_rewritten_unless_told(place):
    for hasher in place.hashers:
        before = place.django.encoded_password(username=f"by-{hasher}")
        assert log_in(place.server, f"by-{hasher}", f"öld {hasher}")
        assert place.django.encoded_password(username=f"by-{hasher}") == before


def test_hashes_are_rewritten_towards_the_configured_value_and_sessions_follow(make_place, filled):
    site = make_place()
    site.fill(filled).adopt().serve("--upgrade-passwords", "on", "--password-hasher", site.hasher())
    before = {h: site.django.encoded_password(username=f"by-{h}") for h in site.hashers}
    for hasher in site.hashers:
        found = log_in(site.server, f"by-{hasher}", f"öld {hasher}")
        after = site.django.encoded_password(username=f"by-{hasher}")
        # The same algorithm and iterations as this Django's own.
        assert after.split("$")[:2] == before["pbkdf2_sha256"].split("$")[:2]
        assert (after == before[hasher]) == (hasher == "pbkdf2_sha256")
        assert site.django.me(found.session_key) == f"by-{hasher}"
        assert found.get("/api/me/").status_code == 200
    # Django prefers the same, and so leaves these hashes alone.
    for hasher in site.hashers:
        after = site.django.encoded_password(username=f"by-{hasher}")
        assert site.django.login(f"by-{hasher}", f"öld {hasher}")
        assert site.django.encoded_password(username=f"by-{hasher}") == after


# --- the other way: Django takes over what confab has made ---

def test_a_fresh_confab_database_is_taken_over_by_django(make_place):
    site = make_place().serve()
    done = subprocess.run([binary(), "user", "add", "root", "--email", "r@example.com", "--superuser", "--database",
                           site.server.database, "--password-hasher", site.hasher(), "--password-stdin"],
                          input="toor", text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    root = log_in(site.server, "root", "toor")
    chat = root.make_chat(name="confab's own")
    root.send(chat, "first")
    assert "No migrations to apply" in site.django.manage("migrate")
    assert "No changes detected" in site.django.manage("makemigrations", "--check", "--dry-run")
    assert site.django.me(root.session_key) == "root"
    assert site.django.login("root", "toor")
    assert site.django.contents(chat=chat) == ["first"]
    for page in ("/admin/", "/admin/chat/user/", f"/admin/chat/chat/{chat}/change/"):
        assert site.django.request(method="GET", path=page, cookie=root.session_key)["status"] == 200
    # The rows that Django's migrate adds do not disturb confab.
    site.server.restart()
    site.django.add_message(chat=chat, username="root", content="second")
    assert [m["content"] for m in root.history(chat)] == ["first", "second"]


# --- neither the one nor the other ---

def foreign(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY, text)")
        db.execute("INSERT INTO recipes VALUES (1, 'bread')")


def half(statement):
    def make(path):
        with sqlite3.connect(path) as db:
            db.executescript((django_rows_ddl() + statement))
    return make


def django_rows_ddl():
    from confab_server import ROOT
    return (ROOT / "tests/vectors/ddl/sqlite-django32.sql").read_text() + (ROOT / "tests/vectors/ddl/adopt-rows.sql").read_text()


REFUSED = [
    ("another program's", foreign, "recipes"),
    ("no messages", half("DROP TABLE chat_message;"), "chat_message"),
    ("no sessions", half("DROP TABLE django_session;"), "django_session"),
    ("no user type", half("ALTER TABLE chat_user DROP COLUMN user_type;"), "user_type"),
    ("a column that must be given", half("ALTER TABLE chat_message ADD COLUMN colour text NOT NULL DEFAULT 'x';"
                                         "PRAGMA writable_schema = ON;"
                                         "UPDATE sqlite_master SET sql = replace(sql, ' DEFAULT ''x''', '')"
                                         " WHERE name = 'chat_message';"), "colour"),
    ("no database at all", lambda path: path.write_bytes(b"this is a letter, not a database\n" * 100), ""),
]


@pytest.mark.parametrize("make, word", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_foreign_and_half_databases_are_refused_and_left_alone(tmp_path, command, make, word):
    database = tmp_path / "db.sqlite3"
    make(database)
    before = database.read_bytes()
    done = confab(command, "--database", str(database), *(("--listen", "127.0.0.1:0") if command == "serve" else ()))
    assert done.returncode == 1
    assert word in done.stderr and done.stderr.count("\n") <= 2, done.stderr
    assert database.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"db.sqlite3"}, "nothing is left beside it"


# --- the site's secret key changes ---

def write_key(path, key):
    path.write_text(key)
    path.chmod(0o600)
    return str(path)


def rotated(tmp_path, start_server):
    """A server with a new key and the old one as fallback; alice's session under the old one."""
    server = Server(tmp_path)
    server.start()
    (alice,) = people.people_from_rows(server, ["alice"])
    chat = alice.make_chat()
    server.stop()
    old = write_key(tmp_path / "old", server.secret_key)
    write_key(server.secret_key_file, "the new key of the site, which is long enough")
    return start_server("--secret-key-fallback-file", old, directory=tmp_path), alice, chat


def test_sessions_of_an_earlier_key_are_renewed_with_their_sockets(tmp_path, start_server):
    server, alice, chat = rotated(tmp_path, start_server)
    alice.server = server
    old_key = alice.session_key
    with alice.connect(chat) as socket:
        assert alice.session_key == old_key, "a WebSocket renews nothing and deletes nothing"
        assert alice.get("/api/me/").status_code == 200
        new_key = alice.http.cookies.get_dict(domain="127.0.0.1")["sessionid"]
        assert new_key != old_key
        renewed = people.Person(server, "alice", session_key=new_key)
        assert renewed.get("/api/me/").status_code == 200
        assert not is_known(server, old_key)
        # Another process writes, so everything live is checked, under the new key.
        with sqlite3.connect(server.database) as db:
            db.execute("UPDATE chat_chat SET name = 'checked'")
        socket.is_readable_within(2.5)
        socket.say("still here")
        assert socket.receive_content() == "still here"
        assert renewed.post("/api/logout/").status_code == 200
        assert socket.wait_closed() == 4401


def test_a_missing_fallback_key_stops_the_start(tmp_path):
    done = confab("serve", "--listen", "127.0.0.1:0", "--database", str(tmp_path / "db.sqlite3"),
                  "--secret-key-fallback-file", str(tmp_path / "nowhere"))
    assert done.returncode == 1 and "nowhere" in done.stderr
    assert not (tmp_path / "nowhere").exists()
