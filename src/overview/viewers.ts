import type { Clock, Timer } from '../support/clock';
import { nothingSent, takeChanges, textsOf, type OverviewChanges, type SentRows } from './changes';
import type { OverviewFacts } from './facts';
import { overviewOf, valuesOf } from './overview';
import type { Overview } from './rows';

/** Changes are sent at most this often, milliseconds. */
const EVERY_MS = 1000;
/** Who does not say for so long that it has got something is gone, milliseconds. */
const PATIENCE_MS = 30_000;
/** How long a ticket is good, milliseconds: it takes one round trip to use it. */
const TICKET_MS = 30_000;
const MOST_TICKETS = 100;
/** Windows that look at a time. */
const MOST_VIEWERS = 50;
/** Meters whose values one window may want: more do not fit on a screen. */
const MOST_SHOWN = 100;

/** What the first look gives. */
export interface OverviewSnapshot extends Overview {
  /** Whoever holds it may have the changes. */
  readonly ticket: string;
  /** Epoch milliseconds UTC. */
  readonly now: number;
}

/** What is sent afterward: changes, or that there will be none. */
export type OverviewMessage =
  | (OverviewChanges & {
      /** What the window has opened with: changes are to what it got then. */
      readonly ticket: string;
      /** 1, 2, 3 from then on. */
      readonly sequence: number;
      readonly now: number;
      readonly left: Overview['left'];
    })
  | { readonly closed: true };

/** What a window says: it has a ticket, which meters it shows, what it has got, or that nobody looks any more. */
export type ViewerMessage =
  | { readonly kind: 'open'; readonly ticket: string; readonly shown: readonly string[] }
  | { readonly kind: 'show'; readonly shown: readonly string[] }
  | { readonly kind: 'got'; readonly sequence: number }
  | { readonly kind: 'close' };

interface Viewer {
  readonly ticket: string;
  readonly sent: SentRows;
  shown: ReadonlySet<string>;
  sequence: number;
  left: string;
  /** When the message was sent that it has not got yet, on the monotonic clock; undefined when it has got all. */
  waitsSince: number | undefined;
}

interface ViewerTicket {
  readonly sent: SentRows;
  readonly left: string;
  readonly until: number;
}

export interface ViewersDependencies {
  readonly clock: Clock;
  readonly factsNow: () => OverviewFacts;
  /** A text that nobody guesses. */
  readonly newTicket: () => string;
  readonly send: (session: string, message: OverviewMessage) => void;
  /** What went wrong where nobody else can be told. */
  readonly onError: (thrown: unknown) => void;
}

/**
 * Who looks at the overview, and what each of them is sent: first everything, then what has changed, at most once a second,
 * and the next only when the one before has arrived, so that nothing piles up for a window that does not keep up. While
 * nobody looks nothing is worked out.
 */
export class OverviewViewers {
  private readonly viewers = new Map<string, Viewer>();
  private readonly tickets = new Map<string, ViewerTicket>();
  private timer: Timer | undefined;

  constructor(private readonly dependencies: ViewersDependencies) {}

  /** How many look. */
  get count(): number {
    return this.viewers.size;
  }

  /** Everything as it is now, for somebody who may see it. */
  look(): OverviewSnapshot {
    const { clock, factsNow, newTicket } = this.dependencies;
    const now = clock.now();
    const overview = overviewOf(factsNow(), now);
    const sent = nothingSent();
    const rows = { ...overview, values: [] };
    takeChanges(sent, rows, textsOf(rows), new Set());
    const ticket = newTicket();
    this.forgetTickets();
    this.tickets.set(ticket, {
      sent,
      left: JSON.stringify(overview.left),
      until: clock.monotonic() + TICKET_MS,
    });
    return { ...overview, ticket, now };
  }

  /** Takes what a window says. What nobody can have said is passed over. */
  hear(session: string, message: ViewerMessage): void {
    const viewer = this.viewers.get(session);
    switch (message.kind) {
      case 'open':
        this.open(session, message.ticket, message.shown);
        break;
      case 'show':
        if (viewer === undefined) this.dependencies.send(session, { closed: true });
        else viewer.shown = new Set(message.shown.slice(0, MOST_SHOWN));
        break;
      case 'got':
        if (viewer === undefined) this.dependencies.send(session, { closed: true });
        else if (message.sequence === viewer.sequence) viewer.waitsSince = undefined;
        break;
      case 'close':
        this.leave(session);
    }
  }

  /** A window is closed, or shows something else. */
  leave(session: string): void {
    this.viewers.delete(session);
    if (this.viewers.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private open(session: string, ticket: string, shown: readonly string[]): void {
    this.forgetTickets();
    const taken = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    if (taken === undefined || (this.viewers.size >= MOST_VIEWERS && !this.viewers.has(session))) {
      this.dependencies.send(session, { closed: true });
      return;
    }
    const { sent, left } = taken;
    const wanted = new Set(shown.slice(0, MOST_SHOWN));
    this.viewers.set(session, { ticket, sent, left, shown: wanted, sequence: 0, waitsSince: undefined });
    // Values are not part of the first look.
    if (this.timer === undefined) this.tick();
  }

  private forgetTickets(): void {
    const now = this.dependencies.clock.monotonic();
    for (const [ticket, { until }] of this.tickets) {
      if (until < now || this.tickets.size >= MOST_TICKETS) this.tickets.delete(ticket);
    }
  }

  private tick(): void {
    try {
      this.tell();
    } catch (thrown) {
      // Nobody is above a timer: what is thrown here would end Node-RED.
      this.dependencies.onError(thrown);
      this.dropAll();
    }
    this.timer =
      this.viewers.size === 0
        ? undefined
        : this.dependencies.clock.after(
            EVERY_MS,
            () => {
              this.tick();
            },
            true,
          );
  }

  /** A window that is told so asks anew; one that is not would show old rows as if they were of now. */
  private dropAll(): void {
    for (const session of [...this.viewers.keys()]) {
      this.leave(session);
      try {
        this.dependencies.send(session, { closed: true });
      } catch (thrown) {
        this.dependencies.onError(thrown);
      }
    }
  }

  private tell(): void {
    const { clock, factsNow, send } = this.dependencies;
    const monotonic = clock.monotonic();
    for (const [session, { waitsSince = monotonic }] of this.viewers) {
      if (monotonic - waitsSince > PATIENCE_MS) this.viewers.delete(session);
    }
    const ready = [...this.viewers].filter(([, { waitsSince }]) => waitsSince === undefined);
    if (ready.length === 0) return;
    const now = clock.now();
    const facts = factsNow();
    const overview = overviewOf(facts, now);
    const keys = new Set(ready.flatMap(([, { shown }]) => [...shown]));
    const rows = { ...overview, values: valuesOf(facts, keys) };
    const texts = textsOf(rows);
    const left = JSON.stringify(overview.left);
    for (const [session, viewer] of ready) {
      const changes = takeChanges(viewer.sent, rows, texts, viewer.shown);
      if (changes === undefined && viewer.left === left) continue;
      viewer.left = left;
      viewer.sequence++;
      viewer.waitsSince = monotonic;
      const { ticket, sequence } = viewer;
      send(session, { rows: {}, gone: {}, ...changes, ticket, sequence, now, left: overview.left });
    }
  }
}
