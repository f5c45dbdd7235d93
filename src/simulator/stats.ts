import type { Clock } from '../support/clock';

/** What one simulated meter has seen since it started. */
export interface MeterStats {
  /** TCP connections open now. */
  readonly openConnections: number;
  readonly acceptedConnections: number;
  /** Connections turned away because the limit was reached. */
  readonly refusedConnections: number;
  /** Encapsulation frames over TCP and UDP, of any kind. */
  readonly frames: number;
  /** Frames and requests answered with an error or dropped. */
  readonly refusals: number;
  /** CIP service code to number of requests. */
  readonly services: Readonly<Record<number, number>>;
  /** Assembly instance to number of reads of its data. */
  readonly reads: Readonly<Record<number, number>>;
  /** Assembly instance to the shortest time between two reads of its data, ms; absent before the second. */
  readonly shortestReadIntervalMs: Readonly<Record<number, number>>;
}

/** Counts for one meter; `snapshot` gives plain values. */
export class StatsRecorder {
  private openConnections = 0;
  private acceptedConnections = 0;
  private refusedConnections = 0;
  private frames = 0;
  private refusals = 0;
  private readonly services: Record<number, number> = {};
  private readonly reads: Record<number, number> = {};
  private readonly lastReadAt: Record<number, number> = {};
  private readonly shortest: Record<number, number> = {};

  constructor(private readonly clock: Clock) {}

  noteOpened(): void {
    this.openConnections++;
    this.acceptedConnections++;
  }

  noteClosed(): void {
    this.openConnections--;
  }

  noteTurnedAway(): void {
    this.refusedConnections++;
  }

  noteFrame(): void {
    this.frames++;
  }

  noteRefusal(): void {
    this.refusals++;
  }

  noteService(service: number): void {
    this.services[service] = (this.services[service] ?? 0) + 1;
  }

  noteRead(instance: number): void {
    const now = this.clock.monotonic();
    const last = this.lastReadAt[instance];
    this.lastReadAt[instance] = now;
    this.reads[instance] = (this.reads[instance] ?? 0) + 1;
    if (last === undefined) return;
    this.shortest[instance] = Math.min(this.shortest[instance] ?? Number.POSITIVE_INFINITY, now - last);
  }

  snapshot(): MeterStats {
    const { openConnections, acceptedConnections, refusedConnections, frames, refusals } = this;
    return {
      openConnections,
      acceptedConnections,
      refusedConnections,
      frames,
      refusals,
      services: { ...this.services },
      reads: { ...this.reads },
      shortestReadIntervalMs: { ...this.shortest },
    };
  }
}
