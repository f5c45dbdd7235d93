/** Browsers that one widget serves at a time. */
export const MOST_BROWSERS = 100;
/** A browser asks about once a second while somebody can see it; one that has not for so long is gone, ms. */
export const LEASE_MS = 15_000;
/** What is answered at once, where somebody turns pages; then one more each second for `PER_SECOND` of them. */
const AT_ONCE = 10;
const PER_SECOND = 4;

interface Watching {
  askedAt: number;
  /** How many more questions are answered now. */
  left: number;
}

/** `many`: others look already, and no more are served. `often`: it asks more than anybody reads. */
type Admission = 'served' | 'many' | 'often';

/** The browsers that look at one widget. Bounded in number and in how often each is answered; who no longer asks is forgotten. */
export class Watchers {
  private readonly watching = new Map<string, Watching>();

  /** @param id of the connection of a browser, which asks now */
  admit(id: string, nowMs: number): Admission {
    for (const [other, { askedAt }] of this.watching) if (nowMs > askedAt + LEASE_MS) this.watching.delete(other);
    const known = this.watching.get(id);
    if (known === undefined && this.watching.size >= MOST_BROWSERS) return 'many';
    const elapsedMs = known === undefined ? 0 : Math.max(0, nowMs - known.askedAt);
    const left = Math.min(AT_ONCE, (known?.left ?? AT_ONCE) + (elapsedMs * PER_SECOND) / 1000);
    this.watching.set(id, { askedAt: nowMs, left: left >= 1 ? left - 1 : left });
    return left >= 1 ? 'served' : 'often';
  }

  /** How many look. */
  get size(): number {
    return this.watching.size;
  }

  clear(): void {
    this.watching.clear();
  }
}
