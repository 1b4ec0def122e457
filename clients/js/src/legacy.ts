/* legacy.ts - part I of the wire in the words of confab.v1: what an existing Django + Channels server understands.
 *
 * Knows: that a send is `{"content"}`, and what its error texts mean.
 * Does not know: connections. One send is under way at a time, so an error or a message with its content is taken for its answer.
 */
import { ConfabError } from "./errors.js";
import type { Command, Frame, Message } from "./wire.js";

/** The beginnings of part I's error texts; what is not here is refused for good, with the server's text. */
const CODES: [text: string, code: string][] = [
  ["Content cannot be empty", "content_empty"],
  ["Content is too long", "too_large"],
  ["Invalid JSON", "invalid_json"],
  ["Too many messages", "rate_limited"],
  ["Message could not be stored", "unavailable"],
];

/** Why a command cannot be said in legacy mode, if it cannot. */
export function legacyRefusal(command: Command): ConfabError | undefined {
  const lacking = command.type !== "send" ? command.type : ["reply_to", "thread"].find((field) => command[field] !== undefined);
  return lacking === undefined ? undefined : new ConfabError("not_supported", `This server does not know ${lacking}`);
}

export function legacyFrame(command: Command): object {
  return { content: command.content };
}

/** The frames of confab.v1 that say what a legacy frame says. `underWay` is the send that has no answer yet. */
export function fromLegacy(frame: Frame, underWay: Command | undefined): Frame[] {
  if (frame.type === "error") {
    const text = String(frame.message);
    const code = CODES.find(([beginning]) => text.startsWith(beginning))?.[1] ?? "refused";
    return [{ type: "error", code, message: text, ...(underWay && { ref: underWay.ref }) }];
  }
  const message = frame.message as Message | undefined;
  if (frame.type !== "message" || underWay === undefined || message?.content !== underWay.content) {
    return [frame];
  }
  const { id, chat, timestamp } = message!;
  return [frame, { type: "ack", ref: underWay.ref, nonce: underWay.nonce, chat, id, seq: id, timestamp }];
}
