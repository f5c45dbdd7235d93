/** Who looks at a widget: one browser, by its connection. */
export interface WidgetViewer<Update> {
  readonly id: string;
  readonly isOpen: () => boolean;
  readonly send: (update: Update) => void;
}

interface Watching<Update> {
  readonly viewer: WidgetViewer<Update>;
  meter: string;
  until: number;
  /** What it was told of which meters there are. */
  names: string;
}

/** Browsers that are served at a time. */
export const MOST_VIEWERS = 100;
/** A browser says again what it looks at; one that has not for so long is gone, ms. */
export const LEASE_MS = 35_000;

/** What one viewer is to be told. */
export interface Watch<Update> {
  /** Of the viewer. */
  readonly id: string;
  readonly meter: string;
  readonly send: (update: Update) => void;
  /** True once after the names of the meters have changed. */
  readonly wantsNames: (names: readonly string[]) => boolean;
}

/** The browsers that look at one widget, each at a meter of its own. Bounded; who says nothing more is forgotten. */
export class Watchers<Update> {
  private readonly watching = new Map<string, Watching<Update>>();

  /** @returns false when there are too many */
  watch(viewer: WidgetViewer<Update>, meter: string, nowMs: number): boolean {
    this.forgetGone(nowMs);
    const known = this.watching.get(viewer.id);
    if (known === undefined && this.watching.size >= MOST_VIEWERS) return false;
    // Who asks again has perhaps drawn its page anew, and knows no names.
    this.watching.set(viewer.id, { viewer, meter, until: nowMs + LEASE_MS, names: '' });
    return true;
  }

  /** Everybody who looks now. */
  all(nowMs: number): readonly Watch<Update>[] {
    this.forgetGone(nowMs);
    return [...this.watching.values()].map((watching) => ({
      id: watching.viewer.id,
      meter: watching.meter,
      send: (update) => {
        watching.viewer.send(update);
      },
      wantsNames: (names) => {
        const written = names.join('\n');
        const isNew = written !== watching.names;
        watching.names = written;
        return isNew;
      },
    }));
  }

  clear(): void {
    this.watching.clear();
  }

  private forgetGone(nowMs: number): void {
    for (const [id, { viewer, until }] of this.watching)
      if (!viewer.isOpen() || nowMs > until) this.watching.delete(id);
  }
}
