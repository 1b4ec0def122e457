"""What the program makes from its own tables: `config check|show`, completion run in the shells, manual pages under mandoc's eye."""
import re
import subprocess

import pytest

from command_line import Confab, environment
from confab_server import binary

pytestmark = pytest.mark.once

# Guards against hanging only.
SHELL_DEADLINE_S = 60


@pytest.fixture
def confab(tmp_path):
    return Confab(tmp_path)


# config


def test_config_show_prints_a_file_that_means_the_same(confab):
    config = confab.directory / "site.conf"
    config.write_text("threads = 2\nlisten = 127.0.0.1:1, [::1]:2\nlisten = 127.0.0.1:3\nlog-level = debug\n")
    variables = {"CONFAB_DATABASE": "other.sqlite3", "CONFAB_LOG_LEVEL": "error"}
    shown = confab.ok("config", "show", "--config", config, "--session-age", "60", variables=variables)
    lines = shown.splitlines()

    def origin(line):
        return lines[lines.index(line) - 1]
    assert origin("threads = 2") == f"# {config}:1: threads:"
    assert origin("listen = 127.0.0.1:1, [::1]:2, 127.0.0.1:3") == f"# {config}:3: listen:"
    assert origin("database = other.sqlite3") == "# CONFAB_DATABASE:"
    assert origin("log-level = error") == "# CONFAB_LOG_LEVEL:"
    assert origin("session-age = 60") == "# --session-age:"
    assert origin("ping-interval = 20") == "# the default:"
    assert origin("ws-echo = no") == "# the default:"
    assert origin("secret-key-file = confab.secret") == "# beside the database:"
    assert "# allowed-origin: not set" in lines

    def values(text):
        return [line for line in text.splitlines() if not line.startswith("#")]
    config.write_text(shown)
    assert values(confab.ok("config", "show", "--config", config)) == values(shown)


def test_value_that_no_line_can_hold_is_not_shown_as_another_one(confab):
    lines = confab.ok("config", "show", "--database", "a #b").splitlines()
    assert "# database: a value that no line of a file can hold" in lines
    assert not [line for line in lines if line.startswith("database =")]


def test_config_check_says_all_faults_at_once(confab):
    assert confab.ok("config", "check") == "nothing is wrong with the configuration\n"
    config = confab.directory / "site.conf"
    config.write_text("datbase = x\nnonsense\nthreads = x\nlast = 5\n")
    result = confab.run("config", "check", "--config", config, "--log-level", "loud", variables={"CONFAB_LISTEN": "x"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"confab: {config}:1: unknown option datbase; did you mean database?",
        f'confab: {config}:2: a line says "name = value"',
        f'confab: {config}:3: threads: "x" is not a whole number from 0 to 64 (threads)',
        f'confab: {config}:4: "last" has no place in a configuration file',
        'confab: CONFAB_LISTEN: "x" is not HOST:PORT, e.g. 127.0.0.1:8000, 0.0.0.0:80 or [::1]:8000',
        'confab: --log-level: "loud" is none of: error, warning, info, debug',
    ]
    assert confab.run("config", "show", "--config", config).returncode == 2


# completion


@pytest.fixture(scope="module")
def commands():
    """Every command, as the help lists them."""
    text = subprocess.run([binary(), "help"], capture_output=True, text=True, check=True, env=environment()).stdout
    return re.findall(r"^  (\S+(?: \S+)?)  ", text, re.MULTILINE)


def complete_in_bash(confab, *words):
    """What bash offers for the last word."""
    script = confab.directory / "confab.bash"
    script.write_text(confab.ok("completion", "bash"))
    line = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _confab; printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "--norc", "-u", "-c", line, script, "confab", *words], cwd=confab.directory,
                            capture_output=True, text=True, timeout=SHELL_DEADLINE_S)
    assert (result.returncode, result.stderr) == (0, ""), result
    return sorted(result.stdout.split("\n")[:-1]) if result.stdout.strip() else []


def complete_in_zsh(confab, line):
    """What zsh offers: _confab run with the words, with functions in the place of zsh's own that print what they are given."""
    (confab.directory / "_confab").write_text(confab.ok("completion", "zsh"))
    words = ["confab", *line]
    script = (
        "compdef() { : }\n"
        "compadd() { [[ $1 == -- ]] && shift; print -l -- \"$@\" }\n"
        "_arguments() { print -l -- \"first=$words[1]\" \"$@\" }\n"
        "source ./_confab\n"
        "words=(\"$@\"); CURRENT=$#\n"
        "_confab\n")
    result = subprocess.run(["zsh", "-f", "-c", script, "zsh", *words], cwd=confab.directory, capture_output=True,
                            text=True, timeout=SHELL_DEADLINE_S)
    assert (result.returncode, result.stderr) == (0, ""), result
    return result.stdout.splitlines()


