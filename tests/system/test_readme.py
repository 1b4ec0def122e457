"""The README is true: what it says to paste works against the demo database, and what it points at exists."""
import os
import pathlib
import re
import subprocess

import pytest

from confab_server import Server, binary

pytestmark = pytest.mark.once

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ADDRESS = "127.0.0.1:8000"
BLOCK_DEADLINE_S = 120  # guards against hanging

# A browser's console for the README's JavaScript: a page of the server, its cookies, top-level await. It ends when the chat answers.
CONSOLE = """
const WebSocketOfNode = require('ws');
const location = new URL(process.argv[1]);
let cookie = '';
const fetch = async (path, options) => {
  const answer = await globalThis.fetch(new URL(path, location), options);
  cookie = answer.headers.getSetCookie().map((field) => field.split(';')[0]).join('; ');
  return answer;
};
class WebSocket extends WebSocketOfNode {
  constructor(url) {
    super(url, { origin: location.origin, headers: { Cookie: cookie } });
    this.on('message', () => setTimeout(() => this.close(), 0));
  }
}
(async () => {
%s
})();
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def run_block(server, directory, *command):
    command = [word.replace(ADDRESS, f"{server.host}:{server.port}") for word in command]
    # A terminal's input stays open, and wscat ends with its input.
    keyboard, typing = os.pipe()
    try:
        done = subprocess.run(command, cwd=directory, stdin=keyboard, capture_output=True, text=True,
                              timeout=BLOCK_DEADLINE_S, check=False,
                              env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")})
    finally:
        os.close(keyboard)
        os.close(typing)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A server on a database that `confab demo` filled, in a folder with the clients of package.json."""
    server = Server(tmp_path_factory.mktemp("demo"))
    (server.directory / "node_modules").symlink_to(ROOT / "node_modules")
    filled = subprocess.run([binary(), "demo", "--database", server.database], capture_output=True, text=True, check=True)
    assert "confab-demo" in filled.stdout, "the demo tells its password"
    yield server.start()
    server.stop()


# One test, since the blocks are one walk: later ones use the cookies of the first.
def test_the_walk_through_can_be_pasted(demo):
    (curl, wscat), (python,), (javascript,) = blocks("sh"), blocks("python"), blocks("js")
    assert '"content":"Hello from curl"' in run_block(demo, demo.directory, "bash", "-ec", curl)
    assert "Hello from wscat" in run_block(demo, demo.directory, "bash", "-ec", wscat)
    assert "Hello from Python" in run_block(demo, demo.directory, "/usr/bin/python3", "-c", python)
    assert "Hello from JavaScript" in run_block(demo, demo.directory, "node", "-e", CONSOLE % javascript, demo.url)
    again = run_block(demo, demo.directory, "bash", "-ec", curl)
    places = [again.index(f'"Hello from {client}"') for client in ("curl", "wscat", "Python", "JavaScript")]
    assert places[1:] == sorted(places[1:])


def test_the_demo_leaves_a_filled_database_alone(demo):
    again = subprocess.run([binary(), "demo", "--database", demo.database], capture_output=True, text=True, check=False)
    assert again.returncode != 0 and again.stderr


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_what_the_readme_points_at_exists(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize("script", ["bootstrap", "build", "server", "test"])
def test_the_scripts_can_be_run(script):
    assert os.access(ROOT / "script" / script, os.X_OK)
