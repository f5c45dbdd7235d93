import type { Verdict } from '../../src/delivery/destination';
import { DeliveryEngine } from '../../src/delivery/engine';
import type { DeliverySettings } from '../../src/delivery/settings';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { OutboxRange } from '../../src/outbox/outbox';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { destinationOf } from './destinations';
import { FakeClock, settle } from '../fake-clock';

/** What a scripted sink answers. */
export const VERDICTS = {
  written: { kind: 'written' },
  away: { kind: 'retry', error: new Pm500Error('INFLUX_BUSY', 'busy'), isGeneral: true },
  hold: { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', 'no such bucket') },
  rejected: { kind: 'rejected', error: new Pm500Error('INFLUX_REJECTED', 'bad line'), tooLarge: false },
  tooLarge: { kind: 'rejected', error: new Pm500Error('INFLUX_REJECTED', 'too large'), tooLarge: true },
} as const satisfies Readonly<Record<string, Verdict>>;

/** A failure that says nothing of what failed. */
export function busy(retryAfterMs?: number): Verdict {
  const error = new Pm500Error('INFLUX_BUSY', 'busy');
  return { kind: 'retry', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export type Answer = (lines: readonly string[], signal: AbortSignal) => Verdict | Promise<Verdict>;

const SETTINGS: DeliverySettings = {
  batch: { records: 100, bytes: 1000, flushMs: 1000 },
  retry: { initialMs: 500, maximumMs: 8000, factor: 2, jitter: 0 },
  recheckMs: 30_000,
};

/**
 * An engine on a clock that the test moves, with a scripted sink: it answers as told, then as `always` says, `written`
 * where nothing else was set. Everything that the engine does and tells is kept.
 */
export class EngineBench {
  readonly clock = new FakeClock();
  readonly outbox = new MemoryOutbox({ maximumBytes: 1e6 }, this.clock);
  readonly sent: { readonly at: number; readonly lines: readonly string[] }[] = [];
  readonly acknowledged: OutboxRange[] = [];
  readonly rejected: [line: string, code: string, position: number][] = [];
  readonly written: OutboxRange[] = [];
  readonly states: string[] = [];
  readonly warnings: string[] = [];
  /** How often the sink was closed. */
  closed = 0;
  always: Answer = () => VERDICTS.written;
  readonly engine: DeliveryEngine;
  private readonly answers: Answer[] = [];

  constructor(settings: Partial<DeliverySettings> = {}) {
    const acknowledge = this.outbox.acknowledge.bind(this.outbox);
    this.outbox.acknowledge = (range) => {
      this.acknowledged.push({ from: range.from, to: range.to });
      return acknowledge(range);
    };
    const destination = destinationOf(
      async (lines, signal) => {
        this.sent.push({ at: this.clock.monotonic(), lines });
        return await (this.answers.shift() ?? this.always)(lines, signal);
      },
      {
        close: () => {
          this.closed += 1;
        },
      },
    );
    this.engine = new DeliveryEngine(
      { ...SETTINGS, ...settings },
      {
        outbox: this.outbox,
        destination,
        clock: this.clock,
        random: seededRandom(1),
        logger: { ...silentLogger, warn: (message) => this.warnings.push(message) },
        onRefused: (refused) => {
          for (const { record, reason, position } of refused)
            this.rejected.push([record.payload, reason.code, position]);
        },
        onWritten: ({ from, to }) => this.written.push({ from, to }),
        onChange: () => {
          const { state } = this.engine.counts;
          if (this.states.at(-1) !== state) this.states.push(state);
        },
      },
    );
    this.engine.start();
  }

  answer(...verdicts: readonly (Verdict | Answer)[]): void {
    this.answers.push(...verdicts.map((given) => (typeof given === 'function' ? given : () => given)));
  }

  async append(...payloads: readonly string[]): Promise<void> {
    await this.outbox.append(payloads.map((payload) => ({ payload, acceptedAt: this.clock.now() })));
    await settle();
  }

  get batches(): readonly (readonly string[])[] {
    return this.sent.map(({ lines }) => lines);
  }
}

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `l${at}`);
