/* standing.ts - what every connection is told anew: which chats to follow, whom to watch, whether the user is away.
 *
 * Knows: when a connection has taken it, and what to do when the server refuses it.
 * Does not know: when connections come and go.
 * Promise: what the application has asked for holds on every connection; what the server has refused is not asked for again.
 */
import { deferred } from "./deferred.js";
import { ConfabError } from "./errors.js";
import type { Outbox } from "./outbox.js";
import type { Chats, Subscriptions } from "./subscriptions.js";
import type { Command } from "./wire.js";

/** One thing that a connection is told. `done` is settled when the newest connection, or the next one, has taken it. */
interface Order {
  tell: () => Promise<unknown>;
  done: ReturnType<typeof deferred<void>>;
}

/** The same where it is always one command, once there is something to say. */
interface KeptOrder extends Order {
  command?: Command;
}

export class Standing {
  /** Settled when the first connection follows its chats, or never will. */
  readonly ready = deferred<void>();

  readonly #following: Order;
  readonly #watching = this.#keep();
  readonly #presence = this.#keep();
  /** Settled when the newest connection of `/ws/chat/ID/` follows its chat, which it does without being told. */
  #followed = deferred<void>();
  #isOpen = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly subscriptions: Subscriptions,
    isForOneChat: boolean,
    private readonly fault: (error: ConfabError) => void,
  ) {
    this.#following = { tell: isForOneChat ? () => this.#followed.promise : () => this.#tellChats(), done: deferred() };
  }

  /** There is a connection of confab.v1. */
  begin(): void {
    this.#isOpen = true;
    for (const order of this.#orders()) {
      const { done } = order;
      order.tell().then(
        () => done.resolve(),
        (error: ConfabError) => {
          if (error.code !== "connection_lost") {
            done.reject(error);
            this.fault(error);
          }
        },
      );
      if (order === this.#following) {
        done.promise.then(() => this.ready.resolve(), (error: ConfabError) => this.ready.reject(error));
      }
    }
  }

  /** The server has begun to deliver the events of some chats. */
  followed(): void {
    this.#followed.resolve();
  }

  /** There is a connection that cannot be told anything. */
  beginLegacy(lacking: ConfabError): void {
    this.ready.resolve();
    this.#orders().forEach(({ done }) => done.reject(lacking));
  }

  lost(): void {
    this.#isOpen = false;
    this.#followed.reject(new ConfabError("connection_lost", "The connection was lost"));
    this.#followed = deferred();
    for (const order of this.#orders()) {
      if (order.done.isSettled) {
        order.done = deferred();
      }
    }
  }

  /** There will be no connection any more. */
  fail(error: ConfabError): void {
    this.#isOpen = false;
    [this.ready, this.#followed, ...this.#orders().map(({ done }) => done)].forEach((waiting) => waiting.reject(error));
  }

  async subscribe(chats: Chats): Promise<void> {
    const added = chats === "all" ? [] : chats.filter((chat) => !this.subscriptions.includes(chat));
    try {
      await this.#tell(this.#following, this.subscriptions.add(chats));
    } catch (error) {
      added.forEach((chat) => this.subscriptions.left(chat));
      throw error;
    }
  }

  unsubscribe(chats: number[]): Promise<void> {
    return this.#tell(this.#following, this.subscriptions.remove(chats));
  }

  watch(users: number[]): Promise<void> {
    return this.#tellAndKeep(this.#watching, { type: "watch", users });
  }

  presence(status: "online" | "away"): Promise<void> {
    return this.#tellAndKeep(this.#presence, { type: "presence", status });
  }

  #orders(): Order[] {
    return [this.#following, this.#watching, this.#presence];
  }

  #keep(): KeptOrder {
    const order: KeptOrder = {
      tell: async () => order.command && this.outbox.addOnce(order.command),
      done: deferred(),
    };
    return order;
  }

  #tellAndKeep(order: KeptOrder, command: Command): Promise<void> {
    order.command = command;
    return this.#tell(order, command);
  }

  /** Resolves when this connection has taken it, or a later one that is told the same. */
  async #tell(order: Order, command: Command): Promise<void> {
    if (!this.#isOpen) {
      return order.done.promise;
    }
    try {
      await this.outbox.addOnce(command);
    } catch (error) {
      if ((error as ConfabError).code !== "connection_lost") {
        throw error;
      }
      await order.done.promise;
    }
  }

  /** The server refuses a list of chats as a whole, and one that is gone must not keep the others from being followed. */
  async #tellChats(): Promise<void> {
    try {
      await Promise.all(this.subscriptions.commands().map((command) => this.outbox.addOnce(command)));
    } catch (error) {
      if ((error as ConfabError).code !== "not_found") {
        throw error;
      }
      await Promise.all(this.subscriptions.chats.map((chat) => this.#tellChat(chat)));
      if (this.subscriptions.chats.length === 0) {
        throw error;
      }
    }
  }

  async #tellChat(chat: number): Promise<void> {
    try {
      await this.outbox.addOnce(this.subscriptions.add([chat]));
    } catch (error) {
      if ((error as ConfabError).code !== "not_found") {
        throw error;
      }
      this.subscriptions.left(chat);
      this.fault(new ConfabError("not_found", `Chat ${chat} is not followed any more: it is not there`));
    }
  }
}
