import { delay, type Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import type { Block, MeterIdentity, Transport } from '../transport/transport';
import { BackOff } from './back-off';
import { idleWatchFor, type IdleWatch } from './idle-watch';
import { LinkClaim, type ResolveHost } from './link-claim';
import { LinkRecorder, type LinkDiagnostics } from './link-diagnostics';
import type { LinkState } from './link-state';
import { whereOf } from './meter-address';
import { isImplicit, shortestIntervalOf, type LinkSettings } from './meter-settings';
import type { ProtocolArbiter } from './protocol-arbiter';
import type { Route } from './link-transport';
import type { OpeningPace } from './opening-pace';
import { LossWatch } from './loss-watch';
import { keyOf, rawBlockOf, receiveBlock, type RawBlock } from './raw-block';
import { ReadSlots, type RequestProgress } from './read-slots';
import { Turns } from './turns';

export interface LinkDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly createTransport: (settings: LinkSettings, route: Route) => Transport<MeterIdentity>;
  /** Says which protocol may be used now; default: one for each registry. */
  readonly arbiter?: ProtocolArbiter;
  /** Finds out that a name and an address mean one meter; default: they are two. */
  readonly resolveHost?: ResolveHost;
  /** Settles when a connection may be tried; default: at any time. */
  readonly whenReady?: () => Promise<void>;
}

/**
 * The one connection to a physical meter, shared by everybody in the process who reads it this way. It is opened by the
 * first read and comes back by itself; a meter that does not answer is asked ever less often.
 */
export class MeterLink {
  private readonly slots: ReadSlots<RawBlock>;
  private readonly listeners = new Set<(state: LinkState) => void>();
  private readonly recorder = new LinkRecorder();
  private current: LinkState;
  private opening: Promise<void> | undefined;
  private readonly backOff: BackOff;
  private readonly idle: IdleWatch | undefined;
  private readonly turns = new Turns();
  private readonly transport: Transport<MeterIdentity>;
  private readonly claim: LinkClaim;
  private readonly stopListening: () => void;
  readonly loss = new LossWatch();
  /** What the meter said of itself when the connection was opened last. */
  identity: MeterIdentity | undefined;

  constructor(
    readonly settings: LinkSettings,
    private readonly dependencies: LinkDependencies,
    private readonly arbiter: ProtocolArbiter,
    private readonly pace: OpeningPace,
  ) {
    const { clock } = dependencies;
    this.current = { kind: 'idle', since: clock.now() };
    this.backOff = new BackOff(clock, dependencies.random);
    this.idle = idleWatchFor(settings, clock, () => {
      this.leaveIdle();
    });
    this.slots = new ReadSlots(shortestIntervalOf(settings), clock, () => {
      this.recorder.share();
    });
    this.claim = new LinkClaim(settings, arbiter, dependencies.resolveHost, clock, (reason) => this.makeRoom(reason));
    this.transport = dependencies.createTransport(settings, {
      address: () => this.claim.address,
      connectTimeoutMs: () => this.backOff.connectTimeoutMs(settings.connectTimeoutMs),
    });
    this.stopListening = this.transport.onState(({ state, error }) => {
      if (state !== 'closed' || this.current.kind !== 'connected') return;
      if (this.idle?.isQuiet === true) this.leaveIdle();
      else {
        this.claim.release();
        this.wait(error, true);
      }
    });
  }

  get state(): LinkState {
    return this.current;
  }

  /** True where the meter sends by itself, so that blocks may be waited for together. */
  get receives(): boolean {
    return isImplicit(this.settings.transport);
  }

