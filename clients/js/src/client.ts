/* client.ts - a client for as long as the application wants it: connections come and go beneath.
 *
 *   connecting --live--> open --lost--> waiting --pause over--> connecting
 *       |                 |                |
 *       |  refused for good, or close() by the application
 *       +-----------------+----------------+--> closed
 *
 * Knows: when to connect, and what a new connection must be told.
 * Does not know: how each of its parts does its work: link, inbox, outbox, positions, subscriptions, marks.
 */
import { BACKOFF, backoffMs, type Backoff } from "./backoff.js";
import { Chat, type Commands } from "./chat.js";
import { CLOCK, type Clock } from "./clock.js";
import { Emitter } from "./emitter.js";
import { ConfabError, finalError } from "./errors.js";
import type { Events, State, StateEvent } from "./events.js";
import { Inbox, type Parts } from "./inbox.js";
import { fromLegacy, legacyFrame, legacyRefusal } from "./legacy.js";
import { sizeRefusal } from "./limits.js";
import { Link, type End } from "./link.js";
import { Marks } from "./marks.js";
import { chatOfAddress, headersOf, PIPELINE, QUEUE, type Options } from "./options.js";
import { Outbox, type Wire } from "./outbox.js";
import { Positions } from "./positions.js";
import { socketOpener, type OpenSocket } from "./socket.js";
import { Standing } from "./standing.js";
import { Subscriptions, type Chats } from "./subscriptions.js";
import type { ChatWindow, Command, Frame, Hello, MessageEvent } from "./wire.js";

/** A server passes on one typing event of a user and chat in this time. */
const TYPING_INTERVAL_MS = 3000;

/** A connection that lived for so long was no failed attempt. */
const STABLE_MS = 10_000;

/** A frame was above the server's limit: it would end the next connection too. */
const CLOSE_CODE_TOO_BIG = 1009;

/** Statuses of a refused handshake that have nothing to do with the offer of a subprotocol. */
const NOT_ABOUT_THE_OFFER = new Set([401, 403, 404, 429]);

/** Connect to `ws://HOST/ws/` (all chats) or `ws://HOST/ws/chat/ID/` (one), and stay connected until close(). */
export function connect(url: string | URL, options: Options = {}): Client {
  return new Client(url, options);
}

export class Client extends Emitter<Events> {
  /** What the server has said about itself in the newest connection; undefined before, and in legacy mode. */
  hello: Hello | undefined;

  readonly #url: URL;
  /** The one chat of `/ws/chat/ID/`. */
  readonly #only: number | undefined;
  readonly #options: Options;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #openSocket: OpenSocket;
  readonly #parts: Parts;
  readonly #inbox: Inbox;
  readonly #standing: Standing;
  readonly #typedAt = new Map<number, number>();
  readonly #noncePrefix: string;
  #nonces = 0;

  #state: State = "connecting";
  #link: Link | undefined;
  #spokeV1 = false;
  #spokeLegacy = false;
  /** When the newest connection became live, unless that has been taken into account. */
  #liveAt: number | undefined;
  #attempt = 0;
  #goodbyeMs: number | undefined;
  #endPause: (() => void) | undefined;

