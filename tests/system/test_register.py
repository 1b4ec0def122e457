"""POST /api/register/ (part I.2)."""
import contextlib
import itertools
import unicodedata

import pytest

import django_rows
import people
from command_line import FAST_HASH
from confab_server import Server
from conftest import USUAL_OPTIONS
from contract import (BLANK, NOT_TEXT, NULL, REQUIRED, check_answer_fields, compact, set_cookies,
                      too_long)

NAME_CHARACTERS = ("Enter a valid username. This value may contain only letters, numbers, "
                   "and @/./+/-/_ characters.")
BAD_EMAIL = "Enter a valid email address."

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Most of what is registered here is refused or looked at; what a real hash costs is one test's matter."""
    running = Server(tmp_path_factory.mktemp("server"), *USUAL_OPTIONS, *FAST_HASH).start()
    yield running
    running.stop()


def fields(**changes):
    """A good registration, changed; a field changed to ... is left out."""
    good = {"username": f"new{next(_numbers)}", "email": "new@example.com",
            "password": "correct horse", "password_confirm": "correct horse"}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def test_a_new_user_is_shown_and_not_logged_in(stranger):
    answer = stranger.post("/api/register/", fields(username="zoë.1", user_type="staff"))
    assert answer.status_code == 201
    assert answer.text == compact({"id": answer.json()["id"], "username": "zoë.1",
                                   "email": "new@example.com", "user_type": "staff"})
    check_answer_fields(answer)
    assert set_cookies(answer) == []
    assert stranger.get("/api/me/").status_code == 403


def test_left_out_fields_take_their_defaults_and_others_are_ignored(stranger):
    answer = stranger.post("/api/register/",
                           fields(email=..., id=1, is_superuser=True, is_staff=True, hobby=[1]))
    assert answer.status_code == 201
    assert answer.json()["email"] == "" and answer.json()["user_type"] == "student"


# Anyone may choose it, so it must not open anything: the name says staff, Django's is_staff does not.
def test_the_user_type_gives_no_power(stranger, alice, bob):
    chosen = fields(user_type="staff")
    made = stranger.post("/api/register/", chosen).json()
    stranger.post("/api/login/", {"username": chosen["username"], "password": "correct horse"})
    stranger.id = made["id"]
    chat_id = alice.make_chat(bob, stranger)
    assert stranger.delete(f"/api/chats/{chat_id}/").status_code == 403


@pytest.mark.parametrize("changes, errors", [
    ({"username": ..., "password": ..., "password_confirm": ...},
     {"username": [REQUIRED], "password": [REQUIRED], "password_confirm": [REQUIRED]}),
    ({"username": None, "password": None, "password_confirm": None},
     {"username": [NULL], "password": [NULL], "password_confirm": [NULL]}),
    ({"username": "", "password": ""}, {"username": [BLANK], "password": [BLANK]}),
    ({"username": " \u2003\t"}, {"username": [BLANK]}),
    ({"username": True, "password": ["x"]}, {"username": [NOT_TEXT], "password": [NOT_TEXT]}),
    ({"username": {"a": 1}}, {"username": [NOT_TEXT]}),
    ({"username": "two words"}, {"username": [NAME_CHARACTERS]}),
    ({"username": "semi;colon"}, {"username": [NAME_CHARACTERS]}),
    ({"username": "a/b"}, {"username": [NAME_CHARACTERS]}),
    ({"username": "\U0001f600"}, {"username": [NAME_CHARACTERS]}),
    ({"username": "é" * 151}, {"username": [too_long(150)]}),
    ({"email": "nobody"}, {"email": [BAD_EMAIL]}),
    ({"email": "a@b"}, {"email": [BAD_EMAIL]}),
    ({"email": "a b@example.com"}, {"email": [BAD_EMAIL]}),
    ({"email": "@example.com"}, {"email": [BAD_EMAIL]}),
    ({"email": "a@" + "x" * 60 + ("." + "y" * 60) * 3 + ".example.com"},
     {"email": [too_long(254)]}),
    ({"user_type": "admin"}, {"user_type": ['"admin" is not a valid choice.']}),
    ({"password_confirm": "correct horse "}, {"password": ["Passwords don't match."]}),
    ({"username": "a b", "email": "x", "user_type": "admin"},
     {"username": [NAME_CHARACTERS], "email": [BAD_EMAIL],
      "user_type": ['"admin" is not a valid choice.']}),
])
def test_every_faulty_field_is_named(stranger, changes, errors):
    answer = stranger.post("/api/register/", fields(**changes))
    assert (answer.status_code, answer.text) == (400, compact(errors))


