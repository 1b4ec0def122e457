"""/metrics, read by Prometheus' own parser: what is counted, where it is served, what it never tells."""
import re
import time

import pytest
import requests
import websockets
from prometheus_client.parser import text_string_to_metric_families

import confab_server
from conftest import USUAL_OPTIONS
from confab_server import Server, is_sanitized
from people import Person, people_from_rows
from test_slow_reader import stopped_reader

# Guards against hanging: what loops look at now and then is there within a second or so.
SETTLE_DEADLINE_S = 60
POLL_S = 0.05


class Monitored:
    """A server with a listener for /metrics, and what it says there."""

    def __init__(self, server):
        self.server = server
        found = server.wait_for_log(rb"metrics at (http://\S+)")
        self.url = found.group(1).decode()

    def answer(self):
        with requests.Session() as http:
            http.trust_env = False
            return http.get(f"{self.url}/metrics", timeout=SETTLE_DEADLINE_S)

    def families(self):
        return list(text_string_to_metric_families(self.answer().text))

    def value(self, name, **labels):
        """The value of one sample; 0 if it is not there."""
        return sum(sample.value for family in self.families() for sample in family.samples
                   if sample.name == name and sample.labels == labels)

    def wait_for(self, name, is_right, **labels):
        """Wait until the sample's value is right."""
        until = time.monotonic() + SETTLE_DEADLINE_S
        while not is_right(value := self.value(name, **labels)):
            assert time.monotonic() < until, (name, labels, value)
            time.sleep(POLL_S)
        return value


@pytest.fixture
def monitored(start_server):
    return Monitored(start_server(*USUAL_OPTIONS, "--metrics-listen", "127.0.0.1:0"))


@pytest.fixture
def talk(monitored):
    alice, bob = people_from_rows(monitored.server, ["alice", "bob"])
    return monitored, alice, bob, alice.make_chat(bob)


def test_the_answer_is_prometheus_text(monitored):
    answer = monitored.answer()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    families = monitored.families()
    names = [family.name for family in families]
    assert len(names) == len(set(names)) >= 30
    for family in families:
        assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
        keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(keys) == len(set(keys)), family
        for line in answer.text.splitlines():
            assert not line.startswith(f"{family.name} ") or family.type != "counter", "ends in _total"


