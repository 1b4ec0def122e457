/* marks.ts - read marks that the server may not have yet.
 *
 * Knows: that marks only move forward, and that a server reads the commands of a connection in order, so that an answer to a later one
 * shows that it has the mark.
 * Promise: the last mark of each chat reaches the server, over whichever connection; one of a chat is under way at a time.
 */

interface Mark {
  seq: number;
  /** The server has this one. */
  stored: number;
  /** This one is under way, as command number `ref`. */
  sent: number;
  ref: number | undefined;
}

/** Send a mark; the number of the command. */
export type SendMark = (chat: number, seq: number) => number;

export class Marks {
  readonly #marks = new Map<number, Mark>();
  #send: SendMark | undefined;

  /** Everything of this chat has been read up to here. */
  set(chat: number, seq: number): void {
    const mark = this.#marks.get(chat) ?? { seq: 0, stored: 0, sent: 0, ref: undefined };
    mark.seq = Math.max(mark.seq, seq);
    this.#marks.set(chat, mark);
    this.#pump(chat, mark);
  }

  /** There is a connection. */
  open(send: SendMark): void {
    this.#send = send;
    this.#marks.forEach((mark, chat) => this.#pump(chat, mark));
  }

  /** Command number `ref` was answered, and so every earlier one has been read. A mark that was refused waits for the next set() or
   * connection. */
  answered(ref: number, wasRefused: boolean): void {
    for (const [chat, mark] of this.#marks) {
      if (mark.ref === undefined || mark.ref > ref) {
        continue;
      }
      const isRefused = wasRefused && mark.ref === ref;
      mark.ref = undefined;
      if (!isRefused) {
        mark.stored = mark.sent;
        this.#pump(chat, mark);
      }
    }
  }

  /** The connection is gone, and what was under way with it. */
  lost(): void {
    this.#send = undefined;
    this.#marks.forEach((mark) => (mark.ref = undefined));
  }

  #pump(chat: number, mark: Mark): void {
    if (this.#send && mark.ref === undefined && mark.seq > mark.stored) {
      mark.sent = mark.seq;
      mark.ref = this.#send(chat, mark.seq);
    }
  }
}
