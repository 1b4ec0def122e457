"""A server under measurement: its process, where it listens, its end."""

import pathlib
import re
import signal
import subprocess

START_SECONDS = 30
STOP_SECONDS = 10


class Failure(Exception):
    """The measurement cannot go on; the text says why."""


class Server:
    """A program on its own core (or a list of them) that says where it listens. Leaving the block ends it."""

    def __init__(self, command, cores, log_path):
        self.log = open(log_path, "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(cores), *command], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.address = None

    def __enter__(self):
        signal.alarm(START_SECONDS)
        try:
            self.address = self.wait_until_it_listens()
        except Failure:
            self.__exit__(None, None, None)
            raise
        signal.alarm(0)
        return self

    def wait_until_it_listens(self):
        """The address in the line that says so. A server that ends closes the pipe; one that hangs meets the alarm."""
        for line in self.process.stdout:
            found = re.search(r"listening on (?:http://)?([0-9.]+:[0-9]+)", line)
            if found:
                return found.group(1)
        said = pathlib.Path(self.log.name).read_text(encoding="utf-8", errors="replace")
        raise Failure(f"the server ended before it listened; it said: {said[-1000:]}")

    def pids(self):
        """The process and all below it."""
        found = [self.process.pid]
        for pid in found:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            found += map(int, children.split())
        return ",".join(map(str, found))

    def __exit__(self, *_):
        signal.alarm(0)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


def on_alarm(_signal, _frame):
    raise Failure(f"the server did not listen within {START_SECONDS} s")