def first_words(commands):
    return {name.split()[0] for name in commands} | {"help"}


def test_bash_completes_commands_and_their_options(confab, commands):
    assert set(complete_in_bash(confab, "")) == first_words(commands)
    assert complete_in_bash(confab, "us") == ["user"]
    assert set(complete_in_bash(confab, "user", "")) == {name[5:] for name in commands if name.startswith("user ")}
    for name in commands:
        offered = complete_in_bash(confab, *name.split(), "--")
        help_text = confab.ok("help", *name.split())
        assert set(offered) == set(re.findall(r"^  (--[a-z0-9-]+)", help_text, re.MULTILINE)), name


def test_bash_completes_values(confab):
    (confab.directory / "notes.txt").write_text("")
    assert complete_in_bash(confab, "serve", "--log-level", "") == ["debug", "error", "info", "warning"]
    assert complete_in_bash(confab, "serve", "--database", "note") == ["notes.txt"]
    assert complete_in_bash(confab, "serve", "--threads", "") == []
    assert complete_in_bash(confab, "completion", "z") == ["zsh"]
    assert complete_in_bash(confab, "user", "staff", "alice", "su") == ["superuser"]
    assert complete_in_bash(confab, "backup", "note") == ["notes.txt"]


def test_zsh_completes_commands_and_their_options(confab, commands):
    assert set(complete_in_zsh(confab, [""])) == first_words(commands)
    assert set(complete_in_zsh(confab, ["user", ""])) == {name[5:] for name in commands if name.startswith("user ")}
    for name in commands:
        first, *offered = complete_in_zsh(confab, [*name.split(), "--"])
        assert first == f"first={name.split()[-1]}"
        options = {re.match(r"\*?(--[a-z0-9-]+)", text).group(1) for text in offered if not text.startswith(":")}
        help_text = confab.ok("help", *name.split())
        assert options == set(re.findall(r"^  (--[a-z0-9-]+)", help_text, re.MULTILINE)), name


def test_zsh_takes_the_script_as_it_is(confab):
    """Every line of it is one that zsh's own _arguments takes: nothing is unbalanced, no bracket ends a text early."""
    (confab.directory / "_confab").write_text(confab.ok("completion", "zsh"))
    subprocess.run(["zsh", "-n", "_confab"], cwd=confab.directory, check=True, timeout=SHELL_DEADLINE_S)
    for text in complete_in_zsh(confab, ["serve", "--"])[1:]:
        assert re.fullmatch(r"\*?--[a-z0-9-]+=?\[(\\.|[^\]\\])*\](:(\\.|[^:\\])*:.*)?|::?[A-Z]+:.*", text), text


# manual pages


def test_manual_pages_are_whole_and_without_a_complaint(confab, commands):
    confab.ok("man", "pages")
    pages = sorted((confab.directory / "pages").rglob("*.[15]"))
    assert {page.name for page in pages} == {"confab.1", "confab.conf.5"} | {
        f"confab-{name.replace(' ', '-')}.1" for name in commands}
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True,
                          timeout=SHELL_DEADLINE_S)
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")


def rendered(page):
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=78", page], capture_output=True, text=True, check=True,
                          timeout=SHELL_DEADLINE_S).stdout
    return re.sub(r".\x08", "", text)


def test_each_page_names_its_options_and_the_configuration_all(confab, commands):
    confab.ok("man", "pages")
    for name in commands:
        text = rendered(confab.directory / "pages" / "man1" / f"confab-{name.replace(' ', '-')}.1")
        help_text = confab.ok("help", *name.split())
        assert set(re.findall(r"^ +(--[a-z0-9-]+)", help_text, re.MULTILINE)) == \
            set(re.findall(r"^ +(--[a-z0-9-]+)", text, re.MULTILINE)), name
    text = rendered(confab.directory / "pages" / "man5" / "confab.conf.5")
    for line in confab.ok("config", "show").splitlines():
        if " = " in line and not line.startswith("#"):
            assert re.search(rf"^ +{line.split(' = ')[0]} = ", text, re.MULTILINE), line


def test_man_says_where_it_cannot_write(confab):
    assert "No such file" in confab.refused(1, "man", "nowhere/pages")