  constructor(url: string | URL, options: Options) {
    super();
    this.#url = new URL(url);
    this.#only = chatOfAddress(this.#url);
    this.#options = options;
    this.#clock = options.clock ?? CLOCK;
    this.#random = options.random ?? Math.random;
    this.#backoff = { ...BACKOFF, ...options.backoff };
    this.#openSocket = options.openSocket ?? socketOpener(options.WebSocket, headersOf(options));
    this.#noncePrefix = Array.from({ length: 4 }, () => Math.floor(this.#random() * 2 ** 32).toString(36)).join("");

    const positions = new Positions(options.after ?? {}, options.epoch);
    const subscriptions = new Subscriptions(positions, options.events);
    subscriptions.add(this.#only === undefined ? options.subscribe ?? "all" : [this.#only]);
    const outbox = new Outbox(this.#clock, options.queue ?? QUEUE);
    this.#parts = { positions, subscriptions, outbox, marks: new Marks() };
    this.#standing = new Standing(outbox, subscriptions, this.#only !== undefined, (error) => this.emit("error", error));
    this.#inbox = new Inbox(this.#parts, {
      emit: (type, event) => this.emit(type, event),
      goodbye: (ms) => (this.#goodbyeMs = ms),
      broken: () => this.#link?.drop(),
      followed: () => this.#standing.followed(),
    });
    this.#connect(true);
  }

  get state(): State {
    return this.#state;
  }

  /** Whether this is a connection to an existing server that does not know confab.v1. */
  get isLegacy(): boolean {
    return this.#state === "open" && this.hello === undefined;
  }

  /** Resolves when the first connection is there and follows its chats; rejects when there will never be one. */
  ready(): Promise<void> {
    return this.#standing.ready.promise;
  }

  /** Where this client stands: give it to a later connect() as `after` and `epoch`, and nothing is missed in between. */
  get position(): { after: Record<number, number>; epoch: string | undefined } {
    return { after: this.#parts.positions.toJSON(), epoch: this.#parts.positions.epoch };
  }

  /** A chat; without an id the one of `/ws/chat/ID/`. */
  chat(id: number | undefined = this.#only): Chat {
    if (id === undefined || (this.#only !== undefined && id !== this.#only)) {
      throw new TypeError(id === undefined ? "Which chat?" : `This connection is for chat ${this.#only} alone`);
    }
    return new Chat(id, this.#commands);
  }

  /** A window of the list of chats. */
  chats(options: { offset?: number; limit?: number } = {}): Promise<ChatWindow> {
    return this.#request({ type: "chats", ...options }) as Promise<Frame & ChatWindow>;
  }

  /** Follow all chats, or these too. */
  async subscribe(chats: Chats): Promise<void> {
    this.#mustLive();
    return this.#standing.subscribe(chats);
  }

  async unsubscribe(chats: number[]): Promise<void> {
    this.#mustLive();
    return this.#standing.unsubscribe(chats);
  }

  /** Be told of the presence of these users, and of no others any more. */
  async watch(users: number[]): Promise<void> {
    this.#mustLive();
    return this.#standing.watch(users);
  }

  /** Say whether the user is at this device. Who watches them is told `away` when all their connections say so. */
  async presence(status: "online" | "away"): Promise<void> {
    this.#mustLive();
    return this.#standing.presence(status);
  }

  /** Do not wait for the end of the pause: the network may be back. */
  retry(): void {
    if (this.#state === "waiting") {
      this.#endPause?.();
      this.#connect(true);
    }
  }

  /** End it for good. What has no answer yet is rejected with `closed`. */
  close(): void {
    this.#finish(new ConfabError("closed", "The client was closed"));
  }

  // The life of connections

  #connect(offer: boolean): void {
    this.#move({ state: "connecting" });
    this.#link = new Link(this.#openSocket, this.#address(offer), offer, this.#clock, {
      live: (hello) => (hello ? this.#onHello(hello) : this.#onLegacy()),
      frame: (frame) => this.#onFrame(frame),
      silent: () => this.#link?.send({ type: "ping", ref: this.#parts.outbox.nextRef() }),
      invalid: () => this.emit("error", new ConfabError("invalid_frame", "The server sent a frame that is none")),
      ended: (end) => this.#onEnded(end, offer),
    });
  }

  #address(offer: boolean): string {
    const url = new URL(this.#url);
    const { positions } = this.#parts;
    const after = this.#only === undefined ? undefined : positions.get(this.#only);
    if (offer && after !== undefined) {
      url.searchParams.set("after", String(after));
      if (positions.epoch !== undefined) {
        url.searchParams.set("epoch", positions.epoch);
      }
    }
    return url.href;
  }

  #onHello(hello: Hello): void {
    const { positions, outbox, marks } = this.#parts;
    this.#spokeV1 = true;
    this.#open(hello);
    if (positions.epoch !== undefined && positions.epoch !== hello.epoch) {
      positions.restart().forEach(([chat, seq]) => this.#gap(chat, seq, "epoch"));
    }
    positions.epoch = hello.epoch;
    this.emit("hello", hello);
    if (this.#link) { // no listener has closed the client
      this.#standing.begin();
      outbox.open(this.#wire(hello));
      marks.open((chat, seq) => this.#sendMark(chat, seq));
    }
  }

  #onLegacy(): void {
    const lacking = new ConfabError("not_supported", "This server does not know confab.v1");
    if (this.#only === undefined) {
      this.#finish(lacking);
      return;
    }
    this.#open(undefined);
    const last = this.#parts.positions.get(this.#only);
    if (this.#spokeLegacy || last !== undefined) {
      this.#gap(this.#only, last ?? null, "legacy");
    }
    this.#spokeLegacy = true;
    this.#standing.beginLegacy(lacking);
    const link = this.#link;
    if (link) {
      this.#parts.outbox.open({ refusal: legacyRefusal, transmit: (command) => link.send(legacyFrame(command)), pipeline: 1 });
    }
  }

  #open(hello: Hello | undefined): void {
    this.hello = hello;
    this.#liveAt = this.#clock.now();
    this.#move({ state: "open" });
  }

  #wire(hello: Hello): Wire {
    const link = this.#link!;
    return {
      refusal: (command) => sizeRefusal(command, hello.limits),
      transmit: (command) => link.send(command),
      pipeline: this.#options.pipeline ?? PIPELINE,
      ...(hello.limits?.nonce_seconds !== undefined && { nonceMs: hello.limits.nonce_seconds * 1000 }),
    };
  }

  #onEnded(end: End, offered: boolean): void {
    this.#link = undefined;
    this.#parts.outbox.lost(this.#repeatError(end));
    this.#parts.marks.lost();
    this.#standing.lost();
    const final = finalError(end.code, end.status);
    if (offered && !end.wasOpen && this.#only !== undefined && !this.#spokeV1 && !NOT_ABOUT_THE_OFFER.has(end.status ?? 0)) {
      this.#connect(false); // browsers fail a handshake whose offer is not answered, and do not say why
    } else if (final) {
      this.#finish(final);
    } else {
      this.#wait();
    }
  }

