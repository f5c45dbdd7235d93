import { delay, type Clock, type Timer } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import type { Block, MeterIdentity, Transport } from '../transport/transport';
import { LinkClaim, type ResolveHost } from './link-claim';
import { LinkRecorder, type LinkDiagnostics } from './link-diagnostics';
import { whereOf } from './meter-address';
import { isImplicit, type LinkSettings } from './meter-settings';
import type { ProtocolArbiter } from './protocol-arbiter';

export interface LinkDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly createTransport: (settings: LinkSettings) => Transport<MeterIdentity>;
  /** Says which protocol may be used now; default: one for each registry. */
  readonly arbiter?: ProtocolArbiter;
  /** Finds out that a name and an address mean one meter; default: they are two. */
  readonly resolveHost?: ResolveHost;
}

export interface LinkState {
  readonly kind: 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';
  /** Why it waits. */
  readonly error?: Pm500Error;
  /** When this state began, epoch milliseconds UTC. */
  readonly since: number;
}

/** One answer of the meter, shared by everybody who asked for it. */
export interface RawBlock {
  readonly bytes: Uint8Array;
  /** When the reply arrived, epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly latencyMs: number;
}

interface Slot {
  /** Monotonic time at which the request was sent, or is meant to be. */
  startedAt: number;
  readonly result: Promise<RawBlock>;
  settled: boolean;
}

const RETRY_POLICY = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.2 };
/** Modbus that nobody has used for so long makes room for EtherNet/IP. */
const MODBUS_IDLE_MS = 10_000;
/** A request that is early by less than this waits for its slot instead of sharing the previous answer. */
const EARLY_TOLERANCE_MS = 25;

/**
 * The one connection to a physical meter. Everybody in the process who wants an assembly shares its reads: a read that
 * is under way is joined, one that is younger than the limit is given again, so the meter never sees more.
 */
export class MeterLink {
  private readonly slots = new Map<string, Slot>();
  private readonly listeners = new Set<(state: LinkState) => void>();
  private readonly recorder = new LinkRecorder();
  private current: LinkState;
  private opening: Promise<void> | undefined;
  private delays: Iterator<number, never> | undefined;
  private retryAt = 0;
  private idle: Timer | undefined;
  /** Settles when the request before has its outcome. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly minimumReadIntervalMs: number;
  private readonly transport: Transport<MeterIdentity>;
  private readonly claim: LinkClaim;
  private readonly stopListening: () => void;
  /** What the meter said of itself when the connection was opened last. */
  identity: MeterIdentity | undefined;

  constructor(
    readonly settings: LinkSettings,
    private readonly dependencies: LinkDependencies,
    private readonly arbiter: ProtocolArbiter,
  ) {
    this.current = { kind: 'idle', since: dependencies.clock.now() };
    this.minimumReadIntervalMs = shortestIntervalOf(settings);
    this.claim = new LinkClaim(settings, arbiter, dependencies.resolveHost, (reason) => this.makeRoom(reason));
    this.transport = dependencies.createTransport(settings);
    this.stopListening = this.transport.onState(({ state, error }) => {
      if (state !== 'closed' || this.current.kind !== 'connected') return;
      this.claim.release();
      this.wait(error);
    });
  }

  get state(): LinkState {
    return this.current;
  }

  /** A copy of the counters. */
  get diagnostics(): LinkDiagnostics {
    return this.recorder.snapshot(this.current);
  }

  /** When data came last, epoch milliseconds UTC, while what came after has failed. */
  get staleSince(): number | undefined {
    return this.recorder.staleSince;
  }

  /** Milliseconds for which Modbus may still be used beside a PLC; 0 when no maintenance window is open. */
  get maintenanceLeftMs(): number {
    const { meter } = this.claim;
    return meter === undefined ? 0 : this.arbiter.windowLeftMs(meter);
  }

