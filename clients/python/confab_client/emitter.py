"""Who wants to hear of which events."""
from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable, Dict, List, Optional

Listener = Callable[[Any], Any]


class Emitter:
    def __init__(self) -> None:
        self._listeners: Dict[str, List[Listener]] = {}

    def on(self, type: str, listener: Optional[Listener] = None) -> Callable[..., Any]:
        """Call `listener` with every event of a type; what is returned ends that. Without a listener it is a decorator.

        A listener is called between two frames and must not wait; what takes time belongs into a task of its own.
        """
        if listener is None:
            def decorate(decorated: Listener) -> Listener:
                self.on(type, decorated)
                return decorated
            return decorate
        if inspect.iscoroutinefunction(listener):
            raise TypeError("A listener is a plain function; it may start a task")
        listeners = self._listeners.setdefault(type, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener) if listener in listeners else None

    def _emit(self, type: str, event: Any) -> None:
        """A listener's own mistake reaches neither the others nor the connection; it is reported to the event loop."""
        for listener in list(self._listeners.get(type, ())):
            try:
                listener(event)
            except Exception as error:
                asyncio.get_running_loop().call_exception_handler({"message": f"a listener of {type} failed", "exception": error})
