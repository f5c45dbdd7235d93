import { MeterRegistry, type AcquiredMeter } from '../../src/acquisition/meter-registry';
import { settingsOf, type MeterChoice } from '../../src/acquisition/meter-settings';
import type { ResolveHost } from '../../src/acquisition/link-claim';
import { silentLogger } from '../../src/support/logger';
import type { ProductIdentity } from '../../src/transport/transport';
import { FakeClock } from '../fake-clock';
import { ScriptedTransport } from './scripted-transport';
import { PM500 } from '../../src/meters/pm500';

export const HOST = '10.0.0.5';

export const PRODUCT: ProductIdentity = {
  firmwareBase: 'A.7',
  firmwareCommunication: 'A.2',
  firmwareAnalog: '',
  letters: 'SIM0940000001',
};

export interface BenchMeter extends AcquiredMeter {
  /** The transport of its connection, the last one that was made. */
  readonly transport: ScriptedTransport;
}

/** Meters over scripted transports, with a registry of their own and a clock that stands still. */
export class MeterBench {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly transports: ScriptedTransport[] = [];
  /** Where the connection that was made last would go now. */
  addressOf: () => string = () => HOST;
  private readonly registry: MeterRegistry;

  constructor(resolveHost?: ResolveHost) {
    this.registry = new MeterRegistry({
      clock: this.clock,
      random: () => 0,
      logger: {
        ...silentLogger,
        warn: (message) => this.warnings.push(message),
        info: (message) => this.notes.push(message),
      },
      createTransport: ({ transport }, { address }) => {
        this.addressOf = address;
        const scripted = new ScriptedTransport(this.clock);
        if (transport?.kind.startsWith('modbus') === true) scripted.identity = PRODUCT;
        this.transports.push(scripted);
        return scripted;
      },
      ...(resolveHost === undefined ? {} : { resolveHost }),
    });
  }

  acquire(choice: Partial<MeterChoice>): BenchMeter {
    const acquired = this.registry.acquire(
      settingsOf(PM500, { name: choice.transport ?? 'ucmm', host: HOST, ...choice }),
    );
    const transport = this.transports.at(-1);
    if (transport === undefined) throw new Error('no transport was made');
    return { ...acquired, transport };
  }

  /** Reads the status group, and tells the code of each block that failed. */
  async read({ session }: AcquiredMeter, groups: readonly string[] = ['status'], waitMs = 50): Promise<string> {
    const reading = session.readGroups(groups);
    await this.clock.advance(waitMs);
    return (await reading).blocks.map(({ error }) => error?.code ?? 'ok').join();
  }
}
