import { setTimeout as pause } from 'node:timers/promises';
import type { MeterSession } from '../../src/acquisition/meter-session';
import type { TransportSettings } from '../../src/acquisition/meter-settings';
import type { FaultRow } from '../../src/simulator/faults/fault-row';
import { FAULT_ROWS, FAULTS, type FaultName } from '../../src/simulator/faults/fault-table';
import type { RunningMeter } from '../../src/simulator/simulator';
import type { Random } from '../../src/support/random';
import { ServedOracle } from './served-oracle';
import { steadyClock, type Stalls } from './stalls';

const INTERVAL_MS = 250;
export const RPI_MS = 100;
export const REPLY_TIMEOUT_MS = 400;
const FAULT_MS = 500;
const GROUPS = ['realtime', 'energy', 'status'];
/** From a socket to the one who reads it, beside what a fault adds and what a stall of the process takes. */
const TRANSIT_MS = 30;
/** The second delay of the back-off with its jitter: a fault of 500 ms fails two attempts at most. */
const BACK_OFF_MS = 1200;
/** Two polls, an attempt that the end of the fault finds under way, and the back-off after it. */
const RECOVERY_MS = 2 * INTERVAL_MS + REPLY_TIMEOUT_MS + BACK_OFF_MS;
/** A Listen Only connection that was refused for want of an owner is not asked for again before this (implicit-session.ts). */
const REFUSAL_HOLD_MS = 5000;
/** A PLC waits so long for a reply (plc-originator.ts), and tries again after a second: until it owns its meter again. */
const OWNER_MS = 15_000;

/** Parameters that reach into what a reader must bear; all others take their defaults. */
const PARAMETERS: Readonly<Partial<Record<FaultName, (random: Random) => Readonly<Record<string, number | string>>>>> =
  {
    delay: (random) => ({ delayMs: 50 + Math.round(550 * random()) }),
    'late-frames': (random) => ({ delayMs: 50 + Math.round(350 * random()) }),
    truncate: (random) => ({ keepBytes: Math.floor(70 * random()) }),
    'wrong-size': (random) => ({ bytes: random() < 0.5 ? -4 : 4 }),
    'drop-frames': (random) => ({ percent: 20 + Math.round(60 * random()) }),
    'phase-loss': (random) => ({ phase: 1 + Math.floor(3 * random()) }),
    'clock-jump': (random) => ({ seconds: Math.round(7200 * random() - 1800) }),
    'counter-reset': (random) => ({ counters: random() < 0.5 ? 'total' : 'all' }),
    'cip-error': (random) => ({ to: ['reads', 'connections', 'all'][Math.floor(3 * random())] ?? 'reads' }),
    overload: (random) => ({
      of: ['all', 'voltage', 'current', 'power'][Math.floor(4 * random())] ?? 'all',
      as: ['7FFFFFFF', 'nan', 'infinity'][Math.floor(3 * random())] ?? 'nan',
    }),
  };

/** The faults that reach a transport, in an order of their own. */
function faultsFor(kind: TransportSettings['kind'], random: Random): readonly FaultName[] {
  const reachesReader = ({ name, reaches }: FaultRow): boolean => {
    if (name === 'owner-lost') return kind === 'listen-only';
    if (kind === 'modbus-tcp') return reaches.includes('Modbus') || reaches.includes('values');
    return !reaches.every((one) => one === 'Modbus');
  };
  return FAULTS.filter(reachesReader)
    .map(({ name }) => [random(), name] as const)
    .sort(([left], [right]) => left - right)
    .map(([, name]) => name);
}

/** One meter that is polled while its faults come and go. */
export class Subject {
  readonly oracle = new ServedOracle();
  readonly wrong: string[] = [];
  readonly slow: string[] = [];
  readonly seen = new Set<FaultName>();
  /** Milliseconds from the end of each fault to that of the first poll after it in which all was well. */
  readonly recoveries: number[] = [];
  cycles = 0;
  private goodAt = Number.NEGATIVE_INFINITY;
  private stopped = false;
  /** By how much frames were late at most, and until when that shows. */
  private readonly lateness: { readonly delayMs: number; readonly until: number }[] = [];
  private readonly stopListening: () => void;

