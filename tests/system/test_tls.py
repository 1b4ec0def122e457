"""TLS: the same contract inside records, with clients that check the certificate.

The certificate is made for 127.0.0.1 by openssl, as its own authority.
"""
import asyncio
import json
import re
import socket
import ssl
import subprocess

import pytest
import requests
import websockets

from confab_server import Server, binary

DEADLINE_S = 60
READERS = 50
BURST = 200


def make_certificate(directory, name):
    key, certificate = directory / f"{name}.key", directory / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "first")


@pytest.fixture(scope="module")
def server(tmp_path_factory, files):
    certificate, key = files
    running = Server(tmp_path_factory.mktemp("server"), "--tls-cert", str(certificate), "--tls-key", str(key),
                     "--redirect-listen", "127.0.0.1:0", "--hsts", "3600", "--message-rate", "off",
                     "--login-rate", "off").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def trust(files):
    return ssl.create_default_context(cafile=str(files[0]))


def redirect_port(server):
    return int(re.search(rb"redirecting from http://127.0.0.1:(\d+)", server.log).group(1))


def connect(server, trust, chat_id, person, **options):
    return websockets.connect(f"{server.websocket_url}/ws/chat/{chat_id}/", ssl=trust, max_queue=None,
                              extra_headers={"Cookie": f"sessionid={person.session_key}"}, **options)


@pytest.fixture
def alice(make_people, files):
    person = make_people(1)[0]
    person.http.trust_env = False
    person.http.verify = str(files[0])
    return person


def test_the_ready_line_says_https(server):
    assert b"listening on https://127.0.0.1:" in server.log


def test_login_over_tls_gives_secure_cookies_and_hsts(server, files):
    session = requests.Session()
    session.trust_env = False  # a bundle named by the environment would count instead
    session.verify = str(files[0])
    body = {"username": "tls-user", "password": "pass word", "password_confirm": "pass word"}
    assert session.post(server.url + "/api/register/", json=body).status_code == 201
    answer = session.post(server.url + "/api/login/", json=body)
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=3600"
    cookies = answer.raw.headers.getlist("Set-Cookie")
    assert len(cookies) == 2 and all("; Secure" in cookie for cookie in cookies)
    assert session.get(server.url + "/api/me/").json()["username"] == "tls-user"


def test_an_https_origin_is_the_same_origin(server, files):
    answer = requests.post(server.url + "/api/login/", json={}, verify=str(files[0]),
                           headers={"Origin": server.url})
    assert answer.status_code == 401
    answer = requests.post(server.url + "/api/login/", json={}, verify=str(files[0]),
                           headers={"Origin": server.url.replace("https", "http")})
    assert answer.status_code == 403


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_and_alpn(server, files, version):
    context = ssl.create_default_context(cafile=str(files[0]))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((server.host, server.port), DEADLINE_S) as plain, \
            context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
        assert wrapped.selected_alpn_protocol() == "http/1.1"
        wrapped.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := wrapped.recv(4096):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 OK")


