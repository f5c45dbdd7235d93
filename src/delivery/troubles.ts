import type { Pm500Error } from '../support/errors';

interface Trouble {
  readonly state: 'retrying' | 'held';
  readonly error: Pm500Error;
}

/** What keeps requests from being decided, by request: with several under way some may fail while others succeed. */
export class Troubles {
  private readonly open = new Map<object, Trouble>();

  set(request: object, trouble: Trouble): void {
    // Inserted anew, so that the last one is the newest.
    this.open.delete(request);
    this.open.set(request, trouble);
  }

  clear(request: object): void {
    this.open.delete(request);
  }

  /** The graver state of those that are open: a held request needs a person, a failed one only time. */
  get state(): Trouble['state'] | undefined {
    const states = [...this.open.values()].map(({ state }) => state);
    return states.includes('held') ? 'held' : states[0];
  }

  get lastError(): Pm500Error | undefined {
    return [...this.open.values()].at(-1)?.error;
  }
}
