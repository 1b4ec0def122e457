/* wire.ts - the frames of confab.v1 as TypeScript types, in the words of the wire.
 *
 * Knows: names and types of frames and fields. Servers may add fields and event types, so every frame may have more than is named here.
 * Does not know: what is done with them.
 */

/** A frame whose type has no interface here, or not yet. */
export interface Frame {
  type: string;
  [field: string]: unknown;
}

export interface User {
  id: number;
  username: string;
  email?: string;
  user_type?: string;
}

/** A message. Fields behind `timestamp` are there only when they are set. */
export interface Message {
  id: number;
  chat: number;
  sender: User;
  content: string;
  timestamp: string;
  nonce?: string;
  reply_to?: number;
  thread?: number;
  edited_at?: string;
  revision?: number;
  deleted?: boolean;
  attachments?: unknown[];
  /** Ids of the users whose name is in the content. */
  mentions?: number[];
  mentions_all?: boolean;
  reactions?: { emoji: string; count: number }[];
  pinned?: boolean;
  system?: unknown;
}

export interface Limits {
  content_bytes: number;
  frame_bytes: number;
  history_page: number;
  replay_events: number;
  chats: number;
  nonce_seconds: number;
  send_per_second: number;
  send_burst: number;
}

export interface Hello {
  type: "hello";
  protocol: string;
  server: string;
  epoch: string;
  /** Seconds. */
  heartbeat: number;
  user: User;
  features: string[];
  limits: Partial<Limits>;
}

/** What every durable event has: its number, and that of the event before it in the chat. Both are missing in legacy mode. */
interface Durable {
  seq: number;
  prev: number;
}

interface OnMessage extends Durable {
  chat: number;
  id: number;
  user: User;
}

export interface MessageEvent extends Partial<Durable> {
  type: "message";
  message: Message;
}

export interface MessageUpdated extends Durable {
  type: "message_updated";
  chat: number;
  message: Message;
}

export interface MessageDeleted extends OnMessage {
  type: "message_deleted";
}

export interface ReactionEvent<Type extends string> extends OnMessage {
  type: Type;
  emoji: string;
  count: number;
}

export interface PinEvent<Type extends string> extends OnMessage {
  type: Type;
}

export interface MemberEvent<Type extends string> extends Durable {
  type: Type;
  chat: number;
  user: User;
  by?: number;
  reason?: string;
  role?: string;
  muted_until?: string | null;
}

export interface ChatUpdated extends Durable {
  type: "chat_updated";
  chat: number;
  name?: string;
  kind?: string;
  receipts?: boolean;
}

export interface ChatInfo {
  id: number;
  name: string;
  kind: string;
  /** Members learn how far others have read. Absent from servers that do not know of it. */
  receipts?: boolean;
  seq: number;
}

export interface ChatJoined {
  type: "chat_joined";
  chat: ChatInfo;
}

export interface ChatLeft {
  type: "chat_left";
  chat: number;
  reason: string;
}

export interface Typing {
  type: "typing";
  chat: number;
  user: User;
  /** Seconds. */
  expires_in: number;
}

export interface Presence {
  type: "presence";
  users: { id: number; status: "online" | "away" | "offline"; last_seen?: string }[];
}

/** The user's own mark, set elsewhere; in a chat with receipts another member's too. */
export interface ReadMark {
  type: "read";
  chat: number;
  user: number;
  seq: number;
}

/** Events of a chat that are not delivered: those after `after`, up to and including `seq`. `seq` is null in legacy mode. */
export interface Gap {
  type: "gap";
  chat: number;
  after: number | null;
  seq: number | null;
  reason: "too_far" | "retention" | "epoch" | "slow" | "legacy" | (string & {});
}

/** What whoever runs the site has to say to everybody; told again on every new connection, as long as it holds. */
export interface Notice {
  type: "notice";
  /** What kind of notice it is, for programs. */
  code: string;
  /** Plain text of one line: show it as such, never as HTML. */
  message: string;
  /** When that is of which it tells. */
  at?: string;
}

export interface Goodbye {
  type: "goodbye";
  reason: string;
  /** Seconds. */
  reconnect_after: number;
}

/** The answer to everything that changes a chat: it is stored. */
export interface Ack {
  type: "ack";
  chat: number;
  seq: number;
  /** Of the message that was sent or changed. */
  id?: number;
  nonce?: string;
  timestamp?: string;
  /** It was stored already, by an earlier send with this nonce. */
  duplicate?: boolean;
}

export interface History {
  type: "history";
  chat: number;
  /** Oldest first. */
  messages: Message[];
  more: boolean;
}

export interface ChatRow extends ChatInfo {
  read?: number;
  unread?: number;
  mentions?: number;
  last_message?: { id: number; sender: User; content: string; timestamp: string } | null;
}

export interface ChatWindow {
  type: "chats";
  total: number;
  chats: ChatRow[];
}

export interface Subscribed {
  type: "subscribed";
  chats: { chat: number; seq: number }[];
}

/** A command as the library's parts hand it on; `chat` is left out only where it means nothing. */
export interface Command extends Frame {
  chat?: number;
}
