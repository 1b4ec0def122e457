/* events.ts - what an application can listen to: the events of the wire, and the client's own `state` and `error`. */
import type { ConfabError } from "./errors.js";
import type * as wire from "./wire.js";

export type State = "connecting" | "open" | "waiting" | "closed";

export interface StateEvent {
  type: "state";
  state: State;
  /** Milliseconds until the next attempt, when waiting. */
  pause?: number;
  /** Why it is closed, unless the application did it. */
  error?: ConfabError;
}

export interface Events {
  state: StateEvent;
  /** Something went wrong that no promise tells. */
  error: ConfabError;
  hello: wire.Hello;
  message: wire.MessageEvent;
  message_updated: wire.MessageUpdated;
  message_deleted: wire.MessageDeleted;
  reaction_added: wire.ReactionEvent<"reaction_added">;
  reaction_removed: wire.ReactionEvent<"reaction_removed">;
  pin_added: wire.PinEvent<"pin_added">;
  pin_removed: wire.PinEvent<"pin_removed">;
  member_joined: wire.MemberEvent<"member_joined">;
  member_left: wire.MemberEvent<"member_left">;
  member_updated: wire.MemberEvent<"member_updated">;
  chat_updated: wire.ChatUpdated;
  chat_joined: wire.ChatJoined;
  chat_left: wire.ChatLeft;
  typing: wire.Typing;
  presence: wire.Presence;
  read: wire.ReadMark;
  gap: wire.Gap;
  notice: wire.Notice;
  goodbye: wire.Goodbye;
}
