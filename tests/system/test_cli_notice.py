"""`confab notice send|list|end`: what an operator says to everybody, as it is stored. test_v1_notices.py: who is told."""
import datetime
import json

import pytest

from command_line import Confab

MESSAGE_CHARACTERS_MAX = 500
CODE_CHARACTERS_MAX = 32
NOTICES_MAX = 8


def moment(**distance):
    """A time so far from now, as people write it."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return (now + datetime.timedelta(**distance)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def confab(tmp_path):
    made = Confab(tmp_path)
    made.ok("migrate")
    return made


def notices(confab):
    return [json.loads(line) for line in confab.ok("notice", "list", "--json").splitlines()]


def test_a_notice_with_a_time_holds_until_then(confab):
    at = moment(hours=1)
    assert confab.ok("notice", "send", " Restart at 18:00 ", "--at", at) == "stored notice 1\n"
    [notice] = notices(confab)
    assert notice.pop("created_at") < at
    assert notice == {"id": 1, "code": "maintenance", "message": "Restart at 18:00", "at": at, "ends_at": at}
    confab.rows("UPDATE confab_notice SET ends_at = '2026-01-01 00:00:00'")
    assert notices(confab) == []


def test_a_notice_without_a_time_holds_for_a_day(confab):
    confab.ok("notice", "send", "Welcome", "--code", "news")
    [notice] = notices(confab)
    assert (notice["code"], notice["at"]) == ("news", None)
    lasts = datetime.datetime.fromisoformat(notice["ends_at"][:-1]) - datetime.datetime.fromisoformat(notice["created_at"][:-1])
    assert lasts == datetime.timedelta(days=1)


def test_a_time_is_taken_with_its_zone(confab):
    confab.ok("notice", "send", "x", "--at", "2099-01-01T00:30+01:00")
    assert notices(confab)[0]["at"] == "2098-12-31T23:30:00Z"


def test_the_list_is_a_table_that_cannot_harm_a_terminal(confab):
    confab.ok("notice", "send", "<b>É</b>", "--at", "2099-01-01T00:00:00Z")
    confab.rows("INSERT INTO confab_notice (code, message, created_at, ends_at)"
                " VALUES ('x', char(27) || '[31m', '2026-01-01 00:00:00', '2099-01-02 00:00:00')")
    assert [line.split() for line in confab.ok("notice", "list").splitlines()] == [
        ["ID", "ENDS", "CODE", "MESSAGE"],
        ["1", "2099-01-01T00:00:00Z", "maintenance", "<b>É</b>"],
        ["2", "2099-01-02T00:00:00Z", "x", "?[31m"]]


def test_a_notice_is_ended(confab):
    confab.ok("notice", "send", "x")
    assert confab.ok("notice", "end", "1") == "ended notice 1\n"
    assert notices(confab) == []
    for number in ("1", "0", "x", "99999999999999999999"):
        assert confab.refused(1, "notice", "end", number) == \
            f'confab: there is no notice with the id "{number}"; confab notice list shows all\n'
    assert confab.ok("notice", "send", "y") == "stored notice 2\n"


@pytest.mark.parametrize("words, said", [
    (("",), "is empty"), ((" \n",), "is empty"), (("a\nb",), "one line"), (("a\x1b[31mb",), "one line"),
    (("x", "--at", "18:00"), 'confab: --at: "18:00" is no time with its zone, e.g. 2026-11-22T18:00:00Z'),
    (("x", "--at", "2099-01-01T00:00:00"), "is no time with its zone"),
    (("x", "--at", "2026-01-01T00:00:00Z"), 'confab: --at: "2026-01-01T00:00:00Z" is over, and the notice with it\n'),
    (("x", "--code", "Main Tenance"), 'confab: --code: "Main Tenance" is no code: 1 to 32 small letters, digits and _\n'),
    ((), "confab notice send needs a MESSAGE"), (("two", "words"), 'unexpected "words"'),
])
def test_what_is_no_notice_is_refused_in_one_line(confab, words, said):
    assert said in confab.refused(2, "notice", "send", *words)
    assert notices(confab) == []


def test_texts_are_taken_at_their_limit_and_refused_one_past(confab):
    confab.ok("notice", "send", "é" * MESSAGE_CHARACTERS_MAX, "--code", "c" * CODE_CHARACTERS_MAX)
    assert f"is longer than {MESSAGE_CHARACTERS_MAX} characters" in \
        confab.refused(2, "notice", "send", "é" * (MESSAGE_CHARACTERS_MAX + 1))
    assert "is no code" in confab.refused(2, "notice", "send", "x", "--code", "c" * (CODE_CHARACTERS_MAX + 1))
    assert [len(notice["message"]) for notice in notices(confab)] == [MESSAGE_CHARACTERS_MAX]


def test_as_many_hold_as_may_and_one_more_is_refused(confab):
    for _ in range(NOTICES_MAX):
        confab.ok("notice", "send", "x")
    assert confab.refused(1, "notice", "send", "x").startswith(f"confab: {NOTICES_MAX} notices hold already")
    confab.rows("UPDATE confab_notice SET ends_at = '2026-01-01 00:00:00' WHERE id = 3")
    confab.ok("notice", "send", "y")
    assert confab.rows("SELECT count(*) FROM confab_notice") == [(NOTICES_MAX,)]


def test_the_database_is_sound_afterwards(confab):
    confab.ok("notice", "send", "x", "--at", moment(days=400))
    assert confab.ok("check").endswith("nothing is wrong\n")
