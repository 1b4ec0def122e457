/* socket.ts - one WebSocket, whatever class it comes from: a browser's, Node's own, or npm `ws`.
 *
 * Knows: how these classes differ.
 * Does not know: what is said over it.
 */

/** What all these classes have in common. */
export interface WebSocketLike {
  readonly protocol: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
  /** `ws` has it: the connection ends at once, without a closing handshake. */
  terminate?(): void;
}

export type WebSocketClass = new (url: string, protocols?: string[], options?: object) => WebSocketLike;

export interface SocketEvents {
  /** `protocol` is the subprotocol that the server has chosen, "" for none. */
  opened(protocol: string): void;
  text(text: string): void;
  /** Once, and nothing comes after it. `status`: of a refused handshake, if the class tells it. */
  closed(code: number, status?: number): void;
}

export interface Socket {
  send(text: string): void;
  /** Close in order; `closed` is not called any more. */
  close(): void;
  /** Give up a connection that does not answer. */
  drop(): void;
}

export type OpenSocket = (url: string, protocols: string[], events: SocketEvents) => Socket;

const CLOSE_CODE_NORMAL = 1000;
const CLOSE_CODE_ABNORMAL = 1006;

/** `ws` tells the status of a refused handshake only in this text. */
const REFUSED = /^Unexpected server response: (\d{3})$/;

/** How sockets are opened with a class and further fields of the request. */
export function socketOpener(Class: WebSocketClass | undefined, headers: Record<string, string>): OpenSocket {
  const WebSocket = Class ?? (globalThis as unknown as { WebSocket?: WebSocketClass }).WebSocket;
  if (!WebSocket) {
    throw new TypeError("There is no WebSocket here: give a class, such as that of npm `ws`, as the option WebSocket");
  }
  const hasHeaders = Object.keys(headers).length > 0;
  if (hasHeaders && !Class && typeof document !== "undefined") {
    throw new TypeError("A page cannot set fields of the handshake: the browser sends its own cookies");
  }
  return (url, protocols, events) => {
    // `ws` takes further fields behind the subprotocols, Node's own class in their place.
    const socket = hasHeaders && !Class
      ? new WebSocket(url, { protocols, headers } as never)
      : hasHeaders ? new WebSocket(url, protocols, { headers }) : new WebSocket(url, protocols);
    return attach(socket, events);
  };
}

function attach(socket: WebSocketLike, events: SocketEvents): Socket {
  let isOpen = false;
  const detach = () => {
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {}; // `ws` throws an error that nobody listens to
  };
  const ended = (code: number, status?: number) => {
    detach();
    events.closed(code, status);
  };
  socket.onopen = () => {
    isOpen = true;
    events.opened(socket.protocol);
  };
  socket.onmessage = (event: { data: unknown }) => {
    if (typeof event.data === "string") {
      events.text(event.data);
    }
  };
  socket.onclose = (event: { code: number }) => ended(event.code);
  // Node's own class reports a failed handshake only here; a close event follows every other error.
  socket.onerror = (event: { message?: string }) => {
    if (!isOpen) {
      const status = REFUSED.exec(event.message ?? "")?.[1];
      ended(CLOSE_CODE_ABNORMAL, status ? Number(status) : undefined);
    }
  };
  return {
    send: (text) => socket.send(text),
    close() {
      detach();
      socket.close(CLOSE_CODE_NORMAL);
    },
    drop() {
      detach();
      socket.terminate ? socket.terminate() : socket.close();
    },
  };
}
