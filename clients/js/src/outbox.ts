/* outbox.ts - commands that have no answer yet, in the order in which they were given.
 *
 * Knows: who waits for which answer; what must be sent again, and when.
 * Does not know: sockets, and what the commands mean, but for one thing: sends of a chat keep their order.
 * Promise: every command is answered, refused, or fails at the end of the client; none is forgotten, and no more than `limit` wait.
 */
import type { Clock } from "./clock.js";
import { ConfabError, isPassing, pauseMs } from "./errors.js";
import type { Command, Frame } from "./wire.js";

/** Room on top of the limit for what a new connection must be told, which must not fail because an application waits for much. */
const RESERVED = 16;

interface Entry {
  command: Command;
  /** It concerns one connection, and fails with it. */
  once: boolean;
  sent: boolean;
  /** When it was sent for the first time, by the calendar. */
  firstSentAt?: number;
  resolve: (answer: Frame) => void;
  reject: (error: ConfabError) => void;
}

/** The way to the server while there is a connection. */
export interface Wire {
  /** Why the command can never be sent here, if it cannot. */
  refusal(command: Command): ConfabError | undefined;
  transmit(command: Command): void;
  /** How many sends of a chat may be under way at once. With one their order is kept even if one of them is put off. */
  pipeline: number;
  /** For how long the server knows a nonce: a send that is repeated later might be stored twice. undefined: for ever. */
  nonceMs?: number;
}

/** Nothing tells whether the message was stored. */
const UNCONFIRMED = "The message was sent, but it is too long ago for the server to know whether it was stored";

export class Outbox {
  readonly #entries = new Map<number, Entry>();
  #refs = 0;
  #wire: Wire | undefined;
  #endPause: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** How many commands may wait. */
    private readonly limit: number,
  ) {}

  /** A number for a command that nobody waits for here. */
  nextRef(): number {
    return ++this.#refs;
  }

  /** Send a command as soon as there is a connection, and again over the next one, until it is answered. */
  add(command: Command): Promise<Frame> {
    return this.#add(command, false);
  }

  /** Send a command over this connection or the next; it is rejected with `connection_lost` if that ends before the answer. */
  addOnce(command: Command): Promise<Frame> {
    return this.#add(command, true);
  }

  #add(command: Command, once: boolean): Promise<Frame> {
    if (this.#entries.size >= this.limit + (once ? RESERVED : 0)) {
      return Promise.reject(new ConfabError("queue_full", `${this.limit} commands wait for their answer`));
    }
    const ref = this.nextRef();
    return new Promise((resolve, reject) => {
      this.#entries.set(ref, { command: { ...command, ref }, once, sent: false, resolve, reject });
      this.#pump();
    });
  }

  /** There is a connection: what has no answer is sent over it, in order. */
  open(wire: Wire): void {
    this.#wire = wire;
    this.#pump();
  }

  /** The connection is gone. What was under way is sent again over the next one; with an error it fails instead. */
  lost(error?: ConfabError): void {
    this.#wire = undefined;
    for (const [ref, entry] of this.#entries) {
      if (entry.once || (entry.sent && error)) {
        this.#entries.delete(ref);
        entry.reject(error ?? new ConfabError("connection_lost", "The connection was lost"));
      }
      entry.sent = false;
    }
  }

  /** Take an answer to where it is waited for. False: nobody waits for it. */
  answer(frame: Frame): boolean {
    const ref = this.#refOf(frame);
    const entry = ref === undefined ? undefined : this.#entries.get(ref);
    if (ref === undefined || !entry) {
      return false;
    }
    if (frame.type === "error" && isPassing(frame)) {
      entry.sent = false;
      this.#pause(pauseMs(frame.retry_after));
      return true;
    }
    this.#entries.delete(ref);
    if (frame.type === "error") {
      entry.reject(ConfabError.of(frame));
    } else {
      entry.resolve(frame);
    }
    this.#pump();
    return true;
  }

  /** The oldest command that is under way. */
  underWay(): Command | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.sent) {
        return entry.command;
      }
    }
    return undefined;
  }

  /** Nothing will be answered any more. */
  fail(error: ConfabError): void {
    this.#wire = undefined;
    this.#endPause?.();
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    entries.forEach((entry) => entry.reject(error));
  }

  #refOf(frame: Frame): number | undefined {
    if (typeof frame.ref === "number") {
      return frame.ref;
    }
    if (typeof frame.nonce === "string" && (frame.type === "ack" || frame.type === "error")) {
      for (const [ref, entry] of this.#entries) {
        if (entry.command.nonce === frame.nonce) {
          return ref;
        }
      }
    }
    return undefined;
  }

  /** Send nothing for a while: the server has said that it would refuse it. */
  #pause(ms: number): void {
    this.#endPause?.();
    this.#endPause = this.clock.after(ms, () => {
      this.#endPause = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const wire = this.#wire;
    if (!wire || this.#endPause) {
      return;
    }
    const sends = new Map<number | undefined, number>();
    for (const [ref, entry] of this.#entries) {
      const { command } = entry;
      const isSend = command.type === "send";
      const before = sends.get(command.chat) ?? 0;
      if (isSend && before >= wire.pipeline) {
        continue;
      }
      const refusal = entry.sent ? undefined : this.#isForgotten(entry, wire) ? new ConfabError("unconfirmed", UNCONFIRMED) : wire.refusal(command);
      if (refusal) {
        this.#entries.delete(ref);
        entry.reject(refusal);
        continue;
      }
      if (isSend) {
        sends.set(command.chat, before + 1);
      }
      if (!entry.sent) {
        entry.sent = true;
        entry.firstSentAt ??= this.clock.wall();
        wire.transmit(command);
      }
    }
  }

  #isForgotten({ command, firstSentAt }: Entry, { nonceMs }: Wire): boolean {
    return command.nonce !== undefined && firstSentAt !== undefined && nonceMs !== undefined && this.clock.wall() - firstSentAt >= nonceMs;
  }
}