def test_names_up_to_150_code_points_of_any_script_pass(stranger):
    for name in ("\U00010400" + "д" * 149, f"a@.+-_{next(_numbers)}", "漢字7"):
        answer = stranger.post("/api/register/", fields(username=name))
        assert (answer.status_code, answer.json().get("username")) == (201, name)


def test_a_number_becomes_text_and_white_space_around_a_name_goes(stranger):
    assert stranger.post("/api/register/", fields(username=57005)).json()["username"] == "57005"
    padded = stranger.post("/api/register/", fields(username="\u3000padded\n"))
    assert padded.json()["username"] == "padded"


def test_a_name_is_taken_once_and_its_case_matters(stranger):
    taken = fields()
    assert stranger.post("/api/register/", taken).status_code == 201
    again = stranger.post("/api/register/", taken)
    assert again.status_code == 400
    assert again.text == compact({"username": ["A user with that username already exists."]})
    other = fields(username=taken["username"].upper())
    assert stranger.post("/api/register/", other).status_code == 201


# What Django's create_user() does with a name. Characters that Unicode has had for long: the tables of libunistring and Python
# are of different years.
@pytest.mark.parametrize("name", [
    "ｆｕｌｌｗｉｄｔｈ", "ﬁnn", "x²", "ⅷ", "\u1112\u1161\u11ab", "ｶﾌｪ", "①", "ſ", "ǅ", "\u212b", "𝒜lice", "ﷲ", "ﾊﾝ"])
def test_a_name_is_stored_in_its_normal_form(stranger, name):
    stored = unicodedata.normalize("NFKC", name)
    assert stored != name
    number = next(_numbers)
    answer = stranger.post("/api/register/", fields(username=f"{name}.{number}"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["username"] == f"{stored}.{number}"
    for form in (name, stored):
        answer = stranger.post("/api/register/", fields(username=f"{form}.{number}"))
        assert answer.json() == {"username": ["A user with that username already exists."]}
    login = {"username": f"{stored}.{number}", "password": "correct horse"}
    assert stranger.post("/api/login/", login).status_code == 200


@pytest.mark.parametrize("name", ["\ufdfa", "\ufdfb", "ﬃ" * 60])
def test_a_name_whose_normal_form_is_none_is_refused(stranger, name):
    answer = stranger.post("/api/register/", fields(username=name))
    assert (answer.status_code, answer.json()) == (400, {"username": [NAME_CHARACTERS]})


# Trimming a password would let in who does not know it.
def test_a_password_keeps_its_white_space(stranger):
    padded = fields(password=" p ", password_confirm=" p ")
    assert stranger.post("/api/register/", padded).status_code == 201
    login = {"username": padded["username"], "password": "p"}
    assert stranger.post("/api/login/", login).status_code == 401
    assert stranger.post("/api/login/", {**login, "password": " p "}).status_code == 200


def test_new_passwords_are_stored_as_django_argon2_hashes(start_server):
    usual = start_server()
    name = fields()
    people.Person(usual).post("/api/register/", name)
    with contextlib.closing(django_rows.connect(usual.database)) as db:
        (encoded,) = db.execute("SELECT password FROM chat_user WHERE username = ?", (name["username"],)).fetchone()
    assert encoded.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$") and len(encoded) <= 128


def test_only_post_is_allowed(stranger):
    answer = stranger.get("/api/register/")
    assert (answer.status_code, answer.text) == (405, '{"detail":"Method \\"GET\\" not allowed."}')
