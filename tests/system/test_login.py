"""Login, logout, sessions and their cookies (part I.1, I.2; the cookies' bytes as Django writes them)."""
import contextlib
import datetime
import re

import pytest

import django_rows
from contract import NO_SESSION, SESSION_DELETED, check_answer_fields, compact, set_cookies
from people import Person

PASSWORD = "correct horse"
HTTP_DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT"
SESSION_COOKIE = re.compile(
    rf"sessionid=[a-z0-9]{{32}}; expires={HTTP_DATE}; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax")
CSRF_COOKIE = re.compile(
    rf"csrftoken=[A-Za-z0-9]{{32}}; expires={HTTP_DATE}; Max-Age=31449600; Path=/; SameSite=Lax")


def login(person, username, password=PASSWORD, **arguments):
    return person.post("/api/login/", {"username": username, "password": password}, **arguments)


@pytest.fixture
def database(server):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        yield db


def test_a_login_answers_the_user_and_sets_both_cookies(stranger, alice):
    answer = login(stranger, alice.username)
    assert (answer.status_code, answer.text) == (200, compact(alice.as_user))
    check_answer_fields(answer)
    cookies = sorted(set_cookies(answer), reverse=True)
    assert len(cookies) == 2
    assert SESSION_COOKIE.fullmatch(cookies[0]), cookies[0]
    assert CSRF_COOKIE.fullmatch(cookies[1]), cookies[1]
    me = stranger.get("/api/me/")
    assert (me.status_code, me.text) == (200, compact(alice.as_user))


def test_the_cookie_expires_when_its_max_age_says(stranger, alice):
    before = datetime.datetime.utcnow().replace(microsecond=0)
    (cookie,) = [c for c in set_cookies(login(stranger, alice.username)) if c.startswith("sessionid")]
    after = datetime.datetime.utcnow()
    expires = datetime.datetime.strptime(re.search(r"expires=([^;]+)", cookie).group(1),
                                         "%a, %d %b %Y %H:%M:%S GMT")
    age = datetime.timedelta(seconds=1209600)
    assert before + age <= expires <= after + age


# Django on the same database must read what we wrote.
def test_the_session_row_and_last_login_are_written_as_django_would(server, stranger, alice, database):
    login(stranger, alice.username)
    data, expires = database.execute(
        "SELECT session_data, expire_date FROM django_session WHERE session_key = ?",
        (stranger.session_key,)).fetchone()
    value, _, signature = data.rpartition(":")
    assert signature == django_rows.base64url(
        django_rows.mac(django_rows.SESSION_SALT, server.secret_key, value))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", expires)
    (last_login,) = database.execute("SELECT last_login FROM chat_user WHERE id = ?",
                                     (alice.id,)).fetchone()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", last_login)


@pytest.mark.parametrize("body", [
    {},
    {"username": "{name}"},
    {"password": PASSWORD},
    {"username": "{name}", "password": ""},
    {"username": "", "password": ""},
    {"username": "{name}", "password": "wrong"},
    {"username": "{name}", "password": PASSWORD + " "},
    {"username": "{name}", "password": PASSWORD.upper()},
    {"username": "nobody-has-this-name", "password": PASSWORD},
    {"username": "{name}", "password": None},
    {"username": "{name}", "password": [PASSWORD]},
    {"username": {"a": "b"}, "password": PASSWORD},
    {"username": True, "password": True},
    {"username": "{name}\u0000", "password": PASSWORD},
    {"username": "{name}", "password": "\ud83d"},
    {"username": "{name}", "password": "x" * 100_000},
])
def test_whatever_does_not_fit_gets_the_one_answer(stranger, alice, body):
    body = {key: value.replace("{name}", alice.username) if isinstance(value, str) else value
            for key, value in body.items()}
    answer = stranger.post("/api/login/", body)
    assert (answer.status_code, answer.text) == (401, '{"error":"Invalid credentials"}')
    assert not any(c.startswith("sessionid=") and not c.startswith('sessionid=""')
                   for c in set_cookies(answer))


def test_an_inactive_user_is_refused_like_a_wrong_password(stranger, make_people):
    (gone,) = make_people(1, is_active=False)
    answer = login(stranger, gone.username)
    assert (answer.status_code, answer.text) == (401, '{"error":"Invalid credentials"}')


# An id that an attacker planted in the victim's browser must not become the victim's session.
def test_a_session_id_chosen_by_the_client_is_never_adopted(stranger, alice):
    planted = "a" * 32
    stranger.http.cookies.set("sessionid", planted)
    answer = login(stranger, alice.username)
    assert answer.status_code == 200
    (cookie,) = [c for c in set_cookies(answer) if c.startswith("sessionid")]
    assert SESSION_COOKIE.fullmatch(cookie) and planted not in cookie


def test_a_login_over_a_session_makes_a_new_one_and_ends_the_old(server, alice):
    old = Person(server, session_key=alice.session_key)
    first = alice.session_key
    alice.http.cookies.clear()
    answer = login(alice, alice.username, headers={"Cookie": f"sessionid={first}"})
    assert answer.status_code == 200 and alice.session_key != first
    assert old.get("/api/me/").status_code == 403


