"""The descriptions of the interface that the server hands out are accepted by public validators (package.json)."""
import copy
import json
import pathlib
import subprocess

import jsonschema
import pytest
import requests

import described

pytestmark = pytest.mark.once

VALIDATE = pathlib.Path(__file__).parent / "node" / "validate.mjs"
VALIDATOR_DEADLINE_S = 120  # a guard against hanging

# What a description of that kind is called at the end of its path.
KINDS = {"schema": "openapi", "asyncapi": "asyncapi"}

# The least that the AsyncAPI project's own parser accepts.
SMALL_ASYNCAPI = {
    "asyncapi": "3.0.0",
    "info": {"title": "example", "version": "1"},
    "channels": {"chat": {"address": "/ws/chat/{id}/", "parameters": {"id": {}},
                          "messages": {"said": {"payload": {"type": "object"}}}}},
    "operations": {"say": {"action": "receive", "channel": {"$ref": "#/channels/chat"}}},
}


def faults_of(kind, text):
    """What the validator of this kind of description has against the text; empty if it accepts it."""
    ran = subprocess.run(["node", VALIDATE, kind], input=text, capture_output=True, text=True,
                         timeout=VALIDATOR_DEADLINE_S, check=False)
    assert ran.stderr == ""
    assert (ran.returncode == 0) == (ran.stdout == "")
    return ran.stdout.splitlines()


@pytest.fixture(scope="module")
def openapi(server):
    return requests.get(server.url + "/api/schema/", timeout=60).json()


@pytest.mark.parametrize("path, name", [
    ("/api/schema/", "openapi"), ("/api/v1/schema/", "openapi"), ("/api/v1/asyncapi/", "asyncapi")])
def test_the_document_served_is_the_one_that_other_tests_hold_against_answers(server, path, name):
    assert requests.get(server.url + path, timeout=60).json() == described.document(name)


def test_every_description_is_accepted_by_a_validator(server, openapi):
    """Those that the document itself names, so that a new one is judged as soon as it is described."""
    names = {path: path.strip("/").rpartition("/")[2] for path in openapi["paths"]}
    served = [(path, KINDS[name], form) for path, name in names.items() if name in KINDS
              for form in openapi["paths"][path]["get"]["responses"]["200"]["content"]]
    assert {("/api/schema/", "openapi", "application/json"), ("/api/schema/", "openapi", "application/yaml")} <= set(served)
    for path, kind, form in served:
        answer = requests.get(server.url + path, headers={"Accept": form}, timeout=60)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(form)
        assert faults_of(kind, answer.text) == [], (path, form)


@pytest.mark.parametrize("spoil", [
    lambda document: document["info"].pop("title"),
    lambda document: document["paths"]["/api/me/"]["get"].update(responses=5),
    lambda document: document["paths"]["/api/me/"]["get"].update(security="none"),
    lambda document: document["components"]["schemas"].update(Spoilt={"type": "strng"}),
    lambda document: document["paths"]["/api/me/"].update(parameters=[{"$ref": "#/components/parameters/nowhere"}]),
], ids=["no title", "responses of another type", "security of another type", "a type that no schema has",
        "a reference to nowhere"])
def test_the_validator_sees_what_is_wrong_with_an_openapi_document(openapi, spoil):
    spoilt = copy.deepcopy(openapi)
    spoil(spoilt)
    assert faults_of("openapi", json.dumps(spoilt)) != []


def test_the_validator_sees_what_is_wrong_with_an_asyncapi_document():
    assert faults_of("asyncapi", json.dumps(SMALL_ASYNCAPI)) == []
    for spoilt in ({"info": {"title": "example"}},
                   {"operations": {"say": {"action": "receive", "channel": {"$ref": "#/channels/nowhere"}}}},
                   {"operations": {"say": {"action": "shout", "channel": {"$ref": "#/channels/chat"}}}}):
        assert faults_of("asyncapi", json.dumps({**SMALL_ASYNCAPI, **spoilt})) != [], spoilt


def test_an_answer_that_is_not_as_described_is_noticed(alice):
    answer = alice.get("/api/me/")
    spoilt_contents = [answer.json() | {"password": "x"}, {"id": alice.id}, [answer.json()]]
    for content in spoilt_contents:
        answer._content = json.dumps(content).encode()
        with pytest.raises(jsonschema.ValidationError):
            described.check_described(answer)
    answer.status_code = 418
    with pytest.raises(AssertionError):
        described.check_described(answer)
