/* emitter.ts - who wants to hear of which events. */

type Listener = (event: never) => void;

export class Emitter<Events> {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Call `listener` with every event of a type; what is returned ends that. Types that this library does not name are passed on too. */
  on<Type extends keyof Events & string>(type: Type, listener: (event: Events[Type]) => void): () => void;
  on<Event>(type: string, listener: (event: Event) => void): () => void;
  on(type: string, listener: Listener): () => void {
    let listeners = this.#listeners.get(type);
    if (!listeners) {
      this.#listeners.set(type, (listeners = new Set()));
    }
    listeners.add(listener);
    return () => this.off(type, listener);
  }

  off(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  /** @internal A listener's own mistake reaches neither the others nor the connection; it is reported as uncaught. */
  emit(type: string, event: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        listener(event as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