def test_old_versions_are_refused(server, files):
    said = subprocess.run(
        ["openssl", "s_client", "-connect", f"{server.host}:{server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        input=b"", capture_output=True, timeout=DEADLINE_S)
    assert said.returncode != 0 and b"Cipher is (NONE)" in said.stdout


def test_sessions_are_resumed_by_tickets(server, files, tmp_path):
    ticket = tmp_path / "ticket"
    command = ["openssl", "s_client", "-connect", f"{server.host}:{server.port}", "-CAfile", str(files[0]), "-tls1_2"]
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    subprocess.run([*command, "-sess_out", str(ticket), "-ign_eof"], input=request, capture_output=True,
                   timeout=DEADLINE_S, check=True)
    again = subprocess.run([*command, "-sess_in", str(ticket), "-ign_eof"], input=request, capture_output=True,
                           timeout=DEADLINE_S, check=True)
    assert b"Reused, TLSv1.2" in again.stdout and b"200 OK" in again.stdout


def test_http_to_the_tls_port_is_told_so(server):
    answer = requests.get(f"http://{server.host}:{server.port}/api/me/", timeout=DEADLINE_S)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "This port speaks HTTPS: use https:// here."}


def test_garbage_on_the_tls_port_ends_the_connection(server, files):
    with socket.create_connection((server.host, server.port), DEADLINE_S) as plain:
        plain.sendall(b"\x00" * 100)
        try:
            while plain.recv(4096):
                pass
        except ConnectionResetError:
            pass  # what it had not read
    assert requests.get(server.url + "/healthz", verify=str(files[0])).status_code == 200


def test_the_plain_listener_points_at_https(server):
    port = redirect_port(server)
    answer = requests.post(f"http://127.0.0.1:{port}/api/login/?a=b", data={"x": "y"}, allow_redirects=False,
                           timeout=DEADLINE_S)
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{server.url}/api/login/?a=b"
    assert "Strict-Transport-Security" not in answer.headers
    answer = requests.get(f"http://127.0.0.1:{port}/", headers={"Host": "[::1]:80"}, allow_redirects=False,
                          timeout=DEADLINE_S)
    assert answer.headers["Location"] == f"https://[::1]:{server.port}/"


def test_a_burst_reaches_everybody_once_in_order(server, trust, alice):
    """Plain and deflated subscribers, frames from small to larger than a record."""
    chat_id = alice.make_chat()

    async def run():
        sockets = [await connect(server, trust, chat_id, alice, compression="deflate" if i % 2 else None)
                   for i in range(READERS)]
        for i in range(BURST):
            await sockets[0].send(json.dumps({"content": f"{i} " + "x" * (i * 401 % 40000)}))
        expected = None
        for each in sockets:
            got = [await asyncio.wait_for(each.recv(), DEADLINE_S) for _ in range(BURST)]
            expected = expected or got
            assert got == expected
        assert [json.loads(text)["message"]["content"].split()[0] for text in expected] == [
            str(i) for i in range(BURST)]
        for each in sockets:
            await each.close()

    asyncio.run(run())


def test_pings_between_records_of_a_slow_reader(server, trust, alice):
    """A ping's answer must not fall into the middle of a frame whose record is half sent."""
    chat_id = alice.make_chat()

    async def run():
        fast = await connect(server, trust, chat_id, alice, compression=None)
        slow = await connect(server, trust, chat_id, alice, compression=None, max_size=2 ** 22, read_limit=1024)
        total = 60
        slow.transport.pause_reading()
        for i in range(total):
            await fast.send(json.dumps({"content": "y" * 30011}))
            await asyncio.wait_for(fast.recv(), DEADLINE_S)
            slow.transport.write(b"")
            if i % 5 == 0:
                slow.write_frame_sync(True, 9, b"are you there")
        slow.transport.resume_reading()
        for _ in range(total):
            assert len(json.loads(await asyncio.wait_for(slow.recv(), DEADLINE_S))["message"]["content"]) == 30011
        await slow.close()
        await fast.close()

    asyncio.run(run())


def test_a_long_history_comes_whole(server, files, trust, alice):
    chat_id = alice.make_chat()

    async def fill():
        async with connect(server, trust, chat_id, alice, compression=None) as chat:
            for i in range(300):
                await chat.send(json.dumps({"content": f"{i}" + "z" * 3000}))
            for _ in range(300):
                await asyncio.wait_for(chat.recv(), DEADLINE_S)

    asyncio.run(fill())
    answer = requests.get(f"{server.url}/api/chats/{chat_id}/messages/", verify=str(files[0]),
                          headers={"Cookie": f"sessionid={alice.session_key}"}, timeout=DEADLINE_S)
    assert [len(message["content"]) for message in answer.json()] == [3000 + len(str(i)) for i in range(300)]


@pytest.mark.parametrize("options, words", [
    (("--tls-cert", "{cert}"), "--tls-cert needs --tls-key"),
    (("--tls-key", "{key}"), "--tls-key needs --tls-cert"),
    (("--redirect-listen", "127.0.0.1:0"), "--redirect-listen points at HTTPS"),
    (("--tls-cert", "{missing}", "--tls-key", "{key}"), "no certificate chain (PEM) could be read from"),
    (("--tls-cert", "{cert}", "--tls-key", "{other}"), "no key (PEM) for the certificate could be read from"),
])
def test_wrong_files_are_named(tmp_path, files, options, words):
    other = make_certificate(tmp_path, "other")[1]
    names = {"cert": files[0], "key": files[1], "other": other, "missing": tmp_path / "missing.pem"}
    said = subprocess.run([binary(), "serve", "--listen", "127.0.0.1:0", "--database", tmp_path / "db.sqlite3",
                           *[option.format(**names) for option in options]],
                          capture_output=True, timeout=DEADLINE_S)
    assert said.returncode in (1, 2) and words.encode() in said.stderr
