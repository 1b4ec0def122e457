"""The README's example runs; what pip would install is whole."""
import asyncio
import os
import pathlib
import re
import subprocess
import sys
import zipfile

from small_server import SmallServer
from world import alive

PACKAGE = pathlib.Path(__file__).resolve().parents[1]


@alive
async def test_the_example_does_what_it_says():
    (example,) = re.findall(r"^```python\n(.*?)^```", (PACKAGE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    async with SmallServer() as server:
        code = example.replace("ws://127.0.0.1:8000", server.url)
        assert code != example
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=PACKAGE, env={**os.environ, "SESSION": "abc"})
        output, _ = await process.communicate()
    assert server.handshakes[0]["Cookie"] == "sessionid=abc"
    assert sorted(output.decode().splitlines()) == ["alice: Hello", "stored as 1, the last of 1"]


def test_the_wheel_has_every_module_and_the_mark_of_its_types(tmp_path):
    build = "import sys, setuptools.build_meta as build; print(build.build_wheel(sys.argv[1]))"
    copy = tmp_path / "source"
    (copy / "confab_client").mkdir(parents=True)
    for path in [*PACKAGE.glob("confab_client/*.*"), PACKAGE / "pyproject.toml", PACKAGE / "README.md"]:
        (copy / path.relative_to(PACKAGE)).write_bytes(path.read_bytes())
    done = subprocess.run([sys.executable, "-c", build, tmp_path], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("confab_client/")}
    assert names == {str(path.relative_to(PACKAGE)) for path in PACKAGE.glob("confab_client/*.*")}
    assert "confab_client/py.typed" in names