  /** Why what was under way must not be sent again, if it must not. */
  #repeatError({ code }: End): ConfabError | undefined {
    if (code === CLOSE_CODE_TOO_BIG) {
      return new ConfabError("too_large", "The server closed the connection at a frame that is too long", code);
    }
    return this.isLegacy ? new ConfabError("connection_lost", "The connection was lost; the server may have stored it or not") : undefined;
  }

  #wait(): void {
    if (this.#liveAt !== undefined && this.#clock.now() - this.#liveAt >= STABLE_MS) {
      this.#attempt = 0;
    }
    const pause = this.#goodbyeMs ?? backoffMs(this.#backoff, this.#attempt, this.#random());
    this.#attempt++;
    this.#liveAt = this.#goodbyeMs = undefined;
    this.#endPause = this.#clock.after(pause, () => this.#connect(true));
    this.#move({ state: "waiting", pause });
  }

  #finish(error: ConfabError): void {
    if (this.#state === "closed") {
      return;
    }
    this.#link?.close();
    this.#link = undefined;
    this.#endPause?.();
    this.#move({ state: "closed", ...(error.code !== "closed" && { error }) });
    this.#parts.outbox.fail(error);
    this.#standing.fail(error);
  }

  /** The only place where the state changes. */
  #move(change: Omit<StateEvent, "type">): void {
    const isNew = change.state !== this.#state;
    this.#state = change.state;
    if (isNew) {
      this.emit("state", { type: "state", ...change });
    }
  }

  #onFrame(frame: Frame): void {
    const { outbox, positions } = this.#parts;
    if (!this.isLegacy) {
      this.#inbox.take(frame);
      return;
    }
    for (const said of fromLegacy(frame, outbox.underWay())) {
      if (said.type === "message") {
        positions.reach(this.#only!, (said as unknown as MessageEvent).message.id); // a later server may know confab.v1
      }
      this.#inbox.take(said);
    }
  }

  #gap(chat: number, after: number | null, reason: string): void {
    this.emit("gap", { type: "gap", chat, after, seq: null, reason });
  }

  // Commands

  readonly #commands: Commands = {
    request: (command) => this.#request(command),
    send: (command) => this.#request({ ...command, nonce: command.nonce ?? `${this.#noncePrefix}-${++this.#nonces}` }),
    typing: (chat) => this.#typing(chat),
    read: (chat, seq) => this.#parts.marks.set(chat, seq),
    on: (type, listener) => this.on<Frame>(type, listener),
  };

  async #request(command: Command): Promise<Frame> {
    this.#mustLive();
    return this.#parts.outbox.add(command);
  }

  #mustLive(): void {
    if (this.#state === "closed") {
      throw new ConfabError("closed", "The client is closed");
    }
  }

  #typing(chat: number): void {
    const now = this.#clock.now();
    const before = this.#typedAt.get(chat) ?? -Infinity;
    if (this.#state === "open" && this.hello && now - before >= TYPING_INTERVAL_MS) {
      this.#typedAt.set(chat, now);
      this.#link!.send({ type: "typing", chat });
    }
  }

  #sendMark(chat: number, seq: number): number {
    const ref = this.#parts.outbox.nextRef();
    this.#link!.send({ type: "read", ref, chat, seq });
    return ref;
  }
}
