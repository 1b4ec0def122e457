/* subscriptions.ts - which chats this client follows, beyond one connection's life.
 *
 * Knows: the subscribe and unsubscribe commands of `/ws/`.
 * Does not know: when they are sent.
 */
import type { Positions } from "./positions.js";
import type { Command } from "./wire.js";

export type Chats = "all" | number[];

export class Subscriptions {
  #all = false;
  readonly #chats = new Set<number>();
  readonly #except = new Set<number>();

  constructor(
    private readonly positions: Positions,
    private readonly events: string[] | undefined,
  ) {}

  /** The command that adds these chats. */
  add(chats: Chats): Command {
    if (chats === "all") {
      this.#all = true;
      this.#except.clear();
      return this.#everything();
    }
    for (const chat of chats) {
      this.#chats.add(chat);
      this.#except.delete(chat);
    }
    return this.#some(chats);
  }

  /** The command that takes these chats away. Their positions are forgotten. */
  remove(chats: number[]): Command {
    for (const chat of chats) {
      this.left(chat);
      if (this.#all) {
        this.#except.add(chat);
      }
    }
    return { type: "unsubscribe", chats };
  }

  /** The user is not in this chat any more. */
  left(chat: number): void {
    this.#chats.delete(chat);
    this.positions.forget(chat);
  }

  /** The chats that were named one by one. */
  get chats(): number[] {
    return [...this.#chats];
  }

  /** What a new connection must be told, in order. */
  commands(): Command[] {
    if (!this.#all) {
      return this.#chats.size > 0 ? [this.#some([...this.#chats])] : [];
    }
    const except: Command = { type: "unsubscribe", chats: [...this.#except] };
    return this.#except.size > 0 ? [this.#everything(), except] : [this.#everything()];
  }

  /** Whether an event of this chat is wanted: some may still be on their way behind an unsubscribe. */
  includes(chat: number): boolean {
    return this.#all ? !this.#except.has(chat) : this.#chats.has(chat);
  }

  #everything(): Command {
    return this.#command("all", { after: this.positions.toJSON() });
  }

  #some(chats: number[]): Command {
    return this.#command(chats.map((chat) => {
      const after = this.positions.get(chat);
      return after === undefined ? { chat } : { chat, after };
    }));
  }

  #command(chats: unknown, more: object = {}): Command {
    return {
      type: "subscribe",
      chats,
      ...more,
      ...(this.positions.epoch !== undefined && { epoch: this.positions.epoch }),
      ...(this.events && { events: this.events }),
    };
  }
}
