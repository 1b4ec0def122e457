"""One of our client libraries in a process of its own, as a test leads it.

Knows: how a call, its answer and the events are said to `node/library_client.mjs` and `python_library_client.py`; they are named and used alike
in both libraries. Does not know: what a test is about.
"""
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).parent
TSC = ROOT / "node_modules" / ".bin" / "tsc"
DEADLINE_S = 120  # guards against hanging

# Tests wait for reconnects; in milliseconds.
BACKOFF = {"base": 20, "max": 200}


def javascript(folder):
    """How the JavaScript library is run, built into a folder of its own so that nobody else builds it there at the same time."""
    subprocess.run([TSC, "-p", ROOT / "clients" / "js", "--outDir", folder], check=True, timeout=DEADLINE_S)
    (folder / "package.json").write_text('{"type":"module"}')
    return ["node", HERE / "node" / "library_client.mjs", folder]


def python():
    return [sys.executable, HERE / "python_library_client.py", ROOT / "clients" / "python"]


class Refused(Exception):
    """The library rejected a call; `code` says why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class LibraryClient:
    """A client that begins to connect at once. `events` has what it has told so far."""

    def __init__(self, command, url, person, **options):
        options = {"backoff": BACKOFF, "cookie": f"sessionid={person.session_key}", **options}
        self._process = subprocess.Popen(
            [*map(str, command), url, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")})
        self._ids = 0
        self._answers = {}
        self._events = queue.Queue()
        self.events = []
        self._grew = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            said = json.loads(line)
            with self._grew:
                if "event" in said:
                    self.events.append(said["event"])
                else:
                    self._answers[said["id"]] = said
                self._grew.notify_all()

    def begin(self, call, *args, chat=None):
        """Make a call without waiting for its answer; a number to ask for it."""
        self._ids += 1
        self._process.stdin.write(json.dumps({"id": self._ids, "call": call, "chat": chat, "args": args}) + "\n")
        return self._ids

    def answer(self, number):
        with self._grew:
            assert self._grew.wait_for(lambda: number in self._answers, DEADLINE_S), f"no answer; events: {self.events[-20:]}"
            said = self._answers[number]
        if "error" in said:
            raise Refused(said["error"])
        return said["answer"]

    def call(self, call, *args, chat=None):
        return self.answer(self.begin(call, *args, chat=chat))

    def send(self, chat, content, **options):
        return self.call("send", content, options, chat=chat)

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def contents(self):
        return [event["message"]["content"] for event in self.of("message")]

    def wait_for(self, what, reached):
        """Wait until `reached(self)` is true."""
        with self._grew:
            assert self._grew.wait_for(lambda: reached(self), DEADLINE_S), f"{what}: never; the last events: {self.events[-20:]}"

    def wait_for_event(self, kind, **fields):
        """The first event of a type with these fields."""
        def found(_):
            return [event for event in self.of(kind) if fields.items() <= event.items()]
        self.wait_for(f"{kind} {fields}", found)
        return found(self)[0]

    def wait_for_messages(self, count):
        """The contents of the messages heard, when there are so many."""
        self.wait_for(f"{count} messages", lambda client: len(client.of("message")) >= count)
        return self.contents()

    def stop(self):
        """Close the client and its process; nothing must have gone wrong in it."""
        self._process.stdin.close()
        status = self._process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        self._process.stdout.close()
        assert status == 0, status
        faults = [event for event in self.of("error") if event["code"] in ("chain_broken", "invalid_frame")]
        assert faults == [], "a fault of the server, or of the library"

    def kill(self):
        self._process.kill()
        self._process.wait()
