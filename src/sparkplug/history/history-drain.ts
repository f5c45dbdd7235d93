import { acceptedAgain, type Outbox, type OutboxRecord } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import type { AbsentQueues } from './absent-queues';
import type { DrainPort } from './drain-port';
import { isOfLaterVersion, readHistoryRecord } from './history-record';
import { HistorySender, type SentRecords } from './history-sender';
import type { MetricSample } from '../metrics/metrics';
import type { PaceLimits } from './pace';

const PEEK = { maximumRecords: 500, maximumBytes: 256 * 1024 };
/**
 * So long after the first births of this process all devices may be expected; those that are not there then wait by
 * themselves. Later sessions bear at once whatever is known.
 */
const GRACE_MS = 5000;
/** A metric that readings bring is waited for so long before its device is born again for its history alone. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 1000;
/** Values in one message: the smallest of the large brokers takes 128 kB. */
const MOST_IN_MESSAGE = 2000;
/** Where one record of a device has to wait, so many before it go one by one. */
const MOST_SINGLY = 10;
/** Queues of devices that are back are looked into, one after the other, until one has something that can be sent. */
const MOST_TRIED = 16;

/** What waits of one device in a batch of the outbox. */
interface DeviceGroup {
  readonly deviceId: string;
  values: number;
  readonly rows: { readonly index: number; readonly row: OutboxRecord; readonly samples: readonly MetricSample[] }[];
}

/**
 * Sends what the outbox has, the values of each device in order, many readings in a message. What belongs to a device that
 * is not there, or not complete yet, is put into a queue of that device; and from there sent when the device is back.
 */
export class HistoryDrain {
  /** Since the program began; only what the broker has confirmed, and how often it did not. */
  readonly counts = { values: 0, records: 0, unreadable: 0, retries: 0 };
  private readonly outbox: Outbox;
  private readonly queues: AbsentQueues;
  private readonly port: DrainPort;
  private readonly clock: Clock;
  private readonly sender: HistorySender;
  /** Monotonic time at which data flowed for the first time. */
  private flowedFirstAt: number | undefined;
  /** Since when the oldest values of a device have waited for a metric. */
  private readonly incompleteSince = new Map<string, number>();
  /** Whether what comes next was written by a later version of this software: it waits for that, rather than be lost. */
  waitsForLaterVersion = false;
  /** Positions of records that were sent although one before them was not. */
  private readonly ahead = new Set<number>();
  /** The device that is back and whose turn it is, where the limits were in its way. */
  private heldBack: string | undefined;
  /** Where a batch comes from; what the limits let wait goes first into the next one. */
  private readonly sources = [() => this.sendBack(), () => this.sendWaiting()];

  constructor(outbox: Outbox, absent: AbsentQueues, port: DrainPort, limits: PaceLimits, clock: Clock) {
    this.outbox = outbox;
    this.queues = absent;
    this.port = port;
    this.clock = clock;
    this.sender = new HistorySender(port, limits, clock);
  }

  /** The session has ended: what devices have brought is to be brought anew. */
  onSessionEnd(): void {
    this.incompleteSince.clear();
  }

  /** Sends one batch. @returns after how many milliseconds to go on; undefined when there is nothing to do */
  async step(): Promise<number | undefined> {
    const sender = this.sender;
    this.flowedFirstAt ??= this.clock.monotonic();
    this.waitsForLaterVersion = false;
    await this.queues.load();
    sender.begin();
    const outcomes: DrainPass[] = [];
    for (const send of [...this.sources]) if (!sender.isHeld()) outcomes.push(await send());
    // Of two that wait for room, one after the other gets it.
    if (sender.isHeld() && (outcomes.length > 1 || sender.sent.records > 0)) this.sources.reverse();
    const dueMs = await sender.end().catch((thrown: unknown) => {
      this.counts.retries++;
      throw thrown;
    });
    const moved: boolean[] = [];
    for (const { done } of outcomes) moved.push(await done());
    this.counts.values += sender.sent.values;
    this.counts.records += sender.sent.records;
    if (moved.includes(true) || sender.isHeld()) return dueMs();
    return this.port.isFlowing() && outcomes.some(({ isWaiting }) => isWaiting) ? LOOK_AGAIN_MS : undefined;
  }

