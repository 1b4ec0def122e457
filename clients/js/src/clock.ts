/* clock.ts - time as the library sees it; a test puts its own in the place. All in milliseconds. */

export interface Clock {
  now(): number;
  /** The same by the calendar: it also goes on while the machine sleeps, and may be set. */
  wall(): number;
  /** Call `fn` once after a while, unless what is returned is called first. */
  after(ms: number, fn: () => void): () => void;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