def test_histograms_are_cumulative_and_end_with_their_count(talk):
    monitored, alice, bob, chat_id = talk
    with alice.connect(chat_id) as a:
        a.say("one")
        a.receive_content()
    histograms = [family for family in monitored.families() if family.type == "histogram"]
    assert len(histograms) >= 3
    for family in histograms:
        buckets = [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
        count = [s.value for s in family.samples if s.name.endswith("_count")]
        assert buckets == sorted(buckets) and [b[1] for b in buckets] == sorted(b[1] for b in buckets)
        assert buckets[-1] == (float("inf"), count[0]) and count[0] > 0, family


def test_every_metric_is_in_the_operations_page(monitored):
    page = (confab_server.ROOT / "docs" / "operations.md").read_text()
    described = {}
    for row in re.findall(r"^\| (`(?:confab|process)_.*?) \|", page, re.MULTILINE):
        for name, labels in re.findall(r"`(\w+)(?:\{([\w,]+)\})?`", row):
            described[name] = set(labels.split(",")) - {""}
    served = {}
    for family in monitored.families():
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        served[name] = labels
    assert set(served) == set(described)
    for name, labels in served.items():
        assert labels in (described[name], set()), name  # empty: what has not come is not shown


def test_what_people_do_is_counted(talk):
    monitored, alice, bob, chat_id = talk
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        for number in range(5):
            a.say(str(number))
            assert a.receive_content() == b.receive_content() == str(number)
        alice.send(chat_id, "over REST")
        assert monitored.value("confab_messages_stored_total", way="websocket") == 5
        assert monitored.value("confab_messages_stored_total", way="rest") == 1
        assert monitored.value("confab_deliveries_total") >= 10
        assert 1 <= monitored.value("confab_sends_total") <= monitored.value("confab_deliveries_total")
        assert monitored.value("confab_sent_bytes_total") > 10
        assert monitored.value("confab_websockets_open") == 2
        assert monitored.value("confab_rooms_open") in (1, 2)
        assert monitored.value("confab_websocket_handshakes_total", status="101") == 2
        assert monitored.value("confab_batch_writes_sum") >= 7
        assert monitored.value("confab_batch_duration_seconds_count") >= 2
        assert monitored.value("confab_connections_open") >= 2
        monitored.wait_for("confab_room_log_bytes", lambda value: value > 0)
    monitored.wait_for("confab_websockets_open", lambda value: value == 0)
    assert monitored.value("confab_rooms_open") == 0
    assert monitored.value("confab_websocket_closes_total", code="1000") == 2


def test_requests_are_counted_by_route_and_status(talk):
    monitored, alice, bob, chat_id = talk
    for path in (f"/api/chats/{chat_id}/", "/api/chats/999999/", "/api/chats/999998/", "/no/such/path"):
        alice.get(path)
    requests_total = "confab_http_requests_total"
    assert monitored.value(requests_total, route="/api/chats/{id}/", status="2xx") == 1
    assert monitored.value(requests_total, route="/api/chats/{id}/", status="4xx") == 2
    assert monitored.value(requests_total, route="other", status="4xx") == 1
    assert monitored.value("confab_http_response_bytes_total") > 400
    text = monitored.answer().text
    assert "999999" not in text and "no/such" not in text, "paths of peers are no labels"


def test_what_is_refused_is_counted(start_server):
    monitored = Monitored(start_server(
        "--metrics-listen", "127.0.0.1:0", "--message-rate", "1", "--message-burst", "2", "--login-rate", "1"))
    alice, bob = people_from_rows(monitored.server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    stranger = Person(monitored.server)
    answers = [stranger.post("/api/login/", {"username": "alice", "password": "wrong"}).status_code
               for _ in range(2)]
    assert answers == [401, 429]
    with pytest.raises(websockets.InvalidStatusCode):
        stranger.connect(chat_id)
    with alice.connect(chat_id) as a:
        for number in range(5):
            a.say(str(number))
        assert [frame["type"] for frame in (a.receive() for _ in range(5))].count("error") == 3
    assert monitored.value("confab_logins_failed_total") == 1
    assert monitored.value("confab_requests_throttled_total") == 1
    assert monitored.value("confab_websocket_handshakes_total", status="403") == 1
    assert monitored.value("confab_messages_refused_total", kind="limit") == 3


def test_readers_that_stop_are_seen(talk):
    monitored, alice, bob, chat_id = talk
    with stopped_reader(monitored.server, bob, chat_id), alice.connect(chat_id) as a:
        sent = 0
        # Not a byte more than it takes: a reader that is too far behind would be closed before anybody looks.
        while monitored.value("confab_sends_refused_total") == 0:
            for _ in range(50):
                a.say("x" * 3000)
            for _ in range(50):
                a.receive_content()
            sent += 50
            assert sent < 20_000
        monitored.wait_for("confab_readers_blocked", lambda value: value == 1)
        lag = monitored.wait_for("confab_reader_lag_bytes", lambda value: value > 0)
        assert 0 < monitored.value("confab_reader_lag_bytes_max")
        assert lag <= sent * 4000
    monitored.wait_for("confab_readers_blocked", lambda value: value == 0)


def test_the_process_is_described(monitored):
    assert monitored.value("process_resident_memory_bytes") > 1024 * 1024
    assert is_sanitized() or 0 < monitored.value("confab_heap_bytes") < monitored.value("process_resident_memory_bytes")
    assert monitored.value("process_cpu_seconds_total") > 0
    assert 5 < monitored.value("process_open_fds") <= monitored.value("process_max_fds")
    assert abs(monitored.value("process_start_time_seconds") - time.time()) < 3600
    build = next(family for family in monitored.families() if family.name == "confab_build_info")
    assert re.fullmatch(r"\d+\.\d+\.\d+", build.samples[0].labels["version"])
    assert build.samples[0].labels["sqlite"].startswith("3.")


def test_the_main_address_tells_nothing_unless_asked_to(start_server):
    private = start_server(*USUAL_OPTIONS)
    assert Person(private).get("/metrics").status_code == 404
    public = start_server(*USUAL_OPTIONS, "--metrics")
    answer = Person(public).get("/metrics")
    assert answer.status_code == 200 and "confab_build_info" in answer.text
    assert Person(public).post("/metrics").status_code == 405


def test_the_metrics_listener_serves_nothing_else(talk):
    monitored, alice, bob, chat_id = talk
    with requests.Session() as http:
        http.trust_env = False
        assert http.get(f"{monitored.url}/healthz", timeout=60).json() == {"status": "ok"}
        for path in ("/", "/api/me/", "/api/schema/", f"/ws/chat/{chat_id}/", "/metrics/"):
            assert http.get(monitored.url + path, timeout=60).status_code == 404, path
        head = http.head(f"{monitored.url}/metrics", timeout=60)
        assert head.status_code == 200 and int(head.headers["Content-Length"]) > 1000


def test_an_address_that_is_taken_is_named(tmp_path, server):
    second = Server(tmp_path, "--metrics-listen", f"127.0.0.1:{server.port}")
    with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        second.start()
