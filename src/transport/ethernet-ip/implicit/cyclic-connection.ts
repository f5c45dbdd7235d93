import type { Clock, Timer } from '../../../support/clock';
import { Pm500Error } from '../../../support/errors';
import { sharedTickOf } from '../../../support/shared-tick';
import type { AssemblyBlock, ReceivedBlock } from '../../transport';
import { isNewer, type ReceivedCyclicFrame } from '../wire/cyclic-frame';
import { sizeMismatch } from '../session/exchange';
import { heartbeatFrame, patchHeartbeat, type RequestFrame } from '../wire/requests';
import { stopped } from '../session/session';

export interface CyclicSettings {
  /** The connection as the subject of a sentence. */
  readonly what: string;
  readonly block: AssemblyBlock;
  /** O->T connection id, which heartbeats carry. */
  readonly heartbeatId: number;
  /** Actual packet interval O->T, ms. */
  readonly heartbeatMs: number;
  /** Actual packet interval T->O, ms. */
  readonly intervalMs: number;
  /** Without a frame for so long the connection is lost, ms: that interval times the multiplier. */
  readonly watchdogMs: number;
  /** Data that is older is not given to a read any more, ms. */
  readonly maximumAgeMs: number;
  /** How long a read waits for data, ms. */
  readonly readTimeoutMs: number;
}

export interface CyclicEvents {
  readonly send: (heartbeat: RequestFrame) => void;
  /** No frame came in time; called once at most. */
  readonly onSilent: (error: Pm500Error) => void;
}

interface Waiter {
  readonly resolve: (received: ReceivedBlock) => void;
  readonly reject: (error: Pm500Error) => void;
}

/** What arrived at one I/O connection, for statistics. */
export interface CyclicCounts {
  readonly frames: number;
  /** Sequence numbers that were skipped. */
  readonly missed: number;
  /** Frames that came twice, late or out of order, and were dropped. */
  readonly stale: number;
  /** Frames of another length than the assembly has. */
  readonly misfits: number;
  readonly heartbeats: number;
}

/** A network loses a frame now and then, and is late with the next one; two in a row it loses rarely. */
const QUIET_INTERVALS = 2.5;
/** Shortest time between heartbeats, whatever the target asks for. */
const SHORTEST_HEARTBEAT_MS = 10;

/** The originator's side of one established class 1 connection: heartbeats out, the newest data in. */
export class CyclicConnection {
  private readonly heartbeat: RequestFrame;
  private readonly waiters = new Set<Waiter>();
  private readonly stopHeartbeats: () => void;
  private watchdog: Timer | undefined;
  private heartbeatDue: number;
  private lastFrameAt: number;
  private lastSequence: number | undefined;
  /** The data that came last: one memory for all frames. */
  private readonly newest: Uint8Array;
  /** When it came; undefined before the first. */
  private newestAt: number | undefined;
  private ended: Pm500Error | undefined;
  /** The longest silence now. */
  private limitMs: number;
  private readonly counts = { frames: 0, missed: 0, stale: 0, misfits: 0, heartbeats: 0 };

  constructor(
    private readonly settings: CyclicSettings,
    private readonly clock: Clock,
    private readonly events: CyclicEvents,
  ) {
    this.limitMs = settings.watchdogMs;
    this.heartbeat = heartbeatFrame(settings.heartbeatId);
    this.newest = new Uint8Array(settings.block.sizeBytes);
    this.heartbeatDue = this.lastFrameAt = clock.monotonic();
    const firstDue = this.beat();
    this.stopHeartbeats = sharedTickOf(clock).add(firstDue, { run: () => this.beat() });
    this.watch(settings.watchdogMs);
  }

  /** A copy. */
  get statistics(): CyclicCounts {
    return { ...this.counts };
  }

  /** Takes a frame that carries this connection's id. */
  take({ sequence, data }: ReceivedCyclicFrame): void {
    if (this.ended !== undefined) return;
    const { block, what } = this.settings;
    const { lastSequence } = this;
    if (lastSequence !== undefined && !isNewer(sequence, lastSequence)) {
      this.counts.stale++;
      return;
    }
    this.counts.frames++;
    if (lastSequence !== undefined) this.counts.missed += ((sequence - lastSequence) >>> 0) - 1;
    this.lastSequence = sequence;
    this.lastFrameAt = this.clock.monotonic();
    this.limitMs = this.settings.watchdogMs;
    if (data.length !== block.sizeBytes) {
      this.counts.misfits++;
      this.rejectAll(sizeMismatch(what, block, data.length, 'a frame has'));
      return;
    }
    this.newest.set(data);
    this.newestAt = this.lastFrameAt;
    const { waiters } = this;
    if (waiters.size === 0) return;
    const waiting = [...waiters];
    waiters.clear();
    for (const { resolve } of waiting) resolve(this.copy(this.newestAt));
  }

