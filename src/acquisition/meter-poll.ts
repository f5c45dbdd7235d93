import type { Reading, ReadingBlock } from '../domain/messages/reading';
import type { Clock } from '../support/clock';
import { hasCode, ofCode, Pm500Error, toPm500Error, type ErrorCode } from '../support/errors';
import type { Sentence } from '../support/sentence';
import type { LinkState } from './link-state';
import { phaseOf, type PollSchedule } from './poll-schedule';
import { startSchedule, type Schedule } from './schedule';
import { isWaitingCode } from './waiting-codes';

/** What polling needs of a meter's session. */
export interface PolledMeter {
  readonly settings: { readonly name: string };
  readonly state: LinkState;
  onState(listener: (state: LinkState) => void): () => void;
  /** Names of the groups that it has. */
  readonly groups: readonly string[];
  /** @throws Pm500Error when it has nothing in any of these groups */
  checkGroups(groups: readonly string[]): void;
  readGroups(groups: readonly string[], signal?: AbortSignal): Promise<Reading>;
}

/** How a meter stands, as far as the one who polls it can tell. */
export type MeterCondition =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'read'; readonly read: number; readonly count: number; readonly latencyMs: number }
  | {
      readonly kind: 'lost';
      readonly code: ErrorCode | undefined;
      /** What happened, where, what to do. */
      readonly sentence: Sentence | undefined;
      readonly staleSince: number | undefined;
    };

export interface MeterPollOptions {
  readonly schedules: readonly PollSchedule[];
  /** False: reads on request only. */
  readonly isScheduled: boolean;
  /** What is the same for all who poll the meter, so that they read it together. */
  readonly address: string;
  /** The first cycles come within this time, at the meter's own place in it; 0: at once. */
  readonly startWithinMs: number;
  readonly clock: Clock;
  /** A scheduled cycle brought something. After a loss it is called once, and then not until the meter answers again. */
  readonly onReading: (reading: Reading) => void;
  /** Once when the meter is lost, and once when some of its groups are; not for what was asked for by `readNow`. */
  readonly onError: (error: Pm500Error) => void;
  /** In place of `onError` where nothing is wrong and the meter, or a group of it, only waits for somebody else. */
  readonly onWait: (reason: Pm500Error) => void;
  readonly onBack: () => void;
  readonly onCondition: (condition: MeterCondition) => void;
}

/** What came of a request to read now. */
export interface PollOutcome {
  readonly reading: Reading;
  /** Present when nothing could be read. */
  readonly failure?: Pm500Error;
}

/** How a cycle went. Its values are not kept: those of many meters would be carried along until the next one. */
interface CycleOutcome {
  /** Blocks. */
  readonly count: number;
  /** Blocks that were read, and the longest that one of them took. */
  readonly read: number;
  readonly latencyMs: number;
  readonly firstError: ReadingBlock['error'];
}

interface Part {
  readonly schedule: PollSchedule;
  /** The last cycle; absent before the first. */
  outcome?: CycleOutcome;
}

const hasFailed = ({ outcome }: Part): boolean => outcome?.read === 0;
const hasAnswered = ({ outcome }: Part): boolean => outcome !== undefined && outcome.read > 0;

function outcomeOf(blocks: readonly ReadingBlock[]): CycleOutcome {
  let read = 0;
  let latencyMs = 0;
  let firstError: ReadingBlock['error'];
  for (const block of blocks) {
    firstError ??= block.error;
    if (block.error !== undefined) continue;
    read++;
    latencyMs = Math.max(latencyMs, block.latencyMs);
  }
  return { count: blocks.length, read, latencyMs, firstError };
}

/** The same for a block of every cycle. */
const placeOf = ({ group, assembly, register }: ReadingBlock): string => `${group}/${assembly ?? ''}/${register ?? ''}`;

/** Reads one meter: groups of it on schedules of their own, or on request, and tells how the meter stands. */
export class MeterPoll {
  private readonly parts: readonly Part[];
  private readonly stopping = new AbortController();
  private readonly stopListening: () => void;
  private readonly running: readonly Schedule[];
  private lost = false;
  /** True from a connection that failed until there is one again. */
  private down = false;
  /** When data came last, epoch milliseconds UTC. */
  private freshAt: number | undefined;
  private refusal = '';
  /** Blocks whose failure was told since they were read last. */
  private readonly told = new Set<string>();
  /** True while a reading has said that the meter is lost. */
  private isLossTold = false;
  /** True while what was told of a loss is that the meter waits. */
  private waits = false;

  /** @throws Pm500Error CONFIG_INVALID when the meter has nothing in any of the groups */
  constructor(
    private readonly meter: PolledMeter,
    private readonly options: MeterPollOptions,
  ) {
    const { schedules } = options;
    meter.checkGroups(schedules.flatMap(({ groups }) => groups));
    this.parts = schedules
      .filter(({ groups }) => groups.some((group) => meter.groups.includes(group)))
      .map((schedule) => ({ schedule }));
    this.stopListening = meter.onState(({ kind }) => {
      if (kind === 'waiting') this.down = true;
      else if (kind === 'connected') this.down = false;
      this.show();
    });
    this.show();
    this.running = options.isScheduled ? this.parts.map((part) => this.start(part)) : [];
  }

  get name(): string {
    return this.meter.settings.name;
  }

  /** Cycles left out because the one before took too long. */
  get missedSlots(): number {
    return this.running.reduce((sum, { missed }) => sum + missed, 0);
  }

