import { CATALOG_NUMBERS, DEVICE_TYPE, VENDOR_ID } from '../meter/identity';
import { delay, type Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import type { Block, Identity, Transport } from '../transport/transport';
import type { Messaging } from './link-transport';

/** How to reach one physical meter, and how gently. */
export interface LinkSettings {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly replyTimeoutMs: number;
  /** Least time between two reads of one assembly, whatever is asked. */
  readonly minimumReadIntervalMs: number;
  /** How the meter is reached; absent: explicit messages by UCMM. */
  readonly messaging?: Messaging;
}

export interface LinkDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly createTransport: (settings: LinkSettings) => Transport;
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
/** A request that is early by less than this waits for its slot instead of sharing the previous answer. */
const EARLY_TOLERANCE_MS = 25;

/**
 * The one connection to a physical meter. Everybody in the process who wants an assembly shares its reads: a read that
 * is under way is joined, one that is younger than the limit is given again, so the meter never sees more.
 */
export class MeterLink {
  private readonly slots = new Map<string, Slot>();
  private readonly listeners = new Set<(state: LinkState) => void>();
  private current: LinkState;
  private opening: Promise<void> | undefined;
  private delays: Iterator<number, never> | undefined;
  private retryAt = 0;
  /** Settles when the request before has its outcome. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly transport: Transport;
  private readonly stopListening: () => void;
  /** What the meter said of itself when the connection was opened last. */
  identity: Identity | undefined;

  constructor(
    readonly settings: LinkSettings,
    private readonly dependencies: LinkDependencies,
  ) {
    this.current = { kind: 'idle', since: dependencies.clock.now() };
    this.transport = dependencies.createTransport(settings);
    this.stopListening = this.transport.onState(({ state, error }) => {
      if (state === 'closed' && this.current.kind === 'connected') this.wait(error);
    });
  }

  get state(): LinkState {
    return this.current;
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
    const early = slot === undefined ? 0 : slot.startedAt + this.settings.minimumReadIntervalMs - clock.monotonic();
    if (slot !== undefined && (!slot.settled || early > EARLY_TOLERANCE_MS)) return slot.result;
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
    await this.transport.close();
  }

  private async readAfter(block: Block, waitMs: number, onSend: () => void): Promise<RawBlock> {
    if (waitMs > 0) await delay(this.dependencies.clock, waitMs);
    const send = (): Promise<RawBlock> => this.readNow(block, onSend);
    const result = this.turn.then(send, send);
    this.turn = result;
    return result;
  }

  private async readNow(block: Block, onSend: () => void): Promise<RawBlock> {
    const { clock } = this.dependencies;
    await this.ensureOpen();
    onSend();
    const startedAt = clock.monotonic();
    const bytes = await this.transport.read(block);
    this.delays = undefined;
    return { bytes, timestamp: clock.now(), latencyMs: clock.monotonic() - startedAt };
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
    this.enter({ kind: 'connecting', since: this.dependencies.clock.now() });
    try {
      await this.transport.open();
      await this.identify();
    } catch (thrown) {
      const error = toPm500Error(thrown, 'ENIP_CONNECT_FAILED');
      await this.transport.close();
      this.wait(error);
      throw error;
    }
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
    const mismatch = this.identity === undefined ? undefined : describeMismatch(this.identity);
    if (mismatch !== undefined) this.dependencies.logger.warn(`${this.where()} ${mismatch}`);
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
    return `${this.settings.host}:${this.settings.port}`;
  }
}

/** Blocks of equal content share their reads. */
function keyOf(block: Block): string {
  return block.kind === 'assembly' ? `${block.instance}/${block.sizeBytes}` : `${block.register}+${block.words}`;
}

/** Why an identity is not that of a PowerMonitor 500, as the end of a sentence; undefined when it is. */
export function describeMismatch(identity: Identity, expectedCatalogNumber?: string): string | undefined {
  if (identity.vendorId !== VENDOR_ID || identity.deviceType !== DEVICE_TYPE) {
    return `says it is "${identity.productName}" (vendor ${identity.vendorId}, device type ${identity.deviceType}), not a PowerMonitor 500; check the address.`;
  }
  const row = CATALOG_NUMBERS.find(({ productCode }) => productCode === identity.productCode);
  if (row === undefined)
    return `has product code ${identity.productCode}, which no PowerMonitor 500 has; check the address.`;
  if (expectedCatalogNumber !== undefined && row.catalogNumber !== expectedCatalogNumber) {
    return `is a ${row.catalogNumber}, but ${expectedCatalogNumber} is configured; correct the configuration or the address.`;
  }
  return undefined;
}
