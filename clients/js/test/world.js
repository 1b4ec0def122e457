// The world of a client under test: a clock that moves when it is told to, sockets whose server is the test, dice that are known.
import { connect } from "confab-client";

export const HELLO = {
  type: "hello",
  protocol: "confab.v1",
  server: "confab/test",
  epoch: "e1",
  heartbeat: 30,
  user: { id: 1, username: "alice" },
  features: [],
  limits: { content_bytes: 1000, frame_bytes: 5000 },
};

export class FakeClock {
  #now = 0;
  #timers = [];

  now() {
    return this.#now;
  }

  wall() {
    return this.#now;
  }

  after(ms, fn) {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get waiting() {
    return this.#timers.length;
  }

  /** Let time pass; timers run in their order, and what they lead to happens before the next one. */
  async pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) {
        break;
      }
      this.#now = due.at;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      due.fn();
      await settle();
    }
    this.#now = end;
  }
}

/** One connection, seen from the server. */
class FakeSocket {
  sent = [];
  isClosed = false;

  constructor(url, protocols, events) {
    Object.assign(this, { url, protocols, events });
  }

  // What the client does with it.
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  drop() {
    this.isClosed = true;
  }

  // What the server does.
  accept(protocol = "confab.v1") {
    this.events.opened(protocol);
  }

  async greet(hello = {}) {
    this.accept();
    this.say({ ...HELLO, ...hello });
    if (this.url.includes("/chat/")) {
      this.say({ type: "subscribed", chats: [] }); // the chat of the address; a test that cares says where it stands
    }
    await settle();
  }

  say(frame) {
    this.events.text(JSON.stringify(frame));
  }

  end(code = 1006, status) {
    this.isClosed = true;
    this.events.closed(code, status);
  }

  /** The newest command of a type. */
  last(type) {
    return this.sent.findLast((frame) => frame.type === type);
  }

  all(type) {
    return this.sent.filter((frame) => frame.type === type);
  }

  async answer(command, answer) {
    this.say({ ref: command.ref, ...answer });
    await settle();
  }

  async ack(command, id) {
    await this.answer(command, { type: "ack", nonce: command.nonce, chat: command.chat, id, seq: id, timestamp: "2026-01-01T00:00:00Z" });
  }
}

export class World {
  clock = new FakeClock();
  sockets = [];
  /** What the client has told its listeners, in order. */
  heard = [];
  dice = 0.5;

  constructor(path = "/ws/chat/7/", options = {}) {
    this.client = connect(`ws://server.test${path}`, {
      clock: this.clock,
      random: () => this.dice,
      openSocket: (url, protocols, events) => {
        const socket = new FakeSocket(url, protocols, events);
        this.sockets.push(socket);
        return socket;
      },
      ...options,
    });
    for (const type of ["message", "message_updated", "gap", "error", "hello", "state", "typing", "presence", "chat_joined", "chat_left", "notice", "news"]) {
      this.client.on(type, (event) => this.heard.push(type === "error" ? { type, code: event.code } : event));
    }
  }

  /** A world with a live connection of confab.v1. */
  static async live(path, options) {
    const world = new World(path, options);
    await world.server.greet();
    return world;
  }

  /** The newest connection. */
  get server() {
    return this.sockets.at(-1);
  }

  heardOf(type) {
    return this.heard.filter((event) => event.type === type);
  }

  get seqs() {
    return this.heard.filter((event) => event.seq !== undefined && event.prev !== undefined).map((event) => event.seq);
  }

  /** Lose the connection, wait as long as the client does, and take the next one up to its hello. */
  async reconnect(hello) {
    this.server.end();
    await this.clock.pass(this.heardOf("state").at(-1).pause);
    await this.server.greet(hello);
  }
}

export function message(seq, prev, content = "hi", chat = 7) {
  return { type: "message", seq, prev, message: { id: seq, chat, sender: { id: 2, username: "bob" }, content, timestamp: "2026-01-01T00:00:00Z" } };
}

/** Let everything happen that needs no time. */
export function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A promise that may be rejected before the test looks at it. */
export function hold(promise) {
  promise.catch(() => {});
  return promise;
}

/** How a promise stands, without waiting for it: "pending", its value, or the code of its error. */
export async function stateOf(promise) {
  hold(promise);
  await settle();
  return Promise.race([promise, Promise.resolve("pending")]).catch((error) => error.code ?? error);
}
