"""The words of part I of the protocol, for all tests: shapes, texts, and how JSON is written."""
import json
import re

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
NO_SESSION = '{"detail":"Authentication credentials were not provided."}'
NOT_FOUND = '{"detail":"Not found."}'
FORBIDDEN = '{"detail":"You do not have permission to perform this action."}'
REQUIRED = "This field is required."
BLANK = "This field may not be blank."
NULL = "This field may not be null."
NOT_TEXT = "Not a valid string."
NOT_INTEGER = "A valid integer is required."
SESSION_DELETED = 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'
CONTENT_BYTES_MAX = 256 * 1024
REQUEST_BYTES_MAX = 1024 * 1024


def compact(value):
    """JSON as the REST endpoints write it; the keys in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def too_long(count):
    return f"Ensure this field has no more than {count} characters."


def set_cookies(answer):
    """The Set-Cookie fields of a `requests` answer, one by one."""
    return answer.raw.headers.getlist("Set-Cookie")


def check_answer_fields(answer):
    """What every answer under /api/ carries."""
    fields = answer.headers
    assert fields["Vary"] == "Accept, Cookie"
    assert fields["Allow"]
    assert fields["X-Frame-Options"] == "DENY"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Referrer-Policy"] == "same-origin"
    if answer.content:
        assert fields["Content-Type"] == "application/json"


def allowed_methods(answer):
    """The methods of the Allow field, without those that every resource has."""
    return {method.strip() for method in answer.headers["Allow"].split(",")} - {"HEAD", "OPTIONS"}
