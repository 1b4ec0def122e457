"""The OpenAPI and AsyncAPI documents, held against the answers and frames that the server really gives."""
import functools
import json
import pathlib
import re
import urllib.parse

import jsonschema

DOCUMENTS = pathlib.Path(__file__).resolve().parents[2] / "src" / "api"


@functools.cache
def document(name="openapi"):
    """The document as it is in the source; test_descriptions.py sees to it that it is the one served."""
    return json.loads((DOCUMENTS / f"{name}.json").read_text())


@functools.cache
def _paths():
    """Each path of the document as (pattern, operations)."""
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), operations)
            for path, operations in document()["paths"].items()]


def _operation(method, path):
    """What the document says of this request; None if it does not say anything."""
    for pattern, operations in _paths():
        if pattern.fullmatch(path):
            return operations.get(method.lower())
    return None


def _resolved(value):
    """The value, or what it refers to."""
    while "$ref" in value:
        value = functools.reduce(lambda part, key: part[key], value["$ref"].removeprefix("#/").split("/"), document())
    return value


def _closed(schema):
    """The schema without room for members that it does not name: what is sent is said."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(item) for key, item in schema.items()}
    return closed | ({"additionalProperties": False} if isinstance(schema.get("properties"), dict) else {})


@functools.cache
def _components(name="openapi"):
    return _closed(document(name)["components"])


@functools.cache
def _frame_validator(message):
    schemas = _components("asyncapi")
    return jsonschema.Draft7Validator({**schemas["messages"][message]["payload"], "components": schemas})


def check_frame(message, frame):
    """A frame is as the AsyncAPI document says of the message of this name, such as server.ack: no field more, none less."""
    assert message in document("asyncapi")["components"]["messages"], f"not described: {message}: {frame}"
    fault = jsonschema.exceptions.best_match(_frame_validator(message).iter_errors(frame))
    assert fault is None, f"{message}: {fault.message}: {frame}"


def check_described(answer):
    """An answer of `requests` to an operation of the document is one of those that it lists, and of its schema."""
    operation = _operation(answer.request.method, urllib.parse.urlsplit(answer.request.url).path)
    if operation is None:
        return
    where = (answer.request.method, answer.request.url, answer.status_code)
    assert str(answer.status_code) in operation["responses"], where
    response = _resolved(operation["responses"][str(answer.status_code)])
    for name in response.get("headers", {}):
        assert name in answer.headers, (*where, name)
    if "content" not in response:
        assert answer.content == b"", where
        return
    form = answer.headers["Content-Type"].partition(";")[0]
    assert form in response["content"], (*where, form)
    if form == "application/json":
        schema = {**_closed(response["content"][form]["schema"]), "components": _components()}
        jsonschema.Draft202012Validator(schema).validate(answer.json())
