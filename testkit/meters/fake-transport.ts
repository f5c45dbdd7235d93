import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { StateBroadcast } from '../../src/transport/state-broadcast';
import {
  blockUnsupported,
  type AssemblyBlock,
  type Block,
  type Identity,
  type Transport,
  type TransportState,
  type TransportStateChange,
} from '../../src/transport/transport';

const IDENTITY: Identity = {
  vendorId: 1,
  deviceType: 0x92,
  productCode: 7,
  revision: { major: 2, minor: 13 },
  status: 0,
  serialNumber: 940_000_001,
  productName: 'PowerMonitor 500',
};

interface Call {
  readonly run: () => void;
  readonly reject: (error: Pm500Error) => void;
}

/** A meter in memory that keeps the contract of `Transport`; tests set what it holds and how it fails. */
export class FakeTransport implements Transport {
  readonly assemblies = new Map<number, Uint8Array>();
  /** Errors thrown instead of an assembly's data; the connection stays open. */
  readonly refusals = new Map<number, Pm500Error>();
  identity: Identity = IDENTITY;
  /** While set, `open` fails with it. */
  openError: Pm500Error | undefined;
  /** While true, nothing is answered: calls wait for `release`. */
  stalled = false;
  opens = 0;
  /** Instances read, in order. */
  readonly reads: number[] = [];
  private readonly broadcast = new StateBroadcast(silentLogger);
  private waiting: Call[] = [];

  get state(): TransportState {
    return this.broadcast.state;
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    return this.broadcast.onState(listener);
  }

  open(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(stopped());
    if (this.state === 'open') return Promise.resolve();
    this.opens++;
    this.broadcast.enter('opening');
    return this.call(signal, () => {
      const error = this.openError;
      this.broadcast.enter(error === undefined ? 'open' : 'closed', error);
      if (error !== undefined) throw error;
    });
  }

  read(block: Block, signal?: AbortSignal): Promise<Uint8Array> {
    if (block.kind !== 'assembly') return Promise.reject(blockUnsupported(block, 'this transport'));
    if (this.state !== 'open') return Promise.reject(closed());
    this.reads.push(block.instance);
    return this.call(signal, () => this.take(block));
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    if (this.state !== 'open') return Promise.reject(closed());
    return this.call(signal, () => this.identity);
  }

  close(): Promise<void> {
    this.end(closed());
    return Promise.resolve();
  }

  /** Answers what waits, and from now on at once. */
  release(): void {
    this.stalled = false;
    for (const call of this.waiting.splice(0)) call.run();
  }

  /** The connection breaks. */
  drop(
    error = new Pm500Error('ENIP_CONNECTION_LOST', 'The connection to the meter was lost.', { retryable: true }),
  ): void {
    this.end(error, error);
  }

  private end(rejection: Pm500Error, error?: Pm500Error): void {
    const calls = this.waiting.splice(0);
    this.broadcast.enter('closed', error);
    for (const call of calls) call.reject(rejection);
  }

  private take(block: AssemblyBlock): Uint8Array {
    const refusal = this.refusals.get(block.instance);
    if (refusal !== undefined) throw refusal;
    const bytes = this.assemblies.get(block.instance);
    if (bytes === undefined) {
      throw new Pm500Error('CIP_STATUS', `Assembly ${block.instance} does not exist; check the device.`, {
        details: { generalStatus: 0x05, extendedStatus: [] },
      });
    }
    if (bytes.length === block.sizeBytes) return new Uint8Array(bytes);
    throw new Pm500Error('METER_SIZE_MISMATCH', `Assembly ${block.instance} has another size; correct the layout.`, {
      details: { assembly: block.instance, gotBytes: bytes.length, expectedBytes: block.sizeBytes },
    });
  }

  private call<Result>(signal: AbortSignal | undefined, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(stopped());
        return;
      }
      const run = (): void => {
        try {
          resolve(work());
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      if (!this.stalled) {
        queueMicrotask(run);
        return;
      }
      const call = { run, reject };
      this.waiting.push(call);
      signal?.addEventListener('abort', () => {
        if (!this.waiting.includes(call)) return;
        this.waiting.splice(this.waiting.indexOf(call), 1);
        reject(stopped());
        this.drop();
      });
    });
  }
}

function stopped(): Pm500Error {
  return new Pm500Error('ABORTED', 'The call was stopped on request.');
}

function closed(): Pm500Error {
  return new Pm500Error('METER_CLOSED', 'There is no connection to the meter; open it before reading.');
}
