/* options.ts - what an application can say about a client before it is there, and what its address means. */
import type { Backoff } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { OpenSocket, WebSocketClass } from "./socket.js";
import type { Chats } from "./subscriptions.js";

export interface Options {
  /** The class of WebSocket to use; without it the global one, which Node 20 lacks. */
  WebSocket?: WebSocketClass;
  /** Value of the Cookie field, where no browser sends it: `sessionid=...`. */
  cookie?: string;
  /** Access token of a bot. */
  token?: string;
  /** Further fields of the handshake; not in browsers. */
  headers?: Record<string, string>;
  /** The seq of each chat up to which everything is known: events after it come first. With the epoch they belong to. */
  after?: Record<number, number>;
  epoch?: string | undefined;
  /** On `/ws/`: the chats to follow from the start; `"all"` if nothing is said. */
  subscribe?: Chats;
  /** On `/ws/`: groups of events that are wanted, all of them if nothing is said. Without `typing`, `presence` or `read` those are not
   * sent; durable events always are. */
  events?: string[];
  /** How many commands may wait for their answer; one more is rejected with `queue_full`. */
  queue?: number;
  /** How many sends of a chat may be under way at once. With more than one, a send that the server puts off may be stored behind later ones. */
  pipeline?: number;
  backoff?: Partial<Backoff>;
  /** For tests. */
  clock?: Clock;
  random?: () => number;
  openSocket?: OpenSocket;
}

export const QUEUE = 1000;
export const PIPELINE = 1;

const CHAT_PATH = /\/ws\/chat\/(\d+)\/$/;
const ALL_PATH = /\/ws\/$/;

/** The chat of an address that is for one chat; undefined for all chats. */
export function chatOfAddress(url: URL): number | undefined {
  const chat = CHAT_PATH.exec(url.pathname);
  if (!chat && !ALL_PATH.test(url.pathname)) {
    throw new TypeError("The address must end with /ws/ or /ws/chat/ID/");
  }
  return chat ? Number(chat[1]) : undefined;
}

/** The fields that the handshake has beyond those of every handshake. */
export function headersOf({ cookie, token, headers }: Options): Record<string, string> {
  return {
    ...headers,
    ...(cookie !== undefined && { Cookie: cookie }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
}
