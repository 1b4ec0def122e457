"""The program's command line, as the tests hold it: run it in a directory of its own, expect success or one line of refusal."""
import json
import os
import re
import sqlite3
import subprocess

from confab_server import binary

# Guards against hanging; a sanitizer build hashes slowly.
COMMAND_DEADLINE_S = 120

# Cheap to make and to check; the subject here is not the hash.
FAST_HASH = ("--password-hasher", "pbkdf2_sha256", "--pbkdf2-iterations", "1")

def environment(**variables):
    """Ours without anything that configures confab."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}
    return {**clean, **variables}


class Confab:
    """The program, run in a directory of its own."""

    def __init__(self, directory):
        self.directory = directory
        self.database = directory / "confab.sqlite3"

    def run(self, *words, stdin="", variables=None, **options):
        return subprocess.run(
            [binary(), *map(str, words)], input=stdin, text=True, encoding="utf-8", cwd=self.directory,
            env=environment(**(variables or {})), timeout=COMMAND_DEADLINE_S,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def ok(self, *words, **options):
        """Run it; it must end well and without a word on standard error."""
        result = self.run(*words, **options)
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout

    def refused(self, status, *words, **options):
        """Run it; it must end with the status and one line "confab: …", which is returned."""
        result = self.run(*words, **options)
        assert result.returncode == status, result
        assert result.stdout == ""
        assert re.fullmatch(r"confab: [^\n]+\n", result.stderr), result.stderr
        return result.stderr

    def add_user(self, name, *words, password="a password"):
        return self.ok("user", "add", name, "--password-stdin", *FAST_HASH, *words, stdin=password)

    def rows(self, query, *values):
        connection = sqlite3.connect(self.database)
        try:
            with connection:
                return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def users(self):
        return [json.loads(line) for line in self.ok("user", "list", "--json").splitlines()]