  get condition(): MeterCondition {
    const { state } = this.meter;
    if (this.lost || this.down) {
      const error = state.error ?? this.firstError();
      const sentence = error instanceof Pm500Error ? error.sentence : error && ofCode(error.code, error.message);
      return { kind: 'lost', code: error?.code, sentence, staleSince: this.freshAt };
    }
    let read = 0;
    let count = 0;
    let latencyMs = 0;
    for (const { outcome } of this.parts) {
      read += outcome?.read ?? 0;
      count += outcome?.count ?? 0;
      latencyMs = Math.max(latencyMs, outcome?.latencyMs ?? 0);
    }
    if (count === 0) return { kind: state.kind === 'connecting' ? 'connecting' : 'idle' };
    return { kind: 'read', read, count, latencyMs };
  }

  /** Reads every group now; undefined when polling has been stopped. */
  async readNow(): Promise<PollOutcome | undefined> {
    const reading = await this.read(
      this.parts.flatMap(({ schedule }) => schedule.groups),
      false,
    );
    if (reading === undefined) return undefined;
    this.newsOf(reading);
    const first = reading.blocks[0]?.error;
    if (first === undefined || reading.blocks.some(({ error }) => error === undefined)) return { reading };
    return { reading, failure: this.failureOf(first) };
  }

  /** Resolves when no cycle is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.stopListening();
    await Promise.all(this.running.map((schedule) => schedule.stop()));
  }

  private start(part: Part): Schedule {
    const { intervalMs, groups } = part.schedule;
    const { address, startWithinMs, clock } = this.options;
    return startSchedule({
      intervalMs,
      phaseMs: phaseOf(address, intervalMs),
      firstAfterMs: startWithinMs === 0 ? 0 : phaseOf(address, startWithinMs),
      clock,
      onTick: async () => {
        const reading = await this.read(groups, true);
        const news = reading === undefined ? undefined : this.newsOf(reading);
        if (news !== undefined) this.options.onReading(news);
      },
      onError: (thrown) => {
        const error = toPm500Error(thrown);
        if (error.message !== this.refusal) this.options.onError(error);
        this.refusal = error.message;
      },
    });
  }

  /** @param tellsErrors false: whoever asked is told, and nobody else */
  private async read(groups: readonly string[], tellsErrors: boolean): Promise<Reading | undefined> {
    try {
      const reading = await this.meter.readGroups(groups, this.stopping.signal);
      if (this.stopping.signal.aborted) return undefined;
      this.note(reading, tellsErrors);
      return reading;
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) return undefined;
      throw thrown;
    }
  }

  /**
   * What a cycle brought that was not told yet: of an outage each block once, also of one that began in the middle of a
   * cycle, and that the meter is lost. A reading that holds anything good is whole.
   */
  private newsOf(reading: Reading): Reading | undefined {
    const { blocks, meter } = reading;
    const { told } = this;
    if (told.size === 0 && blocks.every(({ error }) => error === undefined)) return reading;
    const isLost = meter.lostSince !== undefined;
    const isLossNews = isLost && !this.isLossTold;
    this.isLossTold = isLost;
    if (blocks.some(({ error }) => error === undefined)) {
      for (const block of blocks) {
        if (block.error === undefined) told.delete(placeOf(block));
        else told.add(placeOf(block));
      }
      return reading;
    }
    const news = blocks.filter((block) => !told.has(placeOf(block)));
    for (const block of news) told.add(placeOf(block));
    if (news.length > 0) return { ...reading, blocks: news };
    return isLossNews ? reading : undefined;
  }

  /** Takes over what a cycle brought, and tells what has changed by it. */
  private note({ blocks }: Reading, tellsErrors: boolean): void {
    const failedNow: Part[] = [];
    for (const part of this.parts) {
      const own = blocks.filter(({ group }) => part.schedule.groups.includes(group));
      if (own.length === 0) continue;
      const had = hasFailed(part);
      part.outcome = outcomeOf(own);
      if (hasAnswered(part)) this.freshAt = this.options.clock.now();
      if (hasFailed(part) && !had) failedNow.push(part);
    }
    const wasLost = this.lost;
    const failed = this.parts.filter(hasFailed);
    // A group that fails while the meter answers others is no loss of the meter.
    const isDown = this.meter.state.kind !== 'connected' && blocks.every(({ error }) => error !== undefined);
    this.lost = failed.length > 0 && (isDown || failed.length === this.parts.length);
    if (!this.lost) this.waits = false;
    // A wait may become a fault; of a fault everything has been said.
    const error = wasLost ? (this.waits ? blocks[0]?.error : undefined) : failedNow[0]?.outcome?.firstError;
    if (error !== undefined && tellsErrors) this.tell(this.failureOf(error), wasLost);
    if (wasLost && !this.lost) this.options.onBack();
    this.show();
  }

  private tell(failure: Pm500Error, isToldAlready: boolean): void {
    const waits = isWaitingCode(failure.code);
    if (waits && isToldAlready) return;
    this.waits = waits;
    if (waits) this.options.onWait(failure);
    else this.options.onError(failure);
  }

  private failureOf({ code, message }: { readonly code: ErrorCode; readonly message: string }): Pm500Error {
    return new Pm500Error(code, message, { cause: this.meter.state.error, retryable: true });
  }

  private firstError(): ReadingBlock['error'] {
    return this.parts.find(({ outcome }) => outcome?.firstError !== undefined)?.outcome?.firstError;
  }

  private show(): void {
    this.options.onCondition(this.condition);
  }
}
