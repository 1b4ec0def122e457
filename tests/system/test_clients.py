"""Clients that nobody here wrote, doing what the existing system's guide tells them to: curl with a cookie jar, Python's requests
and websockets, wscat, npm ws, and a page's `new WebSocket`. Each begins with nothing and registers, logs in, talks and reads back.
"""
import asyncio
import contextlib
import itertools
import json
import os
import pathlib
import queue
import subprocess
import threading

import pytest
import requests
import websockets

from chat_socket import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE_SCRIPTS = pathlib.Path(__file__).parent / "node"
WSCAT = ROOT / "node_modules" / ".bin" / "wscat"
PASSWORD = "correct horse"
OUTPUT_DEADLINE_S = 60  # guards against hanging

_numbers = itertools.count(1)


class Program:
    """A client in a process of its own, with its lines of output."""

    def __init__(self, *command, **environment):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, bufsize=1, env={**os.environ, "NODE_PATH": str(ROOT / "node_modules"), **environment})
        self._lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, text):
        """The next line with this text in it; lines before it are passed over."""
        while True:
            line = self._lines.get(timeout=OUTPUT_DEADLINE_S)
            assert line is not None, f"ended without {text!r}; printed {self.seen}"
            self.seen.append(line)
            if text in line:
                return line

    def finish(self):
        """Close its input and wait; the exit status."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(OUTPUT_DEADLINE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def curl(server, jar, method, path, body=None):
    """The guide's curl commands: a cookie jar, JSON, no other fields. The status and the decoded answer."""
    command = ["curl", "-sS", "-b", jar, "-c", jar, "-X", method, "-w", "\n%{http_code}", server.url + path]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    run_ = subprocess.run(command, capture_output=True, text=True, check=True, timeout=OUTPUT_DEADLINE_S)
    content, _, status = run_.stdout.rpartition("\n")
    return int(status), json.loads(content) if content else None


@pytest.fixture(scope="module")
def member(server):
    """Somebody registered over REST and logged in with `requests`: the session, the user, a chat."""
    http = requests.Session()
    http.trust_env = False
    name = {"username": "guide-reader", "email": "guide@example.com", "password": PASSWORD}
    user = http.post(server.url + "/api/register/", json={**name, "password_confirm": PASSWORD}).json()
    assert http.post(server.url + "/api/login/", json=name).status_code == 200
    chat = http.post(server.url + "/api/chats/", json={"name": "Clients"}).json()
    http.user, http.chat_id = user, chat["id"]
    http.key = http.cookies["sessionid"]
    return http


def history_of(server, member):
    answer = member.get(f"{server.url}/api/chats/{member.chat_id}/messages/")
    return [message["content"] for message in answer.json()]


def test_curl_with_a_cookie_jar_goes_all_the_way(server, tmp_path):
    name = f"curl{next(_numbers)}"
    jar = str(tmp_path / "cookies.txt")
    user = {"username": name, "email": f"{name}@example.com", "user_type": "student"}
    status, made = curl(server, jar, "POST", "/api/register/",
                        {**user, "password": PASSWORD, "password_confirm": PASSWORD})
    assert (status, made) == (201, {"id": made["id"], **user})
    assert curl(server, jar, "POST", "/api/login/", {"username": name, "password": PASSWORD}) == (200, made)
    assert curl(server, jar, "GET", "/api/me/") == (200, made)
    status, chat = curl(server, jar, "POST", "/api/chats/", {"name": "From curl", "participant_ids": []})
    assert status == 201
    chat_path = f"/api/chats/{chat['id']}/"
    status, message = curl(server, jar, "POST", chat_path + "send_message/", {"content": "Hello"})
    assert (status, message["content"]) == (201, "Hello")
    assert curl(server, jar, "GET", chat_path + "messages/") == (200, [message])
    assert curl(server, jar, "PATCH", chat_path, {"name": "Renamed"})[0] == 200
    assert curl(server, jar, "DELETE", chat_path) == (204, None)
    assert curl(server, jar, "POST", "/api/logout/") == (200, {"message": "Logged out successfully"})
    assert curl(server, jar, "GET", "/api/me/")[0] == 403