  constructor(
    readonly what: string,
    private readonly kind: TransportSettings['kind'],
    private readonly meter: RunningMeter,
    private readonly session: MeterSession,
    private readonly random: Random,
    private readonly stalls: Stalls,
  ) {
    this.stopListening = meter.onServed((served) => {
      this.oracle.take(served);
    });
  }

  /** Polls and judges until `stop`; the last poll may be under way then. */
  async poll(): Promise<void> {
    while (!this.stopped) {
      const began = steadyClock.now();
      const { blocks } = await this.session.readGroups(GROUPS);
      for (const block of blocks) {
        const verdict = this.oracle.judge(block, {
          comesByItself: this.isImplicit,
          transitMs: this.allowedTransit(block.timestamp),
          ageMs: 2 * RPI_MS + TRANSIT_MS,
          stalledMs: (from, to) => this.stalls.between(from, to),
        });
        if (verdict !== undefined) this.wrong.push(`${this.what}: ${verdict}`);
      }
      this.cycles++;
      if (blocks.every(({ error }) => error === undefined)) this.goodAt = began;
      await pause(Math.max(1, INTERVAL_MS - (steadyClock.now() - began)));
    }
    // Not before: the last poll is judged by what was served to it.
    this.stopListening();
  }

  /** Every fault once, and then again until the time is up. */
  async disturb(until: number): Promise<void> {
    await this.recover('the start');
    for (let round = 0; round === 0 || steadyClock.now() < until; round++) {
      for (const name of faultsFor(this.kind, this.random)) {
        if (round > 0 && steadyClock.now() > until) return;
        await this.inject(name);
      }
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private get isImplicit(): boolean {
    return this.kind === 'input-only' || this.kind === 'listen-only';
  }

  private allowedTransit(timestamp: number): number {
    const late = this.lateness.filter(({ until }) => until > timestamp).map(({ delayMs }) => delayMs);
    return TRANSIT_MS + Math.max(0, ...late);
  }

  private async inject(name: FaultName): Promise<void> {
    const instant = FAULT_ROWS.get(name)?.instant === true;
    const parameters = PARAMETERS[name]?.(this.random) ?? {};
    this.meter.faults.start(name, instant ? parameters : { ...parameters, durationMs: FAULT_MS });
    this.seen.add(name);
    const delayMs = this.meter.faults.number('late-frames', 'delayMs');
    if (delayMs > 0) this.lateness.push({ delayMs, until: steadyClock.now() + FAULT_MS + delayMs + 1000 });
    while (this.lateness.length > 2) this.lateness.shift();
    await pause(FAULT_MS + 20);
    while (this.meter.faults.has(name)) await pause(5);
    const { error } = this.session.state;
    await this.recover(`${name} ${JSON.stringify(parameters)}${error === undefined ? '' : ` (${error.message})`}`);
  }

  private async recover(name: string): Promise<void> {
    const began = steadyClock.now();
    while (this.meter.plcOwns === false && steadyClock.now() < began + OWNER_MS) await pause(5);
    const ended = steadyClock.now();
    const limitMs = RECOVERY_MS + (this.kind === 'listen-only' ? REFUSAL_HOLD_MS + BACK_OFF_MS : 0);
    while (this.goodAt < ended) {
      const now = steadyClock.now();
      if (now - ended > limitMs + this.stalls.between(ended, now)) {
        const { message } = this.session.state.error ?? { message: 'connected' };
        this.slow.push(`${this.what}: nothing good ${now - ended} ms after ${name}: ${message}`);
        return;
      }
      await pause(10);
    }
    this.recoveries.push(steadyClock.now() - ended);
  }
}
