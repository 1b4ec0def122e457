"""PROTOCOL II.7, check 5: the same nonce, however often and by whichever way it comes, is one message."""
import concurrent.futures
import contextlib

from v1_socket import V1Socket

CONNECTIONS, TIMES_EACH, REQUESTS = 10, 10, 20


def send_all(socket, chat_id):
    """Send at once, then take the acks."""
    for number in range(TIMES_EACH):
        socket.send("send", chat=chat_id, content="once", nonce="the same", ref=number)
    return [socket.receive("ack") for _ in range(TIMES_EACH)]


def post(person, chat_id):
    return person.post(f"/api/v1/chats/{chat_id}/messages/", {"content": "once", "nonce": "the same"})


def test_one_nonce_over_many_connections_and_rest_is_one_message(alice, bob):
    chat_id = alice.make_chat(bob)
    with contextlib.ExitStack() as stack:
        watcher = stack.enter_context(V1Socket(bob, chat_id))
        legacy = stack.enter_context(bob.connect(chat_id))
        sockets = [stack.enter_context(V1Socket(alice, None if i % 2 else chat_id)) for i in range(CONNECTIONS)]
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS + 4) as pool:
            sending = [pool.submit(send_all, socket, chat_id) for socket in sockets]
            posting = [pool.submit(post, alice, chat_id) for _ in range(REQUESTS)]
            acks = [ack for future in sending for ack in future.result()]
            answers = [future.result() for future in posting]
        assert len({(ack["id"], ack["seq"], ack["timestamp"], ack["nonce"], ack["chat"]) for ack in acks}) == 1
        firsts = sum("duplicate" not in ack for ack in acks) + sum(answer.status_code == 201 for answer in answers)
        assert firsts == 1
        assert {answer.status_code for answer in answers} <= {200, 201}
        assert {(answer.json()["id"], answer.json()["timestamp"]) for answer in answers} == \
            {(acks[0]["id"], acks[0]["timestamp"])}
        last = sockets[0].ask("send", chat=chat_id, content="a sign")
        assert watcher.receive_contents(2) == ["once", "a sign"]
        assert watcher.last[chat_id] == last["seq"]
        legacy_contents = [legacy.receive_content()]
        while legacy_contents[-1] != "a sign":  # part I is shown it if it came by a WebSocket first
            legacy_contents.append(legacy.receive_content())
        assert legacy_contents in (["once", "a sign"], ["a sign"])
    assert [message["content"] for message in bob.history(chat_id)] == ["once", "a sign"]
