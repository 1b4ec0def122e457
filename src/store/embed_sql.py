#!/usr/bin/env python3
"""Turn the files of sql/ into C: one array of statements per file, in the order given.

Usage: embed_sql.py OUTPUT.c NUMBER-NAME.sql...
A file is plain SQL with comments on lines of their own; a statement ends with a semicolon at the end of a line.
"""
import json
import pathlib
import sys


def statements(text):
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("--")]
    pieces = ("\n".join(lines) + "\n").split(";\n")
    if pieces.pop().strip():
        raise SystemExit("the last statement has no semicolon")
    return pieces


def main(output, *inputs):
    out = ['/* Made from src/store/sql by embed_sql.py. */', '#include "store/schema_sql.h"', ""]
    for path in map(pathlib.Path, inputs):
        name = path.stem.partition("-")[2].replace("-", "_")
        out.append(f"const char *const schema_{name}[] = {{")
        # A JSON string of ASCII characters is a C string literal too.
        out += [f"    {json.dumps(statement)}," for statement in statements(path.read_text("ascii"))]
        out += ["    NULL,", "};", ""]
    pathlib.Path(output).write_text("\n".join(out))


main(*sys.argv[1:])