def test_two_logins_are_two_sessions(server, alice):
    other = Person(server)
    login(other, alice.username)
    assert other.session_key != alice.session_key
    assert other.post("/api/logout/").status_code == 200
    assert alice.get("/api/me/").status_code == 200


def test_a_logout_deletes_the_cookie_and_the_row(server, alice, database):
    replayed = Person(server, session_key=alice.session_key)
    key = alice.session_key
    answer = alice.post("/api/logout/")
    assert (answer.status_code, answer.text) == (200, '{"message":"Logged out successfully"}')
    assert SESSION_DELETED in set_cookies(answer)
    refused = replayed.get("/api/me/")
    assert (refused.status_code, refused.text) == (403, NO_SESSION)
    assert database.execute("SELECT count(*) FROM django_session WHERE session_key = ?",
                            (key,)).fetchone() == (0,)


def test_a_logout_without_a_session_is_refused(stranger):
    answer = stranger.post("/api/logout/")
    assert (answer.status_code, answer.text) == (403, NO_SESSION)


@pytest.mark.parametrize("method, path", [
    ("POST", "/api/logout/"), ("GET", "/api/me/"), ("GET", "/api/users/"), ("GET", "/api/chats/"),
    ("POST", "/api/chats/"), ("GET", "/api/chats/1/"), ("PUT", "/api/chats/1/"),
    ("PATCH", "/api/chats/1/"), ("DELETE", "/api/chats/1/"), ("GET", "/api/chats/1/messages/"),
    ("POST", "/api/chats/1/send_message/"), ("GET", "/api/messages/"), ("GET", "/api/messages/1/"),
])
def test_nothing_but_register_and_login_works_without_a_session(stranger, method, path):
    answer = stranger.request(method, path)
    assert (answer.status_code, answer.text) == (403, NO_SESSION)
    check_answer_fields(answer)
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("cookie", [
    "garbage", "x", "a" * 32, "a" * 41, "a" * 4000, "A" * 32, "'; DROP TABLE chat_user; --", "%00", "\xff\xfe",
])
def test_a_garbage_cookie_is_no_session_and_is_deleted(stranger, cookie):
    field = f"sessionid={cookie}".encode("latin-1")
    answer = stranger.get("/api/me/", headers={"Cookie": field})
    assert (answer.status_code, answer.text) == (403, NO_SESSION)
    assert SESSION_DELETED in set_cookies(answer)


def test_sessions_that_ended_or_do_not_verify_are_none(server, alice, database):
    def key_of(data, days=1):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        key = f"k{abs(hash((data, days))):031d}"[:32]
        database.execute("INSERT INTO django_session VALUES (?, ?, ?)",
                         (key, data, django_rows.datetime_text(moment)))
        return key

    encoded = django_rows.password_hash(PASSWORD)
    login_of = django_rows.login_dictionary
    good = django_rows.session_data(login_of(alice.id, encoded, server.secret_key), server.secret_key)
    keys = {
        "good": key_of(good),
        "expired": key_of(good, days=-1),
        "signed by another secret": key_of(django_rows.session_data(
            login_of(alice.id, encoded, server.secret_key), server.secret_key + "x")),
        "of an old password": key_of(django_rows.session_data(
            login_of(alice.id, encoded + "x", server.secret_key), server.secret_key)),
        "of no user": key_of(django_rows.session_data(
            login_of(10**6, encoded, server.secret_key), server.secret_key)),
        "not signed": key_of("e30:1:"),
        "nothing": key_of(""),
    }
    states = {name: Person(server, session_key=key).get("/api/me/").status_code
              for name, key in keys.items()}
    assert states == {name: 200 if name == "good" else 403 for name in keys}


def test_passwords_that_django_hashed_are_verified(server, stranger, database):
    django_rows.add_user(database, "from-django", "p\u00e4ss wörd")
    assert login(stranger, "from-django", "p\u00e4ss wörd").status_code == 200


def test_the_csrf_cookie_is_new_at_each_login(stranger, alice):
    tokens = set()
    for _ in range(2):
        login(stranger, alice.username)
        tokens.add(stranger.http.cookies["csrftoken"])
    assert len(tokens) == 2


def test_failed_logins_are_limited(start_server):
    tried = Person(start_server("--login-rate", "3"))
    statuses = []
    while len(statuses) < 30 and 429 not in statuses:
        answer = login(tried, "somebody", "wrong")
        statuses.append(answer.status_code)
    assert statuses[:3] == [401, 401, 401] and statuses[-1] == 429
    seconds = int(answer.headers["Retry-After"])
    assert seconds > 0
    assert re.fullmatch(r"Request was throttled\. Expected available in %d seconds?\." % seconds,
                        answer.json()["detail"])


def test_a_right_login_is_not_counted_as_a_failed_one(start_server):
    server = start_server("--login-rate", "3")
    person = Person(server)
    with contextlib.closing(django_rows.connect(server.database)) as db:
        django_rows.add_user(db, "dave")
    assert [login(person, "dave").status_code for _ in range(8)] == [200] * 8
