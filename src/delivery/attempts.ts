import type { OutboxRecord } from '../outbox/outbox';
import { delay, type Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import { sizeOf } from './batch';
import type { BatchSize } from './batch-size';
import type { Consignment, Group } from './consignment';
import type { Destination, Rejected, Verdict } from './destination';
import type { DeliverySettings } from './settings';
import type { Troubles } from './troubles';

/**
 * How the other side has decided about a group of records. `unfit`: it takes others, and not these together, or, of a
 * single record, not this one; it says no more than that something failed.
 */
export type Decision =
  | { readonly kind: 'written'; readonly sent: Group }
  | {
      readonly kind: 'rejected';
      readonly sent: Group;
      readonly verdict: Rejected;
      /** `Attempts.taken` when the group was sent: what was taken later says nothing about a refusal before. */
      readonly takenAtSend: number;
    }
  | { readonly kind: 'unfit'; readonly sent: Group; readonly error: Pm500Error; readonly elapsedMs: number };

/** A group that was refused. */
export type Refused = Extract<Decision, { kind: 'rejected' }>;

export interface AttemptDependencies {
  readonly settings: DeliverySettings;
  readonly destination: Destination;
  readonly clock: Clock;
  readonly random: Random;
  readonly batchSize: BatchSize;
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
  /** Position of the oldest record that waits: what was dropped counts as lost, and must not come all the same. */
  readonly position: () => number;
  /** The record that was handed in last, where it still waits. */
  readonly newest: () => NewestRecord | undefined;
  /** The record that was handed in last was written before its turn. */
  readonly onWrittenEarly: (position: number) => void;
  /** Called when the state may have changed: what `troubles` says, or that something is under way. */
  readonly onState: () => void;
  /** Why nothing is delivered. */
  readonly onFailure: (error: Pm500Error) => void;
  readonly onRetry: () => void;
}

/** Probes that are made with the first record of a group, so that what is sent first is what came first. */
const PATIENT_PROBES = 6;

/** The record that was handed in last. */
export interface NewestRecord {
  readonly record: OutboxRecord;
  readonly position: number;
}

/** How often a general failure is taken for one, before a probe looks whether it is not about the batch after all. */
const GENERAL_FAILURES = 3;
/** How often a single record must fail, each time while another one passes, before it is held to be the reason. */
const STRIKES = 4;

/** Sends groups of records until they are decided. */
export class Attempts {
  /** Deliveries so far in which the other side took something: it takes records at all. */
  taken = 0;

  constructor(private readonly dependencies: AttemptDependencies) {}

  /** Repeats until the other side has decided; undefined when the engine is closed first. */
  async send(group: Group, consignment: Consignment): Promise<Decision | undefined> {
    const { settings, random, clock, troubles, signal } = this.dependencies;
    const delays = retryDelays(settings.retry, random);
    let strikes = 0;
    // Records that were not answered when they were tried alone.
    const silent = new Set<OutboxRecord>();
    for (let failures = 0; !signal.aborted;) {
      const sent = consignment.from(group, this.dependencies.position());
      if (sent.records.length === 0) break;
      const startedAt = clock.monotonic();
      const takenAtSend = this.taken;
      const verdict = await this.deliver(sent.records);
      const elapsedMs = clock.monotonic() - startedAt;
      if (verdict.kind === 'written' || verdict.kind === 'rejected') {
        troubles.clear(group);
        return verdict.kind === 'written'
          ? { kind: 'written', sent }
          : { kind: 'rejected', sent, verdict, takenAtSend };
      }
      if (isAborted(signal)) break;
      await this.pause(group, verdict, delays);
      if (verdict.kind === 'hold') continue;
      failures += 1;
      const isGeneral = verdict.isGeneral === true;
      if (isGeneral && failures < GENERAL_FAILURES) continue;
      // Of a single record, a general failure never is the fault.
      if (sent.records.length === 1 && (isGeneral || failures < 2)) continue;
      const answer = await this.probe(group, consignment, silent, delays);
      if (answer === 'none') continue;
      if (answer === 'later') strikes = 0;
      else if (sent.records.length > 1 || ++strikes >= STRIKES) {
        troubles.clear(group);
        return { kind: 'unfit', sent, error: verdict.error, elapsedMs };
      }
    }
    troubles.clear(group);
    return signal.aborted ? undefined : { kind: 'written', sent: { records: [], places: [] } };
  }

  /** One attempt with a single record, repeated while nobody answers; undefined when the engine is closed first. */
  async ask(key: object, record: OutboxRecord, consignment: Consignment): Promise<'written' | 'rejected' | undefined> {
    const { settings, random, signal, troubles } = this.dependencies;
    const delays = retryDelays(settings.retry, random);
    const newest = this.dependencies.newest();
    while (!signal.aborted) {
      const verdict = await this.deliver([record]);
      if (verdict.kind === 'written') this.noteWritten(record, consignment, newest);
      if (verdict.kind === 'written' || verdict.kind === 'rejected') {
        troubles.clear(key);
        return verdict.kind;
      }
      if (isAborted(signal)) break;
      await this.pause(key, verdict, delays);
    }
    troubles.clear(key);
    return undefined;
  }

  /** Enters the state `held` under `key`, until `release`, and waits for `waitMs`. */
  async hold(key: object, error: Pm500Error, waitMs: number): Promise<void> {
    this.dependencies.troubles.set(key, { state: 'held', error });
    this.dependencies.onFailure(error);
    this.dependencies.onState();
    await delay(this.dependencies.clock, waitMs, this.dependencies.signal);
  }

  /** What was held under `key` is decided. */
  release(key: object): void {
    this.dependencies.troubles.clear(key);
  }

  /**
   * What was written alone is not sent again: not every server takes a point twice for one.
   * @param newest when it was chosen; others may have come while it was on its way
   */
  private noteWritten(record: OutboxRecord, consignment: Consignment, newest: NewestRecord | undefined): void {
    if (consignment.noteWritten(record)) return;
    if (newest?.record === record) this.dependencies.onWrittenEarly(newest.position);
  }

  private async deliver(records: readonly OutboxRecord[]): Promise<Verdict> {
    const { destination, signal, clock, batchSize } = this.dependencies;
    // After a failure the state stays until an attempt succeeds: a status must not blink.
    this.dependencies.onState();
    const startedAt = clock.monotonic();
    const verdict = await destination.deliver(records, signal);
    if (verdict.kind === 'written') {
      this.taken += 1;
      batchSize.noteTaken(sizeOf(records), clock.monotonic() - startedAt);
    } else if (verdict.kind === 'rejected' && verdict.count !== undefined && verdict.count > 0) {
      // The others were written, as far as it says; whether they all were is found out, that it takes some is known.
      if (verdict.count < records.length) this.taken += 1;
    }
    return verdict;
  }

  private async pause(
    key: object,
    verdict: Exclude<Verdict, { kind: 'written' | 'rejected' }>,
    delays: Iterator<number, never>,
  ): Promise<void> {
    const { settings, clock, signal, troubles } = this.dependencies;
    this.dependencies.onRetry();
    troubles.set(key, { state: verdict.kind === 'hold' ? 'held' : 'retrying', error: verdict.error });
    this.dependencies.onFailure(verdict.error);
    this.dependencies.onState();
    const delayMs = delays.next().value;
    const waitMs =
      verdict.kind === 'hold'
        ? Math.min(verdict.recheckMs ?? Infinity, settings.recheckMs)
        : Math.max(delayMs, verdict.retryAfterMs ?? 0);
    await delay(clock, waitMs, signal);
  }

  /**
   * Sends single records until one is answered, whatever the answer.
   * @returns `at once` when the first is: the other side is there, and the group is at fault; `later` when the other side
   * was away; `none` when nothing is to be learned
   */
  private async probe(
    group: Group,
    consignment: Consignment,
    silent: Set<OutboxRecord>,
    delays: Iterator<number, never>,
  ): Promise<'at once' | 'later' | 'none'> {
    const { signal } = this.dependencies;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const current = consignment.from(group, this.dependencies.position());
      const newest = this.dependencies.newest();
      const record = this.chooseProbe(current, consignment, silent);
      if (record === undefined) break;
      const verdict = await this.deliver([record]);
      if (verdict.kind === 'written') this.noteWritten(record, consignment, newest);
      if (verdict.kind === 'written' || verdict.kind === 'rejected') return attempt === 0 ? 'at once' : 'later';
      if (isAborted(signal)) break;
      if (attempt + 1 >= PATIENT_PROBES || current.records.length === 1) silent.add(record);
      await this.pause(group, verdict, delays);
    }
    return 'none';
  }

  /**
   * One of several records, or another than a single one; undefined where there is none. Not one that was not answered
   * before, as long as there are others: it may be the very record that fails.
   */
  private chooseProbe(
    { records }: Group,
    consignment: Consignment,
    silent: Set<OutboxRecord>,
  ): OutboxRecord | undefined {
    const { random, newest: findNewest, position } = this.dependencies;
    const newest = findNewest();
    const others = consignment.open(position()).filter((record) => record !== records[0]);
    // One that was written already tells as much; it is sent twice only where nothing else is there to tell.
    if (others.length === 0) others.push(...consignment.batch.records.filter((record) => record !== records[0]));
    const isElsewhere = newest !== undefined && newest.position >= consignment.batch.to;
    const own = records.length > 1 ? records : [];
    const all = [...own.slice(0, 1), ...(isElsewhere ? [newest.record] : []), ...others, ...own];
    const found = all.find((record) => !silent.has(record));
    if (found !== undefined) return found;
    silent.clear();
    return all[Math.floor(random() * all.length)];
  }
}

/** The compiler would take a second look at `signal.aborted` for the value of the first. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
