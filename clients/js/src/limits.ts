/* limits.ts - what is too large for the server. It is refused here: the server would close the connection at a frame above its limit,
 * and at the same frame after each reconnect.
 */
import { ConfabError } from "./errors.js";
import type { Command, Limits } from "./wire.js";

/** What holds if a server names no limits. */
const CONTENT_BYTES = 256 * 1024;
const FRAME_BYTES = 1024 * 1024;

/** A character of a string takes at most so many bytes of JSON. */
const JSON_BYTES_MAX = 6;

/** Room for the other fields of a command. */
const OTHER_BYTES = 4096;

const utf8 = new TextEncoder();

export function sizeRefusal(command: Command, limits: Partial<Limits> = {}): ConfabError | undefined {
  const { content } = command;
  const contentMax = limits.content_bytes ?? CONTENT_BYTES;
  const frameMax = limits.frame_bytes ?? FRAME_BYTES;
  if (typeof content !== "string" || content.length * JSON_BYTES_MAX + OTHER_BYTES <= Math.min(contentMax, frameMax)) {
    return undefined;
  }
  if (utf8.encode(content).length > contentMax) {
    return new ConfabError("too_large", `Content is too long (at most ${contentMax} bytes)`);
  }
  if (utf8.encode(JSON.stringify(command)).length > frameMax) {
    return new ConfabError("too_large", `The frame is too long (at most ${frameMax} bytes)`);
  }
  return undefined;
}
