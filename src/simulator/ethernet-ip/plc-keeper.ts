import type { MeterModel } from '../../meters/meter-model';
import type { Timer } from '../../support/clock';
import { toPm500Error } from '../../support/errors';
import type { CyclicDelivery } from '../../transport/ethernet-ip/wire/connection-parameters';
import type { AssemblyBlock } from '../../transport/transport';
import { startPlcOriginator, type PlcDependencies, type PlcOriginator } from './plc-originator';

/** A PLC beside a simulated meter. */
export interface PlcChoice {
  /** Requested packet interval, ms. */
  readonly rpiMs: number;
  /** Default multicast, without which many devices let nobody listen. */
  readonly delivery?: CyclicDelivery;
}

/** A PLC program tries again about every second. */
const RETRY_MS = 1000;

/**
 * A PLC that owns every assembly of one simulated meter and comes back by itself when it has lost its connections, so
 * that others can listen beside it.
 */
export class PlcKeeper {
  private current: PlcOriginator | undefined;
  private attempt: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private running = false;
  /** Ends the attempt that is under way. */
  private ending = new AbortController();

  private readonly blocks: readonly AssemblyBlock[];

  constructor(
    private readonly model: Pick<MeterModel, 'layout' | 'quirks'>,
    private readonly meter: { readonly host: string; readonly port: number },
    private readonly choice: PlcChoice,
    private readonly dependencies: PlcDependencies,
  ) {
    this.blocks = model.layout.assemblies.map(({ instance, sizeBytes }) => ({ kind: 'assembly', instance, sizeBytes }));
  }

  /** True while its connections stand. */
  get owns(): boolean {
    return this.current !== undefined;
  }

  /** Goes to work; resolves when it owns the meter or its first attempt has failed. It tries again by itself. */
  start(): Promise<void> {
    if (!this.running) {
      this.running = true;
      this.ending = new AbortController();
      this.connect();
    }
    return this.attempt;
  }

  /** Is gone without a word, as a PLC that loses power, until it is started again. */
  async die(): Promise<void> {
    const current = await this.halt();
    await current?.die();
  }

  /** Closes its connections in order. May be called twice. */
  async close(): Promise<void> {
    const current = await this.halt();
    await current?.close();
  }

  private async halt(): Promise<PlcOriginator | undefined> {
    this.running = false;
    this.timer?.cancel();
    this.ending.abort();
    await this.attempt;
    const { current } = this;
    this.current = undefined;
    return current;
  }

  private connect(): void {
    // One attempt after the other: one that ends late must not stand beside the next.
    this.attempt = this.attempt.then(async () => {
      if (!this.running || this.current !== undefined) return;
      try {
        const plc = await startPlcOriginator(
          this.model,
          { ...this.meter, delivery: 'multicast', ...this.choice, blocks: this.blocks },
          this.dependencies,
          this.ending.signal,
        );
        this.current = plc;
        void plc.ended.then(() => {
          if (this.current !== plc) return;
          this.current = undefined;
          this.retry();
        });
      } catch (thrown) {
        this.dependencies.logger.debug(`The simulated PLC waits: ${toPm500Error(thrown).message}`);
        this.retry();
      }
    });
  }

  private retry(): void {
    if (!this.running) return;
    this.timer = this.dependencies.clock.after(RETRY_MS, () => {
      this.connect();
    });
  }
}
