"""A real Django site beside confab, in a process of its own: tests/support/django_site on the same file and key.

Debian 12 has Django 3.2; script/django-versions fetches those of later suites into build/django. CONFAB_DJANGO_PYTHON names a
Python with another one (3.2 to 5.2, with REST framework).
"""
import json
import os
import pathlib
import subprocess

import pytest

from confab_server import is_sanitized

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = ROOT / "tests" / "support" / "django_site"
LATER = ROOT / "build" / "django"
LATER_SUITES = {"4.2": "trixie", "5.2": "sid"}
BYTECODE = ROOT / "build" / "pycache"  # those versions come without, and compiling a Django takes seconds
PYTHON = os.environ.get("CONFAB_DJANGO_PYTHON", "/usr/bin/python3")

END_DEADLINE_S = 120  # guards against hanging


def later_django(version):
    """What a fixture's params hold for a version of a later suite: its modules; skipped, with the reason, if it is not there.
    A sanitizer sees nothing with one Django that it does not see with another."""
    suite = LATER_SUITES[version]
    modules = LATER / suite / "usr" / "lib" / "python3" / "dist-packages"
    reason = LATER / f"{suite}.reason"
    why = reason.read_text().strip() if reason.exists() else "run script/django-versions"
    has_it = (modules / "django" / "__init__.py").exists()
    if is_sanitized():
        has_it, why = False, "run with the release binary"
    return pytest.param(modules, id=f"django-{version}",
                        marks=() if has_it else pytest.mark.skip(reason=f"no Django of Debian {suite}: {why}"))


# For fixtures that are to run with each: the modules of a Django, None for those that PYTHON has.
DJANGOS = [pytest.param(None, id="django"), *map(later_django, LATER_SUITES)]


class Failed(Exception):
    """Django raised something while it obeyed."""


class DjangoSite:
    def __init__(self, database, secret_key_file, modules=None):
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "PYTHONPYCACHEPREFIX": str(BYTECODE),
            "SITE_DATABASE": str(database),
            "SITE_SECRET_KEY_FILE": str(secret_key_file),
        }
        if modules is not None:
            self.environment["PYTHONPATH"] = str(modules)
        self._process = None

    def manage(self, *words):
        """`manage.py WORDS`; what it printed."""
        self.begin("manage", words=words)
        return self.finish()

    def begin(self, order, **arguments):
        """Have it begin something; finish() waits for it."""
        if self._process is None:
            self._process = subprocess.Popen([PYTHON, SITE / "manage.py", "obey"], env=self.environment, text=True,
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write(json.dumps({"do": order, **arguments}) + "\n")
        self._process.stdin.flush()

    def finish(self):
        answer = json.loads(self._process.stdout.readline())
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["ok"]

    def __getattr__(self, order):
        """site.add_user(...) and the other orders of `manage.py obey`."""
        if order.startswith("_"):
            raise AttributeError(order)

        def obey(**arguments):
            self.begin(order, **arguments)
            return self.finish()
        return obey

    def stop(self):
        if self._process is None:
            return
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(END_DEADLINE_S)
        self._process = None

    # --- what tests ask most ---

    def login(self, username, password):
        """Log in at Django; the session key, None if it refused."""
        answer = self.request(method="POST", path="/api/login/", json_body={"username": username, "password": password})
        return answer["cookies"]["sessionid"] if answer["status"] == 200 else None

    def me(self, session_key):
        """Whom Django takes the owner of this cookie for; None: nobody."""
        answer = self.request(method="GET", path="/api/me/", cookie=session_key)
        assert answer["status"] in (200, 403), answer
        return json.loads(answer["text"])["username"] if answer["status"] == 200 else None

    def logout(self, session_key):
        answer = self.request(method="POST", path="/api/logout/", cookie=session_key, json_body={})
        assert answer["status"] == 200, answer
