/* chat.ts - one chat, as an application holds it: its commands, and its events alone.
 *
 * Knows: what the commands are called and which fields they have.
 * Does not know: when and how they reach the server.
 */
import type { Events } from "./events.js";
import type { Ack, Command, Frame, History } from "./wire.js";

/** What a chat needs of its client. */
export interface Commands {
  /** Resolves with the answer. */
  request(command: Command): Promise<Frame>;
  send(command: Command): Promise<Frame>;
  typing(chat: number): void;
  read(chat: number, seq: number): void;
  on(type: string, listener: (event: Frame) => void): () => void;
}

export interface SendOptions {
  /** Id of the message that this one answers. */
  reply_to?: number;
  /** Id of the message that begins the thread. */
  thread?: number;
  /** The id of this send, 1 to 64 characters, if it is to outlive this client: the same nonce is stored once. */
  nonce?: string;
}

export interface HistoryOptions {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
  thread?: number;
}

export class Chat {
  constructor(
    readonly id: number,
    private readonly commands: Commands,
  ) {}

  /** Send a message. Resolves when it is stored; sends of a chat are stored in the order of these calls. */
  send(content: string, options: SendOptions = {}): Promise<Ack> {
    return this.commands.send({ type: "send", chat: this.id, content, ...options }) as Promise<Frame & Ack>;
  }

  /** Change a message. With `revision` only if it is that one still. */
  edit(id: number, content: string, options: { revision?: number } = {}): Promise<Ack> {
    return this.#change("edit", { id, content, ...options });
  }

  delete(id: number): Promise<Ack> {
    return this.#change("delete", { id });
  }

  react(id: number, emoji: string): Promise<Ack> {
    return this.#change("react", { id, emoji });
  }

  unreact(id: number, emoji: string): Promise<Ack> {
    return this.#change("unreact", { id, emoji });
  }

  pin(id: number): Promise<Ack> {
    return this.#change("pin", { id });
  }

  unpin(id: number): Promise<Ack> {
    return this.#change("unpin", { id });
  }

  /** A page of messages, oldest first: the last ones, or those before, after or around a message id. */
  history(options: HistoryOptions = {}): Promise<History> {
    return this.commands.request({ type: "history", chat: this.id, ...options }) as Promise<Frame & History>;
  }

  /** Say that the user is typing. Call it at every key: only some are sent, and none without a connection. */
  typing(): void {
    this.commands.typing(this.id);
  }

  /** Everything up to and including `seq` has been read. */
  read(seq: number): void {
    this.commands.read(this.id, seq);
  }

  /** The events of this chat alone. What is returned ends that. */
  on<Type extends keyof Events & string>(type: Type, listener: (event: Events[Type]) => void): () => void;
  on<Event>(type: string, listener: (event: Event) => void): () => void;
  on(type: string, listener: (event: never) => void): () => void {
    return this.commands.on(type, (event) => {
      if (chatOf(event) === this.id) {
        listener(event as never);
      }
    });
  }

  #change(type: string, fields: object): Promise<Ack> {
    return this.commands.request({ type, chat: this.id, ...fields }) as Promise<Frame & Ack>;
  }
}

/** The chat that an event is about, if it is about one. */
export function chatOf(event: Frame): number | undefined {
  const { chat, message } = event as { chat?: unknown; message?: { chat?: unknown } };
  for (const found of [chat, message?.chat, (chat as { id?: unknown } | undefined)?.id]) {
    if (typeof found === "number") {
      return found;
    }
  }
  return undefined;
}