def test_python_websockets_talks_and_reads_back(server, member):
    async def talk():
        async with websockets.connect(f"{server.websocket_url}/ws/chat/{member.chat_id}/",
                                      extra_headers={"Cookie": f"sessionid={member.key}"}) as socket:
            await socket.send(json.dumps({"content": "from Python"}))
            return json.loads(await asyncio.wait_for(socket.recv(), OUTPUT_DEADLINE_S))
    frame = run(talk())
    assert frame["message"]["content"] == "from Python" and frame["message"]["sender"] == member.user
    assert history_of(server, member)[-1] == "from Python"


def wscat(server, member, *options):
    return Program("node", WSCAT, "--no-color", "-c", f"{server.websocket_url}/ws/chat/{member.chat_id}/",
                   "-H", f"Cookie: sessionid={member.key}", *options)


def test_wscat_talks(server, member):
    with wscat(server, member, "-w", "2", "-x", '{"content": "from wscat"}') as program:
        line = program.wait_for("from wscat")
        assert json.loads(line[line.index("{"):])["message"]["sender"] == member.user
    assert history_of(server, member)[-1] == "from wscat"


def test_two_wscats_hear_each_other(server, member):
    with wscat(server, member, "-w", "60", "-x", '{"content": "first is here"}') as first:
        first.wait_for("first is here")
        with wscat(server, member, "-w", "2", "-x", '{"content": "second is here"}') as second:
            second.wait_for("second is here")
            first.wait_for("second is here")


def test_a_page_s_websocket_talks_and_shows_errors(server, member):
    with Program("node", NODE_SCRIPTS / "page.cjs", server.url, member.chat_id, member.key) as page:
        page.wait_for("open")
        page.wait_for("guide-reader: Hello from the page")
        page.wait_for("error: Content cannot be empty")
        with Program("node", NODE_SCRIPTS / "page.cjs", server.url, member.chat_id, member.key) as other:
            other.wait_for("guide-reader: Hello from the page")
            page.wait_for("guide-reader: Hello from the page")

            async def say_bye():
                async with websockets.connect(f"{server.websocket_url}/ws/chat/{member.chat_id}/",
                                              extra_headers={"Cookie": f"sessionid={member.key}"}) as socket:
                    await socket.send('{"content": "bye"}')
                    await socket.recv()
            run(say_bye())
            # Contract: "the client's code is answered (1000 for none)".
            page.wait_for("closed 1000")
            other.wait_for("closed 1000")
            assert page.finish() == 0 and other.finish() == 0


def test_a_page_of_another_site_is_refused(server, member):
    with Program("node", NODE_SCRIPTS / "page.cjs", server.url, member.chat_id, member.key,
                 PAGE_ORIGIN="http://evil.example") as page:
        page.wait_for("failed: Unexpected server response: 403")
        page.wait_for("closed 1006")


def test_npm_ws_echoes_every_size_with_every_offer(server):
    with Program("node", NODE_SCRIPTS / "echo.cjs", server.websocket_url + "/ws/echo/") as program:
        program.wait_for("none: none")
        program.wait_for("default: permessage-deflate")
        program.wait_for("no context takeover: permessage-deflate")
        program.wait_for("small windows: permessage-deflate")
        assert program.finish() == 0


def test_python_websockets_echoes_every_size(server):
    async def echo(compression):
        async with websockets.connect(server.websocket_url + "/ws/echo/", compression=compression,
                                      max_size=None) as socket:
            for size in (0, 1, 125, 126, 65_535, 65_536, 300_000):
                for message in ("é" * (size // 2), bytes(range(256)) * (size // 256)):
                    await socket.send(message)
                    assert await asyncio.wait_for(socket.recv(), OUTPUT_DEADLINE_S) == message
    for compression in ("deflate", None):
        run(echo(compression), OUTPUT_DEADLINE_S)
