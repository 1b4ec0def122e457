"""SIGHUP: the configuration is read again; what can change while serving does, the rest is named."""
import signal
import subprocess

import pytest

import confab_server
from people import Person, people_from_rows
from test_logs import lines_of
from test_metrics import Monitored

RELOADED = rb"info reloaded"
NOT_RELOADED = rb'error not reloaded, it stays as it was what="configuration" reason="([^"]*)"'


class Configured:
    """A server with a configuration file."""

    def __init__(self, start_server, directory, text, *options):
        self.path = directory / "confab.conf"
        self.path.write_text(text)
        self.server = start_server("--config", str(self.path), *options, directory=directory)

    def reload(self, text, pattern=RELOADED):
        self.path.write_text(text)
        return self.server.signal(signal.SIGHUP, pattern)


@pytest.fixture
def configured(start_server, tmp_path):
    def start(text, *options):
        return Configured(start_server, tmp_path, text, *options)
    return start


def cross_site_status(server, person, origin):
    return person.post("/api/logout/", headers={"Origin": origin}).status_code


def test_allowed_origins_change(configured):
    site = configured("allowed-origin = https://a.example.com\n")
    alice, = people_from_rows(site.server, ["alice"])
    preflight = {"Access-Control-Request-Method": "POST"}

    def is_allowed(origin):
        answer = alice.request("OPTIONS", "/api/chats/", headers={"Origin": origin, **preflight})
        return answer.headers.get("Access-Control-Allow-Origin") == origin

    assert is_allowed("https://a.example.com") and not is_allowed("https://b.example.com")
    site.reload("allowed-origin = https://b.example.com\n")
    assert is_allowed("https://b.example.com") and not is_allowed("https://a.example.com")
    assert cross_site_status(site.server, alice, "https://a.example.com") == 403
    assert cross_site_status(site.server, alice, "https://b.example.com") == 200


def test_message_rate_changes_for_open_connections(configured):
    site = configured("message-rate = 1\nmessage-burst = 2\n")
    alice, bob = people_from_rows(site.server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)

    def refused_of_ten(socket):
        for number in range(10):
            socket.say(str(number))
        return [socket.receive()["type"] for _ in range(10)].count("error")

    with alice.connect(chat_id) as a:
        assert refused_of_ten(a) >= 7
        site.reload("message-rate = off\n")
        assert refused_of_ten(a) == 0
        site.reload("message-rate = 1\nmessage-burst = 1\n")
        assert refused_of_ten(a) >= 8


def test_login_rate_changes(configured):
    site = configured("login-rate = off\n")
    wrong = {"username": "nobody", "password": "wrong"}
    stranger = Person(site.server)
    assert [stranger.post("/api/login/", wrong).status_code for _ in range(3)] == [401] * 3
    site.reload("login-rate = 1\n")
    assert 429 in [stranger.post("/api/login/", wrong).status_code for _ in range(3)]
    site.reload("login-rate = off\n")
    assert stranger.post("/api/login/", wrong).status_code == 401


def test_trusted_proxies_and_the_log_level_change(configured, tmp_path):
    access_log = tmp_path / "access.log"
    site = configured("", "--access-log", str(access_log))
    headers = {"X-Forwarded-For": "203.0.113.9"}
    Person(site.server).get("/a", headers=headers)
    site.reload("trusted-proxy = 127.0.0.1\nlog-level = debug\n")
    seen = len(site.server.log)
    Person(site.server).get("/b", headers=headers)
    site.server.wait_for_log(rb" debug connection closed", seen)
    first, second = lines_of(access_log, 2)
    assert (first["address"], second["address"]) == ("127.0.0.1", "203.0.113.9")


def test_debugging_by_signal_outlives_a_reload(configured):
    site = configured("log-level = info\n")
    site.server.signal(signal.SIGUSR1, rb"level=debug")
    site.reload("log-level = warning\n")
    site.server.signal(signal.SIGUSR1, rb"level=debug")
    seen = len(site.server.log)
    Person(site.server).get("/healthz")
    site.server.wait_for_log(rb" debug connection accepted", seen)
    site.server.process.send_signal(signal.SIGUSR2)  # to warning: it says no more
    Person(site.server).get("/healthz")


