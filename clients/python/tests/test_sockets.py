"""Over real sockets."""
import asyncio

import pytest

from confab_client import Backoff, ConfabError, connect
from small_server import SmallServer
from world import alive

BACKOFF = Backoff(0.001, 0.001)
DEADLINE_S = 60  # guards against hanging


class Heard:
    """What a client tells of one type, to be waited for."""

    def __init__(self, client, kind):
        self._events = asyncio.Queue()
        client.on(kind, self._events.put_nowait)

    async def take(self, count):
        return [await asyncio.wait_for(self._events.get(), DEADLINE_S) for _ in range(count)]


@alive
async def test_cookie_token_fields_send_hear_close():
    async with SmallServer() as server:
        async with connect(f"{server.url}/ws/", cookie="sessionid=abc", token="t", headers={"X-Field": "x"}) as client:
            heard = Heard(client, "message")
            sent = await client.chat(1).send("Hello 👍")
            assert (await heard.take(1))[0]["message"]["id"] == sent["id"]
            assert client.state == "open"
        assert client.state == "closed"
        assert server.handshakes == [{"url": "/ws/", "Cookie": "sessionid=abc", "Authorization": "Bearer t", "Sec-WebSocket-Protocol": "confab.v1"}]


@alive
async def test_connections_are_cut_again_and_again_every_message_is_stored_once_and_heard_once():
    async with SmallServer() as server, connect(f"{server.url}/ws/", backoff=BACKOFF) as client:
        heard = Heard(client, "message")
        sent = []
        for i in range(50):
            answer = client.chat(1).send(f"{i}")
            if i % 5 == 0:
                server.cut()
            sent.append((await answer)["seq"])
        assert [event["message"]["content"] for event in await heard.take(50)] == [f"{i}" for i in range(50)]
        assert [event["seq"] for event in server.log] == sent
        assert len(server.handshakes) > 5


@alive
async def test_a_server_that_does_not_answer_the_offer_is_legacy_without_a_second_handshake():
    async with SmallServer(protocols=()) as server, connect(f"{server.url}/ws/chat/1/") as client:
        assert client.is_legacy
        assert (await client.chat().send("Hello"))["id"] == 1
        assert len(server.handshakes) == 1


@alive
async def test_the_status_of_a_refusal_is_known():
    async with SmallServer(status=403) as server:
        with pytest.raises(ConfabError) as refused:
            async with connect(f"{server.url}/ws/chat/1/"):
                raise AssertionError("not reached")
        assert (refused.value.code, refused.value.status) == ("refused", 403)
        assert len(server.handshakes) == 1


@alive
async def test_nobody_listens_it_goes_on_trying():
    async with SmallServer() as server:
        pass
    client = connect(f"{server.url}/ws/", backoff=BACKOFF)
    states = Heard(client, "state")
    assert {event["state"] for event in await states.take(4)} == {"waiting", "connecting"}
    await client.close()
    with pytest.raises(ConfabError, match="closed"):
        await client.ready()


@alive
async def test_close_in_the_middle_of_a_handshake():
    arrived = asyncio.Event()

    async def silent(_reader, writer):
        arrived.set()
        await _reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = connect(f"ws://127.0.0.1:{port}/ws/")
        await asyncio.wait_for(arrived.wait(), DEADLINE_S)
        await client.close()
    assert client.state == "closed"