  /** A copy of the counters. */
  get diagnostics(): LinkDiagnostics {
    return this.recorder.snapshot(this.current, this.transport.traffic);
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
      const message = `${this.where()} is read over a serial line, which disturbs no EtherNet/IP; it needs no maintenance window.`;
      throw new Pm500Error('CONFIG_INVALID', message);
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
   * @throws Pm500Error what the transport said, now or when the meter was asked last, or METER_CLOSED
   */
  read(block: Block): Promise<RawBlock> {
    return this.slots.read(keyOf(block), (waitMs, progress) => this.readAfter(block, waitMs, progress));
  }

  /** Ends the connection for good; pending reads are rejected. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.enter({ kind: 'closed' });
    this.stopListening();
    this.listeners.clear();
    this.idle?.stop();
    await this.transport.close();
    this.claim.release();
  }

  private readAfter(block: Block, waitMs: number, progress: RequestProgress): Promise<RawBlock> {
    const read = (): Promise<RawBlock> => this.readNow(block, progress);
    // What the meter sends by itself takes turns with nothing.
    const readInTurn = (): Promise<RawBlock> => (this.receives ? read() : this.turns.take(read));
    return waitMs > 0 ? delay(this.dependencies.clock, waitMs).then(readInTurn) : readInTurn();
  }

  private async readNow(block: Block, progress: RequestProgress): Promise<RawBlock> {
    this.idle?.begin();
    try {
      const opening = this.ensureOpen();
      if (opening !== undefined) await opening;
      progress.sent();
      const { clock } = this.dependencies;
      const startedAt = clock.monotonic();
      const raw = rawBlockOf(await receiveBlock(this.transport, block), startedAt, clock);
      this.backOff.reset();
      this.recorder.read(raw.timestamp, raw.latencyMs);
      return raw;
    } catch (thrown) {
      const error = toPm500Error(thrown);
      // What took the connection away says more than that it is gone.
      const told = error.code === 'METER_CLOSED' && this.current.kind === 'waiting' ? this.current.error : undefined;
      this.recorder.fail(told ?? error);
      throw told ?? error;
    } finally {
      progress.ended();
      if (!this.receives) this.turns.end();
      if (!this.isClosed) this.idle?.end();
    }
  }

  /** @returns undefined when it is open */
  private ensureOpen(): Promise<void> | undefined {
    if (this.isClosed) return Promise.reject(this.closedError());
    if (this.transport.state === 'open' && this.opening === undefined) return undefined;
    const refusal = this.opening === undefined ? this.backOff.refusal(this.current.error, this.where()) : undefined;
    if (refusal !== undefined) return Promise.reject(refusal);
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async open(): Promise<void> {
    await this.dependencies.whenReady?.();
    await this.pace.turn();
    this.backOff.begin();
    await this.claim.lookUp().catch((thrown: unknown) => {
      this.wait(toPm500Error(thrown));
      throw thrown;
    });
    try {
      await this.claim.take();
    } catch (thrown) {
      const error = toPm500Error(thrown);
      this.refuse(error);
      throw error;
    }
    if (this.isClosed) {
      this.claim.release();
      throw this.closedError();
    }
    this.enter({ kind: 'connecting' });
    try {
      await this.backOff.timed(this.transport.open());
      await this.identify();
    } catch (thrown) {
      const error = this.claim.isHeld
        ? toPm500Error(thrown, 'ENIP_CONNECT_FAILED')
        : (this.current.error ?? toPm500Error(thrown, 'METER_CLOSED'));
      await this.transport.close();
      if (this.claim.isHeld) this.wait(error);
      this.claim.release();
      throw error;
    }
    if (!this.claim.isHeld) throw this.current.error ?? this.closedError();
    this.recorder.connect();
    this.enter({ kind: 'connected' });
  }

  /** A device that refuses to say who it is may still be read; one that breaks the connection may not. */
  private async identify(): Promise<void> {
    const { identity: before } = this;
    try {
      this.identity = await this.transport.identify();
    } catch (thrown) {
      if (this.transport.state !== 'open') throw thrown;
      this.identity = undefined;
      this.dependencies.logger.warn(`${this.where()} does not tell its identity: ${toPm500Error(thrown).message}`);
    }
    this.claim.checkDevice(before, this.identity);
  }

  /** The meter is somebody else's for now. No attempt was made, so the next one need not wait. */
  private refuse(error: Pm500Error): void {
    this.backOff.skip();
    const { kind, error: before } = this.current;
    if (kind === 'waiting' && before?.code === error.code) return;
    this.enter({ kind: 'waiting', error });
  }

  private async makeRoom(reason: Pm500Error): Promise<void> {
    this.refuse(reason);
    await this.transport.close();
  }

  /** Nobody reads any more. The next read opens the connection again; Modbus gives the meter back until then. */
  private leaveIdle(): void {
    if (this.current.kind !== 'connected') return;
    this.enter({ kind: 'idle' });
    // Transports close without fail.
    void this.transport.close().then(() => {
      if (this.current.kind === 'idle' && this.settings.transport?.kind === 'modbus-tcp') this.claim.release();
    });
  }

  private wait(error: Pm500Error | undefined, wasOpen = false): void {
    if (this.isClosed) return;
    this.backOff.extend(error, wasOpen);
    this.enter({ kind: 'waiting', ...(error === undefined ? {} : { error }) });
  }

  private enter(state: Omit<LinkState, 'since'>): void {
    // An attempt to open that ends after `close` changes nothing any more.
    if (this.isClosed) return;
    this.current = { ...state, since: this.dependencies.clock.now() };
    for (const listener of this.listeners) listener(this.current);
  }

  private get isClosed(): boolean {
    return this.current.kind === 'closed';
  }

  private closedError(): Pm500Error {
    return new Pm500Error(
      'METER_CLOSED',
      `The connection to ${this.where()} has been closed; deploy the flow again to read it.`,
    );
  }

  private where(): string {
    return whereOf(this.settings);
  }
}
