/* index.ts - what applications import. */
export { connect, Client } from "./client.js";
export type { Events, State, StateEvent } from "./events.js";
export type { Options } from "./options.js";
export type { Chat, HistoryOptions, SendOptions } from "./chat.js";
export type { Clock } from "./clock.js";
export type { Backoff } from "./backoff.js";
export type { Chats } from "./subscriptions.js";
export type { OpenSocket, Socket, SocketEvents, WebSocketClass, WebSocketLike } from "./socket.js";
export { ConfabError } from "./errors.js";
export type * from "./wire.js";