  /**
   * Opens a maintenance window on this meter: EtherNet/IP of this process makes room for Modbus until it ends.
   * @throws Pm500Error CONFIG_INVALID for a time that is not above 0 and at most an hour, and over Modbus RTU
   */
  openMaintenanceWindow(durationMs: number): void {
    const { meter } = this.claim;
    if (meter === undefined) {
      throw new Pm500Error(
        'CONFIG_INVALID',
        `${this.where()} is read over a serial line, which disturbs no EtherNet/IP; it needs no maintenance window.`,
      );
    }
    this.arbiter.openWindow(meter, durationMs);
  }

  /** Ends the maintenance window before its time; does nothing when none is open. */
  closeMaintenanceWindow(): void {
    if (this.claim.meter !== undefined) this.arbiter.closeWindow(this.claim.meter);
  }

  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (state: LinkState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * The newest data of one block that the limits allow.
   * @throws Pm500Error what the transport said, or METER_BACKING_OFF, METER_CLOSED
   */
  read(block: Block): Promise<RawBlock> {
    const { clock } = this.dependencies;
    const key = keyOf(block);
    const slot = this.slots.get(key);
    const early = slot === undefined ? 0 : slot.startedAt + this.minimumReadIntervalMs - clock.monotonic();
    if (slot !== undefined && (!slot.settled || early > EARLY_TOLERANCE_MS)) {
      this.recorder.share();
      return slot.result;
    }
    const next: Slot = {
      startedAt: clock.monotonic() + Math.max(0, early),
      // Connecting, and the requests before this one, take time of their own: the limit counts from the request.
      result: this.readAfter(block, Math.max(0, early), () => {
        next.startedAt = clock.monotonic();
      }),
      settled: false,
    };
    const settle = (): void => {
      next.settled = true;
    };
    next.result.then(settle, settle);
    this.slots.set(key, next);
    return next.result;
  }

  /** Ends the connection for good; pending reads are rejected. */
  async close(): Promise<void> {
    if (this.current.kind === 'closed') return;
    this.enter({ kind: 'closed', since: this.dependencies.clock.now() });
    this.stopListening();
    this.listeners.clear();
    this.idle?.cancel();
    await this.transport.close();
    this.claim.release();
  }

  private async readAfter(block: Block, waitMs: number, onSend: () => void): Promise<RawBlock> {
    if (waitMs > 0) await delay(this.dependencies.clock, waitMs);
    const send = (): Promise<RawBlock> => this.readNow(block, onSend);
    const result = this.turn.then(send, send);
    this.turn = result;
    return result;
  }

  private async readNow(block: Block, onSend: () => void): Promise<RawBlock> {
    this.idle?.cancel();
    try {
      await this.ensureOpen();
      onSend();
      const raw = await this.receive(block);
      this.delays = undefined;
      this.recorder.read(raw.timestamp, raw.latencyMs);
      return raw;
    } catch (thrown) {
      const error = toPm500Error(thrown);
      // What took the connection away says more than that it is gone.
      const told = error.code === 'METER_CLOSED' && this.current.kind === 'waiting' ? this.current.error : undefined;
      this.recorder.fail(told ?? error);
      throw told ?? error;
    } finally {
      this.watchIdle();
    }
  }

  /** With implicit messages the data is as old as its frame, and that is what its latency says. */
  private async receive(block: Block): Promise<RawBlock> {
    const { clock } = this.dependencies;
    const startedAt = clock.monotonic();
    if (this.transport.receive === undefined) {
      const bytes = await this.transport.read(block);
      return { bytes, timestamp: clock.now(), latencyMs: clock.monotonic() - startedAt };
    }
    const { bytes, arrivedAt } = await this.transport.receive(block);
    const ageMs = Math.max(0, clock.monotonic() - arrivedAt);
    return { bytes, timestamp: Math.floor(clock.now() - ageMs), latencyMs: ageMs };
  }

  private ensureOpen(): Promise<void> {
    if (this.current.kind === 'closed') {
      return Promise.reject(
        new Pm500Error(
          'METER_CLOSED',
          `The connection to ${this.where()} has been closed; deploy the flow again to read it.`,
        ),
      );
    }
    if (this.transport.state === 'open' && this.opening === undefined) return Promise.resolve();
    const waitMs = this.retryAt - this.dependencies.clock.monotonic();
    if (this.opening === undefined && waitMs > 0) {
      const reason = this.current.error?.message ?? `${this.where()} does not answer.`;
      return Promise.reject(
        new Pm500Error('METER_BACKING_OFF', `${reason} The next attempt is in ${Math.ceil(waitMs / 1000)} s.`, {
          cause: this.current.error,
          retryable: true,
        }),
      );
    }
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async open(): Promise<void> {
    try {
      await this.claim.take();
    } catch (thrown) {
      const error = toPm500Error(thrown);
      this.refuse(error);
      throw error;
    }
    this.enter({ kind: 'connecting', since: this.dependencies.clock.now() });
    try {
      await this.transport.open();
      await this.identify();
    } catch (thrown) {
      const error = this.claim.isHeld ? toPm500Error(thrown, 'ENIP_CONNECT_FAILED') : this.reasonToWait(thrown);
      await this.transport.close();
      if (this.claim.isHeld) this.wait(error);
      this.claim.release();
      throw error;
    }
    if (!this.claim.isHeld) throw this.reasonToWait(undefined);
    this.recorder.connect();
    this.enter({ kind: 'connected', since: this.dependencies.clock.now() });
  }

  /** A device that refuses to say who it is may still be read; one that breaks the connection may not. */
  private async identify(): Promise<void> {
    try {
      this.identity = await this.transport.identify();
    } catch (thrown) {
      if (this.transport.state !== 'open') throw thrown;
      this.identity = undefined;
      this.dependencies.logger.warn(`${this.where()} does not tell its identity: ${toPm500Error(thrown).message}`);
    }
  }

  /** The meter is somebody else's for now. No attempt was made, so the next one need not wait. */
  private refuse(error: Pm500Error): void {
    this.retryAt = 0;
    const { kind, error: before } = this.current;
    if (kind === 'waiting' && before?.code === error.code) return;
    this.enter({ kind: 'waiting', since: this.dependencies.clock.now(), error });
  }

  private async makeRoom(reason: Pm500Error): Promise<void> {
    this.refuse(reason);
    await this.transport.close();
  }

  private reasonToWait(thrown: unknown): Pm500Error {
    return this.current.error ?? toPm500Error(thrown, 'METER_CLOSED');
  }

  /** Modbus gives the meter back when nobody reads any more. */
  private watchIdle(): void {
    if (this.settings.transport?.kind !== 'modbus-tcp' || this.current.kind === 'closed') return;
    this.idle?.cancel();
    this.idle = this.dependencies.clock.after(
      MODBUS_IDLE_MS,
      () => {
        if (this.current.kind !== 'connected') return;
        this.enter({ kind: 'idle', since: this.dependencies.clock.now() });
        // Transports close without fail.
        void this.transport.close().then(() => {
          if (this.current.kind !== 'connected') this.claim.release();
        });
      },
      true,
    );
  }

  private wait(error: Pm500Error | undefined): void {
    if (this.current.kind === 'closed') return;
    const { clock, random } = this.dependencies;
    this.delays ??= retryDelays(RETRY_POLICY, random);
    this.retryAt = clock.monotonic() + this.delays.next().value;
    this.enter({ kind: 'waiting', since: clock.now(), ...(error === undefined ? {} : { error }) });
  }

  private enter(state: LinkState): void {
    // An attempt to open that ends after `close` changes nothing any more.
    if (this.current.kind === 'closed') return;
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }

  private where(): string {
    return whereOf(this.settings);
  }
}

/** Blocks of equal content share their reads. */
function keyOf(block: Block): string {
  return block.kind === 'assembly' ? `${block.instance}/${block.sizeBytes}` : `${block.register}+${block.words}`;
}

/** What the meter sends by itself costs it nothing to be taken. */
function shortestIntervalOf({ minimumReadIntervalMs, transport }: LinkSettings): number {
  return isImplicit(transport) ? Math.min(minimumReadIntervalMs, transport.rpiMs) : minimumReadIntervalMs;
}