  /** Sends something of a device that has been absent and is back. */
  private async sendBack(): Promise<DrainPass> {
    const tried = new Set<string>();
    const isWanted = (id: string): boolean => !tried.has(id) && this.port.isBorn(id);
    while (this.port.isFlowing() && tried.size < MOST_TRIED && !this.sender.isHeld()) {
      const held = this.heldBack;
      const isHeldWanted = held !== undefined && this.queues.has(held) && isWanted(held);
      const deviceId = isHeldWanted ? held : this.queues.next(isWanted);
      if (deviceId === undefined) break;
      tried.add(deviceId);
      const { records, from } = await this.queues.peek(deviceId, PEEK);
      const count = this.publishBack(deviceId, records);
      this.heldBack = count === 0 && this.sender.isHeld() ? deviceId : undefined;
      if (count === 0) continue;
      return {
        isWaiting: true,
        done: async () => {
          await this.queues.acknowledge(deviceId, { from, to: from + count });
          return true;
        },
      };
    }
    return tried.size === 0 ? NOTHING : { ...NOTHING, isWaiting: true };
  }

  /** @returns how many records are done with */
  private publishBack(deviceId: string, records: readonly OutboxRecord[]): number {
    const most = Math.min(this.sender.most.values, MOST_IN_MESSAGE);
    const rows: (readonly MetricSample[])[] = [];
    let values = 0;
    for (const { payload } of records) {
      const samples = this.read(payload);
      if (samples === undefined) break;
      if (values > 0 && values + samples.length > most) break;
      rows.push(samples);
      values += samples.length;
    }
    if (rows.length === 0) return 0;
    const { state, count } = this.send(deviceId, rows);
    if (state === 'sent' || state === 'later') return count;
    let singly = 0;
    for (const row of rows.slice(0, MOST_SINGLY)) {
      if (this.send(deviceId, [row]).state !== 'sent') break;
      singly++;
    }
    const isOver = singly > 0 || this.sender.isHeld() || !this.port.isFlowing() || !this.port.isBorn(deviceId);
    const [first] = rows;
    if (isOver || first === undefined) return singly;
    const now = this.clock.monotonic();
    const since = this.incompleteSince.get(deviceId) ?? now;
    this.incompleteSince.set(deviceId, since);
    if (now - since < PATIENCE_MS) return 0;
    return this.send(deviceId, [first], true).count;
  }

  /** Sends a batch of what waits, or puts it aside. */
  private async sendWaiting(): Promise<DrainPass> {
    if (!this.port.isFlowing()) return NOTHING;
    const { records, from } = await this.outbox.peek(PEEK);
    if (records.length === 0) return NOTHING;
    const stepMs = this.clockStep(records[0]);
    const { groups, absent, unreadable, left, end } = this.sort(records, from);
    const unsent: number[] = [...left];
    const sent: number[] = [];
    for (const group of groups) {
      const { deviceId, rows } = group;
      const { state, count } = this.send(
        deviceId,
        rows.map(({ samples }) => samples),
      );
      const indices = rows.map(({ index }) => index);
      sent.push(...indices.slice(0, count));
      if (state === 'sent' || state === 'later' || !this.port.isFlowing()) unsent.push(...indices.slice(count));
      else absent.push(group);
    }
    for (const { deviceId, rows } of absent) {
      const moved = rows.map(({ row }) => acceptedAgain(row, row.acceptedAt + stepMs));
      await this.queues.append(deviceId, moved);
    }
    const count = unsent.reduce((least, index) => Math.min(least, index), end);
    return {
      isWaiting: end < records.length,
      done: async () => {
        const moved = absent.flatMap(({ rows }) => rows.map(({ index }) => index));
        for (const index of [...sent, ...moved]) if (index >= count) this.ahead.add(from + index);
        if (count === 0) return sent.length + moved.length > 0;
        await this.outbox.acknowledge({ from, to: from + count });
        for (const position of this.ahead) if (position < from + count) this.ahead.delete(position);
        this.counts.unreadable += unreadable.filter((index) => index < count).length;
        return true;
      },
    };
  }

