"""What an address means, and the fields of a handshake."""
from __future__ import annotations

import re
import urllib.parse
from typing import Dict, Mapping, Optional

QUEUE = 1000
PIPELINE = 1

_PATH = re.compile(r"/ws/(?:chat/([0-9]+)/)?\Z")


def chat_of_address(url: str) -> Optional[int]:
    """The chat of an address that is for one chat; None for all chats."""
    parts = urllib.parse.urlsplit(url)
    path = _PATH.search(parts.path)
    if parts.scheme not in ("ws", "wss") or not path:
        raise ValueError("The address must be ws:// or wss://, and end with /ws/ or /ws/chat/ID/")
    return int(path[1]) if path[1] else None


def with_query(url: str, query: Mapping[str, object]) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


def headers_of(cookie: Optional[str], token: Optional[str], headers: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """The fields that the handshake has beyond those of every handshake."""
    fields = dict(headers or {})
    if cookie is not None:
        fields["Cookie"] = cookie
    if token is not None:
        fields["Authorization"] = f"Bearer {token}"
    return fields
