#!/usr/bin/env python3
"""document_forms.py IN JSON YAML - a document of the interface without blanks, and the same as YAML.

The YAML is of the plainest kind: blocks, and scalars as JSON writes them, which YAML 1.2 reads alike.
"""
import json
import pathlib
import sys


def yaml_lines(value, indent):
    """The lines of a mapping or sequence that is not empty."""
    for key, item in value.items() if isinstance(value, dict) else ((None, item) for item in value):
        head = "  " * indent + (f"{json.dumps(key)}:" if key is not None else "-")
        if isinstance(item, (dict, list)) and item:
            yield head
            yield from yaml_lines(item, indent + 1)
        else:
            yield f"{head} {json.dumps(item, ensure_ascii=False)}"


def main(source, json_out, yaml_out):
    document = json.loads(pathlib.Path(source).read_text())
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    pathlib.Path(json_out).write_text(compact)
    pathlib.Path(yaml_out).write_text("\n".join(yaml_lines(document, 0)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
