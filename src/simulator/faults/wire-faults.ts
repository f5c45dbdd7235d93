import type { Clock, Timer } from '../../support/clock';
import type { Random } from '../../support/random';
import type { CipAnswer } from '../ethernet-ip/cip-objects';
import type { FaultState } from './faults';

/** What a CIP request is about, for faults that concern only some. */
export type CipPurpose = 'reads' | 'connections' | 'other';

type SendBytes = (bytes: Buffer) => void;

/** Stands between what a meter has to say and the network: here its faults spoil, delay or swallow it. */
export class WireFaults {
  private readonly timers = new Set<Timer>();
  /** A frame of each production that waits for the next one to go first. */
  private readonly held = new Map<string, Buffer>();
  private closed = false;

  constructor(
    private readonly faults: FaultState,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Sends a reply, if the faults let it. */
  reply(bytes: Buffer, send: SendBytes): void {
    const spoiled = this.spoil(bytes);
    if (spoiled === undefined) return;
    this.later(this.faults.number('delay', 'delayMs'), spoiled, send);
  }

  /**
   * Sends a class 1 frame, if the faults let it.
   * @param production what the frame belongs to: order matters within it
   */
  frame(bytes: Buffer, production: string, send: SendBytes): void {
    const { faults } = this;
    if (faults.has('silence')) return;
    if (this.random() * 100 < faults.number('drop-frames', 'percent')) return;
    const frame = faults.has('garbage') ? this.randomBytes(bytes.length) : bytes;
    const sendAll: SendBytes = (ready) => {
      send(ready);
      if (faults.has('duplicate-frames')) send(ready);
    };
    const delayMs = faults.number('late-frames', 'delayMs');
    if (!faults.has('reordered-frames')) {
      this.held.delete(production);
      this.later(delayMs, frame, sendAll);
      return;
    }
    const earlier = this.held.get(production);
    if (earlier === undefined) {
      this.held.set(production, frame);
      return;
    }
    this.held.delete(production);
    this.later(delayMs, frame, sendAll);
    this.later(delayMs, earlier, sendAll);
  }

  /** The answer that a fault gives in place of the meter's; undefined when there is none. */
  cipAnswer(purpose: CipPurpose): CipAnswer | undefined {
    const { faults } = this;
    if (!faults.has('cip-error')) return undefined;
    const to = faults.text('cip-error', 'to');
    if (to !== 'all' && to !== purpose) return undefined;
    const extended = faults.number('cip-error', 'extendedStatus');
    return {
      generalStatus: faults.number('cip-error', 'generalStatus'),
      ...(extended === 0 ? {} : { extendedStatus: [extended] }),
    };
  }

  /** The exception that a fault gives to every Modbus request; undefined when there is none. */
  modbusException(): number | undefined {
    return this.faults.has('modbus-exception') ? this.faults.number('modbus-exception', 'exception') : undefined;
  }

  /** Nothing leaves any more. */
  close(): void {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.held.clear();
  }

  private spoil(bytes: Buffer): Buffer | undefined {
    const { faults } = this;
    if (faults.has('silence')) return undefined;
    const sent = faults.has('garbage') ? this.randomBytes(bytes.length) : bytes;
    if (!faults.has('truncate')) return sent;
    const kept = sent.subarray(0, faults.number('truncate', 'keepBytes'));
    return kept.length === 0 ? undefined : kept;
  }

  private randomBytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => Math.floor(this.random() * 256)));
  }

  private later(delayMs: number, bytes: Buffer, send: SendBytes): void {
    if (this.closed) return;
    if (delayMs <= 0) {
      send(bytes);
      return;
    }
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(timer);
      send(bytes);
    });
    this.timers.add(timer);
  }
}
