/* backoff.ts - how long to wait before the next attempt: exponential, with full jitter, so that thousands of clients of a server that
 * restarts do not come back at the same instant.
 */

export interface Backoff {
  /** The longest pause before the first attempt, in milliseconds; it doubles with each. */
  base: number;
  /** The longest pause ever, in milliseconds. */
  max: number;
}

export const BACKOFF: Backoff = { base: 1000, max: 60_000 };

/** The pause before attempt number `attempt` (from 0) in milliseconds; `random` is in [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  return random * Math.min(backoff.max, backoff.base * 2 ** attempt);
}
