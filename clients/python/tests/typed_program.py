"""A program that uses the library; mypy checks it, nothing runs it."""
from typing import List, Optional

from confab_client import Ack, Backoff, Chat, ChatWindow, Client, ConfabError, Frame, Message, Notice, connect


async def main() -> Optional[str]:
    client: Client = connect("ws://127.0.0.1:1/ws/", cookie="a=b", subscribe=[7], backoff=Backoff(base=1), after={7: 1}, epoch="x")
    heard: List[Frame] = []
    off = client.on("message", heard.append)
    off()
    notices: List[Notice] = []
    client.on("notice", notices.append)
    shown: List[str] = [notice["message"] + notice.get("at", "") for notice in notices]
    chat: Chat = client.chat(7)
    try:
        ack: Ack = await chat.send("x", reply_to=1)
        messages: List[Message] = (await chat.history(limit=ack["seq"]))["messages"]
        window: ChatWindow = await client.chats(limit=5)
        return shown[0] + messages[0]["content"] + window["chats"][0]["name"]
    except ConfabError as error:
        return error.code


def wrong(client: Client) -> None:
    client.chat(7).send(5)  # type: ignore[arg-type]
    client.chat("7")  # type: ignore[arg-type]
    Client("ws://127.0.0.1:1/ws/", colour="red")  # type: ignore[call-arg]
