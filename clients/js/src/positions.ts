/* positions.ts - how far this client has followed each chat: the last seq that it has seen.
 *
 * Knows: the chain of seq and prev.
 * Does not know: connections and listeners.
 * Promise: no event is the next one twice, or before one that came earlier in the chain.
 */

/** What comes from a server may be anything. */
function integer(value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new TypeError(`${value} is no number of a chat or an event`);
  }
  return value;
}

/** next: deliver it. repeat: it was delivered. broken: something before it is missing. */
export type Verdict = "next" | "repeat" | "broken";

export class Positions {
  readonly #last: Map<number, number>;

  constructor(
    after: Record<number, number>,
    /** That of the numbering which the positions belong to; undefined until a server has named it. */
    public epoch: string | undefined,
  ) {
    this.#last = new Map(Object.entries(after).map(([chat, seq]) => [Number(chat), seq]));
  }

  /** Judge a durable event, and go on to it if it is the next one. A chat without a position begins with it. */
  advance(chat: number, seq: number, prev: number): Verdict {
    const last = this.#last.get(chat);
    if (last !== undefined && seq <= last) {
      return "repeat";
    }
    if (last !== undefined && prev > last) {
      return "broken";
    }
    this.#last.set(chat, seq);
    return "next";
  }

  /** A chat is followed from this seq on, if it has no position yet. */
  begin(chat: number, seq: number): void {
    if (!this.#last.has(chat)) {
      this.jump(chat, seq);
    }
  }

  /** The server goes on behind `seq`, whatever was before. */
  jump(chat: number, seq: number): void {
    this.#last.set(integer(chat), integer(seq));
  }

  /** Everything up to `seq` is known, and perhaps more. */
  reach(chat: number, seq: number): void {
    this.jump(chat, Math.max(seq, this.#last.get(chat) ?? 0));
  }

  /** The numbering has begun anew: no position means anything any more. What they were, for the gaps to be told. */
  restart(): [chat: number, seq: number][] {
    const old = [...this.#last];
    this.#last.clear();
    return old;
  }

  forget(chat: number): void {
    this.#last.delete(chat);
  }

  get(chat: number): number | undefined {
    return this.#last.get(chat);
  }

  toJSON(): Record<number, number> {
    return Object.fromEntries(this.#last);
  }
}
