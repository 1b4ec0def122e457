/* link.ts - one connection, from the handshake to its end.
 *
 *   OPENING --opened, confab.v1--> GREETING --hello--> LIVE
 *      |  \----opened, no subprotocol (legacy)--------->|
 *      |                              |                 |
 *      +-- refused, lost, too slow ---+-----------------+--> ENDED
 *
 * Knows: negotiation, the greeting, heartbeats.
 * Does not know: what comes before and after this connection, and what frames mean.
 */
import type { Clock } from "./clock.js";
import { Heartbeat } from "./heartbeat.js";
import type { OpenSocket, Socket } from "./socket.js";
import type { Frame, Hello } from "./wire.js";

export const SUBPROTOCOL = "confab.v1";

/** From the first byte to the hello. */
const OPEN_DEADLINE_MS = 20_000;

const HEARTBEAT_S = 20;
const HEARTBEAT_S_MIN = 1;

export interface End {
  code: number;
  /** HTTP status of a refused handshake, if it is known. */
  status?: number | undefined;
  /** Whether the handshake succeeded. */
  wasOpen: boolean;
}

export interface LinkEvents {
  /** Frames may be sent and will come. `hello` is undefined in legacy mode. */
  live(hello: Hello | undefined): void;
  frame(frame: Frame): void;
  /** Nothing was heard for an interval: something must be asked. */
  silent(): void;
  /** The server sent a frame of which a field is missing, or is not what it should be. The connection ends. */
  invalid(): void;
  /** It has ended, and not by close(). */
  ended(end: End): void;
}

enum State {
  Opening,
  Greeting,
  Live,
  Ended,
}

export class Link {
  #state = State.Opening;
  #wasOpen = false;
  #heartbeat: Heartbeat | undefined;
  readonly #socket: Socket;
  readonly #endDeadline: () => void;

  constructor(
    open: OpenSocket,
    url: string,
    offer: boolean,
    private readonly clock: Clock,
    private readonly events: LinkEvents,
  ) {
    this.#endDeadline = clock.after(OPEN_DEADLINE_MS, () => this.drop());
    this.#socket = open(url, offer ? [SUBPROTOCOL] : [], {
      opened: (protocol) => this.#opened(protocol),
      text: (text) => this.#text(text),
      closed: (code, status) => this.#ended(code, status),
    });
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** End it in order; ended() is not called. */
  close(): void {
    this.#stop();
    this.#socket.close();
  }

  /** End it at once; ended() is called. */
  drop(): void {
    this.#socket.drop();
    this.#ended(1006);
  }

  #opened(protocol: string): void {
    this.#wasOpen = true;
    if (protocol === SUBPROTOCOL) {
      this.#state = State.Greeting;
    } else {
      this.#live(undefined);
    }
  }

  #text(text: string): void {
    this.#heartbeat?.heard();
    const frame = parse(text);
    if (!frame) {
      return;
    }
    try {
      this.#take(frame);
    } catch {
      this.events.invalid();
      this.drop();
    }
  }

  #take(frame: Frame): void {
    switch (this.#state) {
      case State.Greeting:
        // Hello is always the first frame.
        frame.type === "hello" ? this.#greeted(frame as unknown as Hello) : this.drop();
        break;
      case State.Live:
        this.events.frame(frame);
        break;
      case State.Opening:
      case State.Ended:
        break;
    }
  }

  #greeted(hello: Hello): void {
    const seconds = Math.max(Number(hello.heartbeat) || HEARTBEAT_S, HEARTBEAT_S_MIN);
    this.#heartbeat = new Heartbeat(this.clock, seconds * 1000, () => this.events.silent(), () => this.drop());
    this.#live(hello);
  }

  #live(hello: Hello | undefined): void {
    this.#endDeadline();
    this.#state = State.Live;
    this.events.live(hello);
  }

  #ended(code: number, status?: number): void {
    if (this.#state !== State.Ended) {
      this.#stop();
      this.events.ended({ code, status, wasOpen: this.#wasOpen });
    }
  }

  #stop(): void {
    this.#state = State.Ended;
    this.#endDeadline();
    this.#heartbeat?.stop();
  }
}

function parse(text: string): Frame | undefined {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === "string" ? frame : undefined;
  } catch {
    return undefined;
  }
}