def test_other_options_are_named_as_needing_a_restart(configured):
    site = configured("ping-interval = 30\nthreads = 1\n")
    found = site.reload(
        "ping-interval = 31\nthreads = 2\nlisten = 127.0.0.1:1\nlog-level = info\nmessage-rate = 7\n",
        rb'warning these options have changed and need a restart options="([^"]*)"')
    assert found.group(1) == b"threads, ping-interval"  # --listen is a flag, which comes before the file
    seen = len(site.server.log)
    site.reload("ping-interval = 30\nthreads = 1\n")
    assert b"need a restart" not in site.server.log[seen:], "compared with what runs"


@pytest.mark.parametrize("text, why", [
    ("message-rate = many\n", rb":1: message-rate: 'many' is not a whole number"),
    ("log-level = debug\nmesage-rate = 5\n", rb":2: unknown option mesage-rate; did you mean message-rate?"),
    ("nonsense\n", rb":1: a line says 'name = value'"),
    ("tls-cert = cert.pem\n", rb"--tls-cert needs --tls-key"),
])
def test_a_bad_file_leaves_everything_as_it_was(configured, text, why):
    site = configured("allowed-origin = https://a.example.com\n", "--metrics-listen", "127.0.0.1:0")
    alice, = people_from_rows(site.server, ["alice"])
    assert why in site.reload(text, NOT_RELOADED).group(1)
    assert cross_site_status(site.server, alice, "https://a.example.com") == 200
    assert b" debug " not in site.server.log
    monitored = Monitored(site.server)
    assert monitored.value("confab_reloads_total", result="failed") == 1
    site.reload("")
    assert monitored.value("confab_reloads_total", result="ok") == 1


def test_a_missing_file_leaves_everything_as_it_was(configured):
    site = configured("")
    site.path.unlink()
    found = site.server.signal(signal.SIGHUP, NOT_RELOADED)
    assert b"cannot read the configuration file" in found.group(1)
    assert Person(site.server).get("/healthz").status_code == 200


# Settings are swapped while requests are under way; a sanitizer build would see a use after free.
def test_many_reloads_under_load(configured):
    site = configured("message-rate = off\n")
    alice, bob = people_from_rows(site.server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        for number in range(50):
            site.path.write_text(f"message-rate = off\nallowed-origin = https://{number}.example.com\n")
            site.server.process.send_signal(signal.SIGHUP)
            a.say(str(number))
            assert alice.get("/api/chats/").status_code == 200
            assert b.receive_content() == str(number)
    last = "https://last.example.com"
    site.reload(f"allowed-origin = {last}\n")
    assert cross_site_status(site.server, alice, last) == 200


def test_without_a_file_sighup_only_opens_the_log_anew(start_server):
    server = start_server("--message-rate", "off")
    server.signal(signal.SIGHUP, RELOADED)
    assert server.is_alive()


# tls


def make_certificate(directory, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", directory / "key.pem", "-out", directory / "cert.pem", "-days", "2", "-subj", f"/CN={name}"],
        check=True, capture_output=True)


def served_name(server):
    """The name in the certificate that a new connection is shown."""
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"{server.host}:{server.port}"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True).stdout
    return shown.partition("subject=")[2].splitlines()[0].replace(" ", "")


def test_certificates_are_read_again(tmp_path):
    make_certificate(tmp_path, "first")
    server = confab_server.Server(tmp_path, "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key",
                                  str(tmp_path / "key.pem")).start()
    assert served_name(server) == "CN=first"
    make_certificate(tmp_path, "second")
    server.signal(signal.SIGHUP, RELOADED)
    assert served_name(server) == "CN=second"
    (tmp_path / "cert.pem").write_text("no certificate\n")
    server.signal(signal.SIGHUP, rb'not reloaded, it stays as it was what="certificates" reason="')
    assert served_name(server) == "CN=second"
    server.stop()
