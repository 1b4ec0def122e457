"""One running `confab serve`, as the tests hold it: start it, read its log, stop it, kill it.

Knows: the command line, the ready line, where the files lie, what /proc says about memory.
Does not know: what is said over its sockets.
"""
import os
import pathlib
import re
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]

# These guard against hanging and measure nothing: a sanitizer build on a busy machine is slow.
START_DEADLINE_S = 60
STOP_DEADLINE_S = 60
LOG_DEADLINE_S = 60

READY = re.compile(rb"listening on (https?)://(\S+):(\d+)")
SANITIZER_REPORT = re.compile(
    rb"(ERROR: (Address|Leak|Memory)Sanitizer|WARNING: ThreadSanitizer|runtime error:)"
)


def binary():
    """The confab under test: CONFAB_BINARY, or the release build."""
    return os.environ.get("CONFAB_BINARY", str(ROOT / "build" / "confab"))


def is_sanitized():
    """Whether the binary is a sanitizer build, whose memory use says nothing about ours."""
    return b"__sanitizer_" in pathlib.Path(binary()).read_bytes()


class Server:
    """`confab serve` on a free port of 127.0.0.1, with its files in one directory."""

    def __init__(self, directory, *options):
        self.directory = pathlib.Path(directory)
        self.options = options
        self.host = "127.0.0.1"
        self.scheme = "http"
        self.port = 0
        self.database = self.directory / "db.sqlite3"
        self.secret_key_file = self.directory / "secret"
        self.process = None
        self._output = bytearray()
        self._output_grew = threading.Condition()
        self._reader = None

    @property
    def url(self):
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def websocket_url(self):
        return f"{self.scheme.replace('http', 'ws')}://{self.host}:{self.port}"

    @property
    def log(self):
        """Everything that the server has written so far, of all its lives."""
        with self._output_grew:
            return bytes(self._output)

    @property
    def secret_key(self):
        return self.secret_key_file.read_text().strip()

    def start(self):
        """Start it, and wait for the ready line. After a stop it gets the same port again."""
        command = [
            binary(), "serve",
            "--listen", f"{self.host}:{self.port}",
            "--database", str(self.database),
            "--secret-key-file", str(self.secret_key_file),
            *self.options,
        ]
        seen = len(self._output)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.directory,
        )
        self._reader = threading.Thread(
            target=self._read_output, args=(self.process,), daemon=True)
        self._reader.start()
        with self._output_grew:
            ready = self._output_grew.wait_for(
                lambda: READY.search(self._output, seen) or self.process.poll() is not None,
                START_DEADLINE_S)
        found = READY.search(self._output, seen)
        if not ready or not found:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no ready line:\n{self.log.decode(errors='replace')}")
        self.scheme = found.group(1).decode()
        self.port = int(found.group(3))
        return self

    def wait_for_log(self, pattern, seen=0):
        """Wait until the log holds the pattern behind its first `seen` bytes; the match."""
        with self._output_grew:
            found = self._output_grew.wait_for(
                lambda: re.search(pattern, self._output[seen:]), LOG_DEADLINE_S)
        assert found, f"not logged: {pattern}\n{self.log.decode(errors='replace')[-4000:]}"
        return found

    def signal(self, number, pattern):
        """Send a signal, and wait for the log line that it leads to."""
        seen = len(self.log)
        self.process.send_signal(number)
        return self.wait_for_log(pattern, seen)

    def _read_output(self, process):
        stream = process.stdout
        while True:
            piece = stream.read1(65536)
            if not piece:
                process.wait()  # its output ends a moment before it does, and start() asks whether it has
            with self._output_grew:
                self._output += piece
                self._output_grew.notify_all()
            if not piece:
                stream.close()
                return

    def terminate(self):
        """Send SIGTERM, and do not wait."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """Wait for the end of the process; its exit status."""
        try:
            status = self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                "the server hung at its end:\n" + self.log.decode(errors="replace")[-4000:]) from None
        self._reader.join(STOP_DEADLINE_S)
        return status

    def stop(self):
        """SIGTERM. A clean exit and no sanitizer report are part of every test."""
        if self.process is None:
            return
        died_early = self.process.poll()
        if died_early is None:
            self.terminate()
        status = self.wait()
        self.process = None
        log = self.log.decode(errors="replace")
        assert died_early is None, f"the server had died with status {died_early}:\n{log[-8000:]}"
        assert status == 0, f"exit status {status} on SIGTERM:\n{log[-8000:]}"
        self.check_log()

    def kill(self):
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()
        self._reader.join(STOP_DEADLINE_S)
        self.process = None
        self.check_log()

    def restart(self):
        self.stop()
        return self.start()

    def check_log(self):
        report = SANITIZER_REPORT.search(self._output)
        assert report is None, self.log[max(report.start() - 500, 0):][:8000].decode(errors="replace")

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def memory_peak_kib(self):
        """The most memory that the process ever had in RAM (VmHWM)."""
        return self._status_kib("VmHWM")

    def memory_kib(self):
        return self._status_kib("VmRSS")

    def _status_kib(self, name):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE).group(1))
