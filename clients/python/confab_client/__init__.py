"""A client of the confab chat server, for asyncio: what applications import."""
from .backoff import Backoff
from .chat import Chat
from .client import Client, connect
from .errors import ConfabError
from .wire import Ack, ChatRow, ChatWindow, Frame, History, Message, Notice, User

__all__ = ["Ack", "Backoff", "Chat", "ChatRow", "ChatWindow", "Client", "ConfabError", "Frame", "History", "Message", "Notice", "User",
           "connect"]