  /**
   * The newest data with the time of its frame; it is waited for when what is there is too old.
   * @throws Pm500Error ENIP_REPLY_TIMEOUT, METER_SIZE_MISMATCH, ABORTED, or why the connection ended
   */
  receive(block: AssemblyBlock, signal?: AbortSignal): Promise<ReceivedBlock> {
    const { settings, clock, newestAt } = this;
    if (this.ended !== undefined) return Promise.reject(this.ended);
    if (block.sizeBytes !== settings.block.sizeBytes) {
      const error = sizeMismatch(settings.what, block, settings.block.sizeBytes, 'the open connection has');
      return Promise.reject(error);
    }
    if (newestAt !== undefined && clock.monotonic() - newestAt <= settings.maximumAgeMs) {
      return Promise.resolve(this.copy(newestAt));
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: (received) => {
          settle();
          resolve(received);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const abort = (): void => {
        waiter.reject(stopped(settings.what));
      };
      // A frame that has arrived while the process was busy elsewhere is still heard.
      const giveUp = (): void => {
        waiter.reject(this.noFrame(settings.readTimeoutMs));
      };
      let timer: Timer | undefined = clock.after(settings.readTimeoutMs, () => {
        timer = clock.after(0, giveUp);
      });
      this.waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** True when the frame that was due, and the one after it, did not come. */
  get isQuiet(): boolean {
    return this.clock.monotonic() - this.lastFrameAt > QUIET_INTERVALS * this.settings.intervalMs;
  }

  /**
   * There is reason to believe that the meter has forgotten this connection: until the next frame less silence is borne.
   * @param isForgotten nothing else speaks for it either
   */
  suspect(isForgotten: boolean): void {
    if (this.ended !== undefined) return;
    const { watchdogMs, intervalMs } = this.settings;
    this.limitMs = Math.min(watchdogMs / 2, isForgotten ? QUIET_INTERVALS * intervalMs : watchdogMs);
    this.watchdog?.cancel();
    this.watch(Math.max(0, this.lastFrameAt + this.limitMs - this.clock.monotonic()));
  }

  /** Stops heartbeats and watchdog; reads that wait are rejected with `error`. May be called twice. */
  stop(error: Pm500Error): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.stopHeartbeats();
    this.watchdog?.cancel();
    this.rejectAll(error);
  }

  private rejectAll(error: Pm500Error): void {
    for (const waiter of [...this.waiters]) waiter.reject(error);
  }

  /** What a reader may change without harm to others. */
  private copy(arrivedAt: number): ReceivedBlock {
    return { bytes: new Uint8Array(this.newest), arrivedAt };
  }

  /**
   * Due times are counted from the first, so that late timers do not add up; missed ones are left out.
   * @returns when the next one is due
   */
  private beat(): number {
    const intervalMs = Math.max(SHORTEST_HEARTBEAT_MS, this.settings.heartbeatMs);
    this.counts.heartbeats++;
    patchHeartbeat(this.heartbeat, this.counts.heartbeats);
    this.events.send(this.heartbeat);
    const now = this.clock.monotonic();
    this.heartbeatDue = Math.max(this.heartbeatDue + intervalMs, now + intervalMs / 2);
    return this.heartbeatDue;
  }

  /** One timer serves all frames. What has arrived while the process was busy elsewhere is still heard. */
  private watch(delayMs: number, lastChance = false): void {
    this.watchdog = this.clock.after(delayMs, () => {
      const remainingMs = this.lastFrameAt + this.limitMs - this.clock.monotonic();
      if (remainingMs > 0) {
        this.watch(Math.ceil(remainingMs));
      } else if (!lastChance) {
        this.watch(0, true);
      } else {
        const error = this.noFrame(this.limitMs);
        this.stop(error);
        this.events.onSilent(error);
      }
    });
  }

  private noFrame(afterMs: number): Pm500Error {
    return new Pm500Error(
      'ENIP_REPLY_TIMEOUT',
      `${this.settings.what}: no data arrived within ${Math.round(afterMs)} ms; check the network, that UDP is let through, and with Listen Only that the PLC still reads the meter.`,
      { retryable: true },
    );
  }
}
