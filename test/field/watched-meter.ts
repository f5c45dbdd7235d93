import { createHostResolver } from '../../src/acquisition/resolve-host';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry, type AcquiredMeter } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import type { Reading } from '../../src/domain/messages/reading';
import type { Logger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { ServedOracle } from '../soak/served-oracle';
import type { Stalls } from '../soak/stalls';
import { labClock } from './lab-clock';
import { nameOf } from './lab';
import { RPI_MS, SERIAL_SERVER_PORT, type LabMeter } from './lab-meters';
import { PM500 } from '../../src/meters/pm500';

export const INTERVAL_MS = 1000;
/** From one process to the other, beside what the link adds and what a stall takes. */
const TRANSIT_MS = 250;
/** Meters that hang say what they served only afterward. */
const KEPT_MS = 60_000;
const GROUPS = ['realtime', 'energy', 'status'];

/** One registry, as in Node-RED. */
export function createLabRegistry(logger: Logger): MeterRegistry {
  const dependencies = { clock: labClock, random: seededRandom(500), logger };
  return new MeterRegistry({
    ...dependencies,
    createTransport: (settings, route) => createLinkTransport(settings, dependencies, route),
    resolveHost: createHostResolver(),
  });
}

/** One meter that is polled by its name as `pm500-poll` does, and everything that comes of it judged. */
export class WatchedMeter {
  readonly oracle = new ServedOracle(KEPT_MS);
  readonly wrong: string[] = [];
  /** Failures told, by code. */
  readonly told = new Map<string, number>();
  good = 0;
  bad = 0;
  /** When the last whole reading arrived, by the clock of the lab. */
  wholeAt = Number.NEGATIVE_INFINITY;
  /** When the first failure since `forget` was told. */
  badAt: number | undefined;
  /** By how much the link makes frames late now, ms. */
  latenessMs = 0;
  private readonly acquired: AcquiredMeter;
  private readonly poll: MeterPoll;
  private judging: Promise<void> = Promise.resolve();
  private readonly isImplicit: boolean;

  /** @param sync resolves when everything is known that was served before */
  constructor(
    readonly meter: LabMeter,
    registry: MeterRegistry,
    private readonly stalls: Stalls,
    private readonly sync: () => Promise<unknown>,
  ) {
    const { name, transport, delivery } = meter;
    this.isImplicit = transport === 'input-only' || transport === 'listen-only';
    this.acquired = registry.acquire(
      settingsOf(PM500, {
        name,
        host: nameOf(name),
        transport,
        rpiMs: RPI_MS,
        layoutConfirmed: true,
        ...(delivery === undefined ? {} : { delivery }),
        ...(transport === 'modbus-rtu-tcp' ? { port: SERIAL_SERVER_PORT } : {}),
      }),
    );
    const { session } = this.acquired;
    const groups = GROUPS.filter((group) => session.groups.includes(group));
    this.poll = new MeterPoll(session, {
      schedules: [{ intervalMs: INTERVAL_MS, groups: groups.length === 0 ? session.groups : groups }],
      isScheduled: true,
      address: name,
      startWithinMs: INTERVAL_MS,
      clock: labClock,
      onReading: (reading) => {
        this.take(reading);
      },
      onError: () => undefined,
      onWait: () => undefined,
      onBack: () => undefined,
      onCondition: () => undefined,
    });
  }

  get name(): string {
    return this.meter.name;
  }

  /** Why it is not read now. */
  get trouble(): string {
    return this.acquired.session.state.error?.message ?? this.acquired.session.state.kind;
  }

  async stop(): Promise<void> {
    await this.poll.stop();
    await this.acquired.release();
    await this.judging;
  }

  private take(reading: Reading): void {
    const now = labClock.now();
    const failed = reading.blocks.filter(({ error }) => error !== undefined);
    for (const { error } of failed) this.told.set(error!.code, (this.told.get(error!.code) ?? 0) + 1);
    this.good += reading.blocks.length - failed.length;
    this.bad += failed.length;
    if (failed.length === 0) this.wholeAt = now;
    else this.badAt ??= now;
    const transitMs = TRANSIT_MS + this.latenessMs;
    // What it is judged by comes from another process, and later.
    this.judging = this.judging
      .then(() => this.sync())
      .then(() => {
        for (const block of reading.blocks) {
          const verdict = this.oracle.judge(block, {
            comesByItself: this.isImplicit,
            transitMs,
            ageMs: 2 * RPI_MS + TRANSIT_MS,
            stalledMs: (from, to) => this.stalls.between(from, to),
          });
          if (verdict !== undefined) this.wrong.push(`${this.name}: ${verdict}`);
        }
      });
  }
}
