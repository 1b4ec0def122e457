/* marks.ts - read marks that the server may not have yet.
 *
 * Knows: that marks only move forward, and that a server reads the commands of a connection in order, so that an answer to a later one
 * shows that it has the mark.
 */

export class Marks {
  readonly #marks = new Map<number, { seq: number; ref: number }>();

  /** A mark of a chat; false: it would not move forward. */
  set(chat: number, seq: number): boolean {
    const before = this.#marks.get(chat);
    if (before && before.seq >= seq) {
      return false;
    }
    this.#marks.set(chat, { seq, ref: Infinity });
    return true;
  }

  /** It is being sent as command number `ref`. */
  sending(chat: number, ref: number): void {
    const mark = this.#marks.get(chat);
    if (mark) {
      mark.ref = ref;
    }
  }

  /** Command number `ref` was answered. */
  answered(ref: number): void {
    for (const [chat, mark] of this.#marks) {
      if (mark.ref <= ref) {
        this.#marks.delete(chat);
      }
    }
  }

  /** The connection is gone, and what was under way with it. */
  lost(): void {
    for (const mark of this.#marks.values()) {
      mark.ref = Infinity;
    }
  }

  waiting(): [chat: number, seq: number][] {
    return [...this.#marks].map(([chat, { seq }]) => [chat, seq]);
  }
}
