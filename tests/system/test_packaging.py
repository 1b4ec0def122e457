"""The configuration and the unit that are shipped: the server takes the one, and systemd the other."""
import pathlib
import re
import shutil
import subprocess

import pytest

from confab_server import ROOT, binary

PACKAGING = ROOT / "packaging"


def test_the_shipped_configuration_is_accepted(start_server):
    server = start_server("--config", str(PACKAGING / "confab.conf"))
    assert b"error" not in server.log


def test_every_option_that_the_configuration_shows_exists():
    text = (PACKAGING / "confab.conf").read_text()
    shown = re.findall(r"^#?([a-z-]+) = ", text, re.MULTILINE)
    known = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True, check=True).stdout
    assert len(shown) >= 10
    for name in shown:
        assert re.search(rf"--{name}\b", known), name


def test_the_unit_starts_what_is_shipped():
    unit = (PACKAGING / "confab.service").read_text()
    assert re.search(r"^ExecStart=/usr/bin/confab serve --config /etc/confab/confab.conf$", unit, re.MULTILINE)
    state = re.search(r"^StateDirectory=(\S+)$", unit, re.MULTILINE).group(1)
    database = re.search(r"^database = (\S+)$", (PACKAGING / "confab.conf").read_text(), re.MULTILINE).group(1)
    assert pathlib.Path(database).parent == pathlib.Path("/var/lib") / state


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "confab.service"
    text = (PACKAGING / "confab.service").read_text()
    unit.write_text(text.replace("/usr/bin/confab", str(pathlib.Path(binary()).resolve())))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    about_ours = [line for line in result.stderr.splitlines() if "confab.service" in line]
    assert about_ours == [], "\n".join(about_ours)
