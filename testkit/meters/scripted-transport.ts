import { DEVICE_TYPE, PRODUCT_NAME, VENDOR_ID } from '../../src/meters/pm500/identity';
import { delay } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import type {
  Block,
  Identity,
  MeterIdentity,
  Transport,
  TransportState,
  TransportStateChange,
} from '../../src/transport/transport';
import type { FakeClock } from '../fake-clock';

export const IDENTITY: Identity = {
  vendorId: VENDOR_ID,
  deviceType: DEVICE_TYPE,
  productCode: 7,
  revision: { major: 1, minor: 1 },
  status: 0,
  serialNumber: 940_000_001,
  productName: PRODUCT_NAME,
};

/** A transport whose behavior a test scripts; times are those of the fake clock. */
export class ScriptedTransport implements Transport<MeterIdentity> {
  state: TransportState = 'closed';
  opens = 0;
  closes = 0;
  /** Assembly instance or printed register, and when it was asked for by the monotonic clock. */
  readonly reads: { instance: number; at: number }[] = [];
  /** How long closing takes, ms. */
  closeTakesMs = 0;
  openError: Pm500Error | undefined;
  openTakesMs = 0;
  readTakesMs = 5;
  onIdentified: (() => void) | undefined;
  private wire: Promise<unknown> = Promise.resolve();
  readError: Pm500Error | undefined;
  identity: MeterIdentity = IDENTITY;
  private readonly listeners = new Set<(change: TransportStateChange) => void>();

  constructor(private readonly clock: FakeClock) {}

  async open(): Promise<void> {
    this.opens++;
    if (this.openError !== undefined) throw this.openError;
    const { closes } = this;
    if (this.openTakesMs > 0) await delay(this.clock, this.openTakesMs);
    if (this.closes > closes) throw new Pm500Error('METER_CLOSED', 'It was closed before it was open.');
    this.enter({ state: 'open' });
  }

  read(block: Block): Promise<Uint8Array> {
    if (this.state !== 'open') return Promise.reject(new Pm500Error('METER_CLOSED', 'There is no connection.'));
    // One request on the wire: the next one leaves when the reply is there.
    const reply = this.wire.then(async () => {
      this.reads.push({
        instance: block.kind === 'assembly' ? block.instance : block.register,
        at: this.clock.monotonic(),
      });
      await delay(this.clock, this.readTakesMs);
      if (this.readError !== undefined) throw this.readError;
      if (this.state !== 'open')
        throw new Pm500Error('METER_CLOSED', 'The connection was closed before the reply came.');
      return new Uint8Array(block.kind === 'assembly' ? block.sizeBytes : 2 * block.words);
    });
    this.wire = reply.catch(() => undefined);
    return reply;
  }

  identify(): Promise<MeterIdentity> {
    queueMicrotask(() => this.onIdentified?.());
    return Promise.resolve(this.identity);
  }

  async close(): Promise<void> {
    this.closes++;
    this.enter({ state: 'closed' });
    if (this.closeTakesMs > 0) await delay(this.clock, this.closeTakesMs);
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  drop(error: Pm500Error): void {
    this.enter({ state: 'closed', error });
  }

  private enter(change: TransportStateChange): void {
    this.state = change.state;
    for (const listener of this.listeners) listener(change);
  }
}
