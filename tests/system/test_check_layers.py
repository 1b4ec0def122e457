"""script/check-layers: the picture of the folders stays true only if a wrong include is seen."""
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "script" / "check-layers"

LAYERS = """\
# a comment
base : ; zlib.h
auth : base ; openssl/*.h
chat : base ; zlib.h
"""


def check(tmp_path, files, layers=LAYERS):
    (tmp_path / "LAYERS").write_text(layers)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    run = subprocess.run([SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_allowed_includes_pass(tmp_path):
    status, output = check(tmp_path, {
        "base/a.c": '#include "base/a.h"\n#include <zlib.h>\n#include <stdint.h>\n',
        "chat/b.c": '#include "base/a.h"\n# include "chat/b.h"\n#include <zlib.h>\n',
        "auth/c.c": "#include <openssl/evp.h>\n",
        "main.c": '#include "chat/b.h"\n',
    })
    assert status == 0, output


@pytest.mark.parametrize("line, fault", [
    ('#include "chat/b.h"', "auth may not include chat"),
    ('  #  include "chat/b.h"', "auth may not include chat"),
    ('#include "b.h"', "names no folder"),
    ('#include "other/b.h"', "other is not in LAYERS"),
    ("#include <zlib.h>", "<zlib.h> belongs to base, chat"),
])
def test_a_wrong_include_is_named_with_its_line(tmp_path, line, fault):
    status, output = check(tmp_path, {"auth/c.h": f"/* c */\n{line}\n"})
    assert status == 1
    assert "auth/c.h:2:" in output and fault in output


def test_a_pattern_covers_every_header_of_its_folder(tmp_path):
    status, output = check(tmp_path, {"chat/b.c": "#include <openssl/kdf.h>\n"})
    assert status == 1 and "belongs to auth" in output


def test_a_library_header_of_one_folder_is_not_for_main(tmp_path):
    status, output = check(tmp_path, {"main.c": "#include <zlib.h>\n"})
    assert status == 1 and "main.c:1:" in output


# Otherwise the table could allow a circle.
def test_a_folder_may_name_only_folders_above_it(tmp_path):
    status, output = check(tmp_path, {}, layers="auth : base ;\nbase : ;\n")
    assert status == 1 and "not above it" in output


def test_a_folder_that_the_table_does_not_know_is_a_fault(tmp_path):
    status, output = check(tmp_path, {"extra/a.c": "\n"})
    assert status == 1 and "extra is not in LAYERS" in output
