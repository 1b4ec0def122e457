"""The Python library, led by a test: a line of JSON in for each call, a line out for each answer and each event. library_client.py has the
words. Usage: python_library_client.py FOLDER_OF_THE_LIBRARY URL OPTIONS
"""
import asyncio
import inspect
import json
import sys

LINE_BYTES_MAX = 4 * 1024 * 1024

EVENTS = (
    "state", "error", "hello", "message", "message_updated", "message_deleted", "reaction_added", "reaction_removed", "pin_added", "pin_removed",
    "member_joined", "member_left", "member_updated", "chat_updated", "chat_joined", "chat_left", "typing", "presence", "read", "gap", "notice", "goodbye",
)


def say(line):
    print(json.dumps(line), flush=True)


def show(event):
    if not isinstance(event, dict):
        event = {"type": "error", "code": event.code}
    if event["type"] == "state" and "error" in event:
        event = {**event, "error": event["error"].code}
    say({"event": event})


async def answer(client, id, call, chat, args):
    holder = client if chat is None else client.chat(chat)
    named = args.pop() if args and isinstance(args[-1], dict) else {}
    try:
        result = client.position if call == "position" else getattr(holder, call)(*args, **named)
        say({"id": id, "answer": await result if inspect.isawaitable(result) else result})
    except Exception as error:
        say({"id": id, "error": getattr(error, "code", str(error))})


async def main(url, options):
    import confab_client
    from confab_client.socket import socket_opener

    if "after" in options:
        options["after"] = {int(chat): seq for chat, seq in options["after"].items()}
    if "backoff" in options:
        options["backoff"] = confab_client.Backoff(**{name: ms / 1000 for name, ms in options["backoff"].items()})
    if options.pop("part_i", False):
        opener = socket_opener({"Cookie": options["cookie"]})
        options["open_socket"] = lambda address, _protocols, events: opener(address, [], events)
    client = confab_client.connect(url, **options)
    for kind in EVENTS:
        client.on(kind, show)

    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    calls = []
    while line := await reader.readline():
        calls.append(asyncio.create_task(answer(client, **json.loads(line))))
        await asyncio.sleep(0)  # it begins in the order of the lines
    await client.close()
    await asyncio.gather(*calls)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    asyncio.run(main(sys.argv[2], json.loads(sys.argv[3])))
