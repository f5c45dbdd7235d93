import type { AlarmMessage } from '../domain/alarms/alarm-message';
import { readMessage } from '../domain/messages/read-message';
import type { MeterReference } from '../domain/messages/reading';
import type { Sample, Samples, Telemetry } from '../domain/messages/telemetry';

/** A metric as it was last told of. */
export interface BoardSample {
  readonly sample: Sample;
  /** From when on it is old, epoch milliseconds UTC. */
  readonly staleAt: number;
  /** The smallest and the largest number so far, for the ends of gauges. */
  readonly low: number;
  readonly high: number;
  /** Version of the board that told of it. */
  readonly version: number;
}

/** What is known of one meter. */
export interface BoardMeter {
  readonly reference: MeterReference;
  readonly metrics: ReadonlyMap<string, BoardSample>;
  /** Undefined until something was told of its alarms: that is not the same as none. */
  readonly alarms: AlarmMessage['active'] | undefined;
  /** When the newest value was read that was not bad, epoch milliseconds UTC; 0 for never. It stays when all turn bad. */
  readonly readAt: number;
  /** From when on all that was read is old. */
  readonly staleAt: number;
  /** Version of the board that told of it last. */
  readonly version: number;
  /** Whoever has an earlier version does not know all metrics, or not what they are worth. */
  readonly wholeSince: number;
  /** Version of the board that told of its alarms last. */
  readonly alarmsVersion: number;
}

interface KnownMetric extends BoardSample {
  /** The longest of the last times between two values, ms. */
  readonly gapMs: number;
}

interface KnownMeter {
  reference: MeterReference;
  readonly metrics: Map<string, KnownMetric>;
  alarms: AlarmMessage['active'] | undefined;
  readAt: number;
  staleAt: number;
  version: number;
  wholeSince: number;
  alarmsVersion: number;
  /** When something was told of it last; epoch milliseconds UTC. */
  toldAt: number;
}

/** Meters that a board holds. One of which nothing more is told makes room; else no more are taken. */
export const MOST_METERS = 1000;
/** Names of meters that found no room, for a person to know how many there are. */
const MOST_LEFT_OUT = 1000;
/** Versions go up by one with each message, and begin so far apart that no earlier board had a later one. */
const VERSIONS_PER_MS = 1000;
const MOST_METRICS = 1000;
/** A value is old when its successor has not come for so many times the time between two. */
const MISSED_VALUES = 3;
/** A longer gap between two values counts in full at once, a shorter one by this share each time: rhythms change. */
const FORGET = 0.5;
/** An outage is no rhythm: a gap longer than this many of those before counts once it comes again. */
const OUTAGE = 10;

function gapAfter(known: KnownMetric | undefined, sample: Sample): number {
  if (known === undefined) return 0;
  const gapMs = Math.max(0, sample.timestamp - known.sample.timestamp);
  if (known.gapMs > 0 && gapMs > OUTAGE * known.gapMs) return 2 * known.gapMs;
  return gapMs >= known.gapMs ? gapMs : FORGET * known.gapMs + (1 - FORGET) * gapMs;
}

/** What has been told of meters by telemetry and alarms, for people to look at. Bounded, whatever comes. */
export class Board {
  private readonly meters = new Map<string, KnownMeter>();
  /** In the order of names, until a meter comes or goes: with every message there would be too much to sort. */
  private sorted: readonly KnownMeter[] | undefined;
  private readonly turnedAway = new Map<string, number>();
  private lastVersion: number;
  private namesSince: number;

  /**
   * @param staleMs a value is never old before this; ms
   * @param startMs when it begins: who has something of an earlier board has nothing of this one
   */
  constructor(
    private readonly staleMs: number,
    startMs = 0,
  ) {
    this.lastVersion = startMs * VERSIONS_PER_MS;
    this.namesSince = this.lastVersion;
  }

  /** Goes up with everything that is told. */
  get version(): number {
    return this.lastVersion;
  }

  /** Whoever has an earlier version does not know the names of all meters. */
  get namesVersion(): number {
    return this.namesSince;
  }

  /** How many meters found no room, of those that somebody tells of; `MOST_LEFT_OUT` for more, too. */
  leftOut(nowMs: number): number {
    for (const [name, toldAt] of this.turnedAway) if (nowMs > toldAt + this.staleMs) this.turnedAway.delete(name);
    return this.turnedAway.size;
  }

  /**
   * @returns name of the meter that the message is about; undefined where it is of no meter
   * @throws Pm500Error MESSAGE_INVALID for what is of this package and damaged, or was not normalized
   */
  take(payload: unknown, nowMs: number): string | undefined {
    const message = readMessage(payload);
    if (message === undefined || message.kind === 'side') return undefined;
    if (message.kind === 'alarm') {
      const { meter, active } = message.alarm;
      const known = this.meterOf(meter, nowMs);
      if (known !== undefined) [known.alarms, known.alarmsVersion] = [active, known.version];
      return meter.name;
    }
    this.takeTelemetry(message.telemetry, nowMs);
    return message.telemetry.meter.name;
  }

