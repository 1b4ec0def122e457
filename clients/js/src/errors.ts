/* errors.ts - what can go wrong, each with a code, and which of it passes by itself.
 *
 * Knows: the tables of error codes and close codes.
 * Does not know: who waits for what.
 */
import type { Frame } from "./wire.js";

/** A refusal or a failure. `code` is the server's, or one of this library's: not_supported, queue_full, connection_lost, unconfirmed, closed,
 * refused, chain_broken, invalid_frame (of the server), or the name of a close code. */
export class ConfabError extends Error {
  override readonly name = "ConfabError";

  constructor(
    readonly code: string,
    message: string,
    /** The HTTP status of a refused handshake, or the close code, where it is known. */
    readonly status?: number,
    /** The server's error frame, which may say more: `until` of `muted`. */
    readonly frame?: Frame,
  ) {
    super(message || code);
  }

  static of(frame: Frame): ConfabError {
    return new ConfabError(String(frame.code ?? "refused"), String(frame.message ?? ""), undefined, frame);
  }
}

/** Nothing was stored, and the same command may succeed later. Every other code is final. */
const PASSING = new Set(["rate_limited", "unavailable"]);

/** The pause before a command is repeated if the server names none, and the longest that it may name. */
const RETRY_AFTER_S = 1;
const RETRY_AFTER_S_MAX = 300;

export function isPassing(frame: Frame): boolean {
  return PASSING.has(String(frame.code));
}

/** A number of seconds from the server as milliseconds, within bounds. */
export function pauseMs(seconds: unknown): number {
  const asked = typeof seconds === "number" && seconds >= 0 ? seconds : RETRY_AFTER_S;
  return Math.min(asked, RETRY_AFTER_S_MAX) * 1000;
}

/** After these a new connection would end in the same way. */
const FINAL_CLOSE_CODES: Record<number, [code: string, message: string]> = {
  1002: ["protocol_error", "The server found a fault in how this client speaks the WebSocket protocol"],
  1007: ["protocol_error", "The server found text that is not UTF-8"],
  4400: ["bad_frame", "The server did not understand a frame"],
  4401: ["session_ended", "The session has ended"],
  4403: ["removed", "You are not in this chat any more"],
  4404: ["chat_not_found", "There is no such chat"],
};

/** Refused handshakes that may succeed later although their status is 4xx. */
const PASSING_STATUSES = new Set([408, 425, 429]);

/** Why there is no point in connecting again, if there is none. */
export function finalError(closeCode: number, status?: number): ConfabError | undefined {
  if (status !== undefined && status >= 400 && status < 500 && !PASSING_STATUSES.has(status)) {
    return new ConfabError("refused", `The server refused the connection with HTTP ${status}`, status);
  }
  const final = FINAL_CLOSE_CODES[closeCode];
  return final && new ConfabError(final[0], final[1], closeCode);
}
