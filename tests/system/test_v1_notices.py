"""The frame `notice`: who is told what an operator has said beside the running server, when, and how often. test_cli_notice.py: the command."""
import contextlib
import time

import pytest

import django_rows
from chat_socket import ChatSocket
from command_line import Confab
from people import Person, people_from_rows
from test_cli_notice import moment
from v1_socket import V1Socket

LOOPS = 2
CONNECTIONS = 12  # enough that each loop has some: the kernel deals them out
NOTICES_MAX = 8


class Site:
    """A server, two people in a chat, and the operator's command line."""

    def __init__(self, server):
        self.server = server
        self.operator = Confab(server.directory)
        self.alice, self.bob = people_from_rows(server, ["alice", "bob"])
        self.chat = self.alice.make_chat(self.bob)

    def say(self, message, *words):
        self.operator.ok("notice", "send", message, *words, "--database", self.server.database)

    def write(self, text, *values):
        with contextlib.closing(django_rows.connect(self.server.database)) as db:
            db.execute(text, values)


def person_at(server, person):
    """The same person, who talks to another server."""
    return Person(server, person.username, person.id, person.session_key)


@pytest.fixture
def site(start_server):
    return Site(start_server("--threads", str(LOOPS)))


def greeting(person, chat=None):
    """All that comes behind hello by itself, in its order; at one chat's address `subscribed` too, which waits for a look into the database."""
    path = "/ws/" if chat is None else f"/ws/chat/{chat}/"
    with ChatSocket(person.server, path, person.session_key, subprotocols=["confab.v1"]) as socket:
        told = [socket.receive()]
        assert told[0]["type"] == "hello"
        while chat is not None and told[-1]["type"] != "subscribed":
            told.append(socket.receive())
        return told[1:] + socket.received_by_now()


def messages(frames):
    return [frame["message"] for frame in frames if frame["type"] == "notice"]


def wait_until_known(site, message):
    """Every loop has looked: whoever connects now is told behind hello."""
    sockets = [V1Socket(site.alice) for _ in range(CONNECTIONS)]
    for socket in sockets:
        while socket.receive("notice")["message"] != message:
            pass
        socket.close()


def test_everybody_who_is_connected_is_told_once_on_every_loop(site):
    sockets = [V1Socket(person, chat) for person in (site.alice, site.bob) for chat in (None, site.chat)
               for _ in range(CONNECTIONS)]
    at = moment(hours=1)
    site.say("Restart at 18:00", "--at", at)
    for socket in sockets:
        assert socket.receive() == {"type": "notice", "code": "maintenance", "message": "Restart at 18:00", "at": at}
    site.say("<b>\"We\" have moved</b> \\ é", "--code", "news")
    for socket in sockets:
        assert socket.receive() == {"type": "notice", "code": "news", "message": "<b>\"We\" have moved</b> \\ é"}
    # Another program writes, the loops look again: nothing is told twice.
    site.write("UPDATE chat_user SET first_name = 'A' WHERE id = ?", site.alice.id)
    site.write("INSERT INTO chat_message (chat_id, sender_id, content, timestamp) VALUES (?, ?, 'seen', ?)",
               site.chat, site.alice.id, django_rows.datetime_text())
    for socket in sockets:
        if socket.subscribed:
            assert socket.receive()["type"] == "message"
        assert socket.socket.received_by_now() == []
        socket.close()


def test_it_comes_within_about_a_second(site):
    with V1Socket(site.alice) as socket:
        site.say("soon")
        began = time.monotonic()
        socket.receive("notice")
        print(f"told after {time.monotonic() - began:.2f} s")


def test_who_comes_later_is_told_right_behind_hello(site):
    at = moment(hours=1)
    site.say("first", "--at", at)
    site.say("second")
    wait_until_known(site, "second")
    for _ in range(CONNECTIONS):
        told = greeting(site.bob, site.chat)
        assert [frame["type"] for frame in told] == ["notice", "notice", "subscribed"]
        assert told[0] == {"type": "notice", "code": "maintenance", "message": "first", "at": at}
        assert messages(told) == ["first", "second"]
        assert messages(greeting(site.bob)) == ["first", "second"]


def test_a_server_knows_from_its_start_what_holds(site):
    site.say("for two lives", "--at", moment(hours=1))
    site.server.restart()
    for _ in range(CONNECTIONS):
        assert messages(greeting(site.alice)) == ["for two lives"]
    site.write("UPDATE confab_notice SET ends_at = '2026-01-01 00:00:00'")
    site.server.restart()
    assert messages(greeting(site.alice)) == []


def test_a_notice_whose_time_is_over_is_not_told_any_more(site):
    site.write("INSERT INTO confab_notice (code, message, created_at, ends_at)"
               " VALUES ('x', 'is over soon', datetime('now'), datetime('now', '+3 seconds'))")
    site.say("stays")
    wait_until_known(site, "stays")
    assert messages(greeting(site.bob))[-1] == "stays"
    deadline = time.monotonic() + 30
    while messages(greeting(site.bob)) != ["stays"]:  # without anybody writing
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_notice_that_was_ended_is_not_told_any_more(site):
    site.say("taken back")
    site.say("stays")
    wait_until_known(site, "stays")
    site.operator.ok("notice", "end", "1", "--database", site.server.database)
    site.say("newest")
    wait_until_known(site, "newest")
    assert messages(greeting(site.bob)) == ["stays", "newest"]
    # The newest goes: a later one is new all the same, and what is there is not.
    site.operator.ok("notice", "end", "3", "--database", site.server.database)
    with V1Socket(site.alice) as socket:
        site.say("newer")
        while socket.receive("notice")["message"] != "newer":
            pass
        socket.ping()
        assert socket.waiting == []


def test_as_many_are_told_as_may_hold(site):
    for i in range(NOTICES_MAX):
        site.say(f"{i}" + "x" * 499)
    wait_until_known(site, f"{NOTICES_MAX - 1}" + "x" * 499)
    assert [message[0] for message in messages(greeting(site.bob, site.chat))] == [str(i) for i in range(NOTICES_MAX)]


def test_clients_of_the_existing_system_see_nothing_of_it(site):
    with site.bob.connect(site.chat) as part_i, V1Socket(site.alice, site.chat) as socket:
        site.say("for some")
        socket.receive("notice")
        wait_until_known(site, "for some")
        part_i.say("hello")
        assert part_i.receive_content() == "hello"
        assert part_i.received_by_now() == []
    with site.bob.connect(site.chat) as late:
        assert late.received_by_now() == []


def test_two_servers_on_one_database_tell_theirs(site, start_server):
    other = start_server("--database", str(site.server.database), "--secret-key-file", str(site.server.secret_key_file))
    with V1Socket(site.alice) as here, V1Socket(person_at(other, site.bob)) as there:
        site.say("everywhere")
        assert here.receive("notice")["message"] == there.receive("notice")["message"] == "everywhere"