  /** Every meter, in the order of names. */
  all(): readonly BoardMeter[] {
    this.sorted ??= [...this.meters.values()].sort((left, right) =>
      left.reference.name.localeCompare(right.reference.name),
    );
    return this.sorted;
  }

  /** How many meters there are. */
  get size(): number {
    return this.meters.size;
  }

  get(name: string): BoardMeter | undefined {
    return this.meters.get(name);
  }

  /** Undefined where there is no room. */
  private meterOf(reference: MeterReference, nowMs: number): KnownMeter | undefined {
    const { name } = reference;
    const before = this.meters.get(name);
    if (before === undefined && !this.makeRoom(name, nowMs)) return undefined;
    const version = ++this.lastVersion;
    const known = before ?? this.begin(reference, version);
    // What of it is old depends on since when it is lost.
    if (known.reference.lostSince !== reference.lostSince) known.wholeSince = version;
    known.reference = reference;
    [known.version, known.toldAt] = [version, nowMs];
    // The one heard of last stands at the end.
    this.meters.delete(name);
    this.meters.set(name, known);
    return known;
  }

  private begin(reference: MeterReference, version: number): KnownMeter {
    this.sorted = undefined;
    this.namesSince = version;
    const versions = { version, wholeSince: version, alarmsVersion: version };
    return { reference, metrics: new Map(), alarms: undefined, readAt: 0, staleAt: 0, toldAt: 0, ...versions };
  }

  /** Were one that is still told of to make room, each would be thrown out and come back in turn, and none be kept. */
  private makeRoom(name: string, nowMs: number): boolean {
    if (this.meters.size < MOST_METERS) return true;
    const [oldest] = this.meters;
    if (oldest !== undefined && Math.abs(nowMs - oldest[1].toldAt) > this.staleMs) {
      this.meters.delete(oldest[0]);
      this.turnedAway.delete(name);
      return true;
    }
    if (this.turnedAway.size < MOST_LEFT_OUT || this.turnedAway.has(name)) this.turnedAway.set(name, nowMs);
    return false;
  }

  /** The clock of this computer was ahead: what came then must not look new until that time comes again. */
  private setBack(known: KnownMeter, nowMs: number): void {
    for (const [name, metric] of known.metrics)
      known.metrics.set(name, { ...metric, staleAt: Math.min(metric.staleAt, nowMs + this.staleMs) });
    [known.readAt, known.staleAt] = [0, 0];
    known.wholeSince = known.version;
  }

  private takeTelemetry({ meter, metrics }: Telemetry, nowMs: number): void {
    const known = this.meterOf(meter, nowMs);
    if (known === undefined) return;
    const { version } = known;
    if (known.readAt > nowMs) this.setBack(known, nowMs);
    for (const [name, told] of Object.entries(metrics)) {
      // A clock that was wrong for a while must not keep what comes later out.
      const sample = told.timestamp > nowMs ? { ...told, timestamp: nowMs } : told;
      const kept = known.metrics.get(name);
      // One that came while the clock was ahead is not newer than this one.
      const before = kept !== undefined && kept.sample.timestamp > nowMs ? undefined : kept;
      if (kept === undefined && known.metrics.size >= MOST_METRICS) continue;
      if (before !== undefined && before.sample.timestamp > sample.timestamp) continue;
      const gapMs = gapAfter(before, sample);
      if (kept === undefined) known.wholeSince = version;
      const value = typeof sample.value === 'number' && sample.quality !== 'bad' ? sample.value : undefined;
      const staleAt = sample.timestamp + Math.max(this.staleMs, MISSED_VALUES * gapMs);
      known.metrics.set(name, {
        sample,
        gapMs,
        staleAt,
        version,
        low: Math.min(kept?.low ?? Infinity, value ?? Infinity),
        high: Math.max(kept?.high ?? -Infinity, value ?? -Infinity),
      });
      if (sample.quality === 'bad' || sample.value === null) continue;
      known.readAt = Math.max(known.readAt, sample.timestamp);
      known.staleAt = Math.max(known.staleAt, staleAt);
    }
  }
}

/** The last samples of a meter as they are worth now: what is old is no longer good. */
export function samplesNow({ metrics }: BoardMeter, nowMs: number): Samples {
  return Object.fromEntries(
    [...metrics].map(([name, { sample, staleAt }]): readonly [string, Sample] => [
      name,
      nowMs >= staleAt && sample.quality === 'good' ? { ...sample, quality: 'uncertain', reason: 'stale' } : sample,
    ]),
  );
}
