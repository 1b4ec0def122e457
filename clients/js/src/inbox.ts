/* inbox.ts - where a frame from the server goes: to whoever waits for it, into the positions, to the listeners.
 *
 * Knows: what each type of frame means for this client.
 * Does not know: connections.
 * Promise: the durable events of a chat reach the listeners in the order of the chain, each once.
 */
import { chatOf } from "./chat.js";
import { ConfabError, pauseMs } from "./errors.js";
import type { Marks } from "./marks.js";
import type { Outbox } from "./outbox.js";
import type { Positions } from "./positions.js";
import type { Subscriptions } from "./subscriptions.js";
import type * as wire from "./wire.js";

export interface Parts {
  positions: Positions;
  outbox: Outbox;
  marks: Marks;
  subscriptions: Subscriptions;
}

export interface InboxEvents {
  emit(type: string, event: unknown): void;
  /** The server is about to leave. */
  goodbye(reconnectAfterMs: number): void;
  /** An event is missing: this connection is not to be trusted. */
  broken(): void;
  /** The server has begun to deliver the events of some chats. */
  followed(): void;
}

/** Frames that are answers and nothing else. */
const ANSWERS = new Set(["ack", "subscribed", "unsubscribed", "history", "chats", "pong", "error"]);

export class Inbox {
  /** Whether the server has said over this connection which chats it delivers. */
  #isAnswered = false;

  constructor(
    private readonly parts: Parts,
    private readonly events: InboxEvents,
  ) {}

  take(frame: wire.Frame): void {
    if (typeof frame.ref === "number") {
      this.parts.marks.answered(frame.ref, frame.type === "error");
    }
    this.#effects[frame.type]?.(frame as never);
    const wasAwaited = this.parts.outbox.answer(frame);
    if (frame.type === "error" && !wasAwaited) {
      this.events.emit("error", ConfabError.of(frame));
    } else if (!ANSWERS.has(frame.type)) {
      this.#deliver(frame);
    }
  }

  /** What a frame does beside being an answer or an event. */
  readonly #effects: Record<string, (frame: never) => void> = {
    hello: () => (this.#isAnswered = false),
    subscribed: ({ chats }: wire.Subscribed) => {
      this.#isAnswered = true;
      chats.forEach(({ chat, seq }) => this.parts.positions.begin(chat, seq));
      this.events.followed();
    },
    gap: ({ chat, seq }: { chat: number; seq: number }) => this.parts.positions.jump(chat, seq),
    goodbye: ({ reconnect_after }: wire.Goodbye) => this.events.goodbye(pauseMs(reconnect_after)),
    chat_joined: ({ chat }: wire.ChatJoined) => {
      // Before the answer it subscribes to nothing: the answer will say where the chat begins.
      if (this.#isAnswered) {
        this.parts.positions.begin(chat.id, chat.seq);
      }
    },
    chat_left: ({ chat }: wire.ChatLeft) => this.parts.subscriptions.left(chat),
  };

  #deliver(event: wire.Frame): void {
    const chat = chatOf(event);
    const { seq, prev } = event;
    if (chat === undefined || typeof seq !== "number" || typeof prev !== "number") {
      this.events.emit(event.type, event);
      return;
    }
    if (!this.parts.subscriptions.includes(chat)) {
      return;
    }
    switch (this.parts.positions.advance(chat, seq, prev)) {
      case "next":
        this.events.emit(event.type, event);
        break;
      case "broken":
        this.events.emit("error", new ConfabError("chain_broken", `Something is missing before event ${seq} of chat ${chat}`));
        this.events.broken();
        break;
      case "repeat":
        break;
    }
  }
}
