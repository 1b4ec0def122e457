/* heartbeat.ts - whether the other side is still there.
 *
 * Promise: when nothing was heard for an interval it asks; when nothing is heard for another, the connection counts as dead.
 */
import type { Clock } from "./clock.js";

export class Heartbeat {
  #heardAt: number;
  #asked = false;
  #cancel: () => void = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly ask: () => void,
    private readonly dead: () => void,
  ) {
    this.#heardAt = clock.now();
    this.#checkIn(intervalMs);
  }

  /** Something came from the other side. */
  heard(): void {
    this.#heardAt = this.clock.now();
    this.#asked = false;
  }

  stop(): void {
    this.#cancel();
  }

  #checkIn(ms: number): void {
    this.#cancel = this.clock.after(ms, () => this.#check());
  }

  #check(): void {
    const silentMs = this.clock.now() - this.#heardAt;
    if (!this.#asked && silentMs < this.intervalMs) {
      this.#checkIn(this.intervalMs - silentMs);
    } else if (!this.#asked) {
      this.#asked = true;
      this.#checkIn(this.intervalMs);
      this.ask();
    } else {
      this.dead();
    }
  }
}