  /** By how much the wall clock was set while the oldest record waited, milliseconds: a step is no age, also elsewhere. */
  private clockStep(oldest: OutboxRecord | undefined): number {
    const { oldestAgeMs, oldestAcceptedAt } = this.outbox.stats();
    if (oldest === undefined || oldestAgeMs === undefined || oldestAcceptedAt !== oldest.acceptedAt) return 0;
    return this.clock.now() - oldestAgeMs - oldest.acceptedAt;
  }

  /** A batch by device, up to the first record that has to be waited for. */
  private sort(records: readonly OutboxRecord[], from: number): Sorted {
    const most = this.sender.most;
    const groups = new Map<string, DeviceGroup>();
    const absent = new Map<string, DeviceGroup>();
    const now = this.clock.monotonic();
    const isExpecting = now - (this.flowedFirstAt ?? now) < GRACE_MS;
    /** Devices of which no more goes into this batch. */
    const full = new Set<string>();
    const left: number[] = [];
    let values = 0;
    const unreadable: number[] = [];
    let index = 0;
    for (; index < records.length && values < most.values; index++) {
      const row = records[index];
      if (row === undefined || this.ahead.has(from + index)) continue;
      const record = readHistoryRecord(row.payload);
      if (record === undefined && this.isKept(row.payload)) break;
      if (record === undefined) unreadable.push(index);
      if (record === undefined || record.samples.length === 0) continue;
      const { deviceId, samples } = record;
      const isQueued = this.queues.has(deviceId);
      const isAbsent = isQueued || !this.port.isBorn(deviceId);
      if (isAbsent && !isQueued && isExpecting) break;
      if (!isAbsent && values > 0 && values + samples.length > most.values) break;
      const group = (isAbsent ? absent : groups).get(deviceId) ?? { deviceId, values: 0, rows: [] };
      const isFull =
        !isAbsent &&
        (group.rows.length === 0 ? groups.size >= most.messages : group.values + samples.length > MOST_IN_MESSAGE);
      if (isFull) full.add(deviceId);
      if (full.has(deviceId)) {
        left.push(index);
        continue;
      }
      (isAbsent ? absent : groups).set(deviceId, group);
      group.rows.push({ index, row, samples });
      group.values += samples.length;
      if (!isAbsent) values += samples.length;
    }
    return { groups: [...groups.values()], absent: [...absent.values()], unreadable, left, end: index };
  }

  /** Nothing of a record that is none; undefined of one that has to wait. */
  private read(payload: string): readonly MetricSample[] | undefined {
    const record = readHistoryRecord(payload);
    return record === undefined && this.isKept(payload) ? undefined : (record?.samples ?? []);
  }

  private isKept(payload: string): boolean {
    const isLater = isOfLaterVersion(payload);
    this.waitsForLaterVersion ||= isLater;
    return isLater;
  }

  private send(deviceId: string, rows: readonly (readonly MetricSample[])[], isForced = false): SentRecords {
    const sent = this.sender.send(deviceId, rows, isForced);
    if (sent.count > 0) this.incompleteSince.delete(deviceId);
    return sent;
  }
}

interface Sorted {
  readonly groups: readonly DeviceGroup[];
  readonly absent: DeviceGroup[];
  /** Indices of records that are none. */
  readonly unreadable: readonly number[];
  /** Indices of records that go later although others behind them go now. */
  readonly left: readonly number[];
  /** Index of the first record that was not looked at. */
  readonly end: number;
}

interface DrainPass {
  /** True: there is more, for which somebody has to look again. */
  readonly isWaiting: boolean;
  /** To be called when the broker has confirmed. @returns true when something is done with */
  readonly done: () => Promise<boolean>;
}

const NOTHING: DrainPass = { isWaiting: false, done: () => Promise.resolve(false) };
