import { flagOf, tablesOf, textOf, type Settings } from './configuration';
import type { FieldValue, TelegrafMetric } from './metric';
import { openModbus, type ModbusConnection } from './modbus-client';
import { readsOf, type ModbusRead } from './modbus-requests';

/** `inputs.modbus` in the style `request`, by plugins/inputs/modbus/README.md and modbus.go. */
export class ModbusInput {
  readonly reads: readonly ModbusRead[];
  private readonly closesAfterGather: boolean;
  private connection: ModbusConnection | undefined;

  /** @throws Error for what the plugin would not start with */
  constructor(private readonly settings: Settings) {
    if (textOf(settings, 'name') === '') throw new Error('device name is empty');
    this.reads = readsOf(settings);
    const [workarounds = {}] = tablesOf(settings, 'workarounds');
    this.closesAfterGather = flagOf(workarounds, 'close_connection_after_gather');
  }

  /** True while a socket or port is open. */
  get isConnected(): boolean {
    return this.connection !== undefined;
  }

  /**
   * One collection of all values: a unit whose read fails gives none, and the connection is opened anew. All fields of
   * a unit with the same measurement and tags become one metric.
   * @throws Error where the meter cannot be connected to
   */
  async gather(now: number, onError: (error: unknown) => void): Promise<readonly TelegrafMetric[]> {
    this.connection ??= await openModbus(this.settings);
    const metrics: TelegrafMetric[] = [];
    for (const unit of new Set(this.reads.map((each) => each.unit))) {
      try {
        metrics.push(...(await this.readUnit(unit, this.connection, now)));
      } catch (error) {
        onError(error);
        await this.close();
        this.connection = await openModbus(this.settings);
      }
    }
    if (this.closesAfterGather) await this.close();
    return metrics;
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private async readUnit(unit: number, connection: ModbusConnection, now: number): Promise<readonly TelegrafMetric[]> {
    const groups = new Map<string, { readonly metric: TelegrafMetric; readonly fields: Record<string, FieldValue> }>();
    for (const read of this.reads) {
      if (read.unit !== unit) continue;
      const bytes = await connection.read(read);
      for (const { measurement, name, address, words, tags: own, convert } of read.fields) {
        const type = flagOf(this.settings, 'exclude_register_type_tag')
          ? {}
          : { type: read.functionCode === 4 ? 'input_register' : 'holding_register' };
        const tags = { name: textOf(this.settings, 'name'), slave_id: String(unit), ...type, ...own };
        const key = JSON.stringify([measurement, tags]);
        let group = groups.get(key);
        if (group === undefined) {
          const fields: Record<string, FieldValue> = {};
          group = { fields, metric: { name: measurement, tags, fields, timestamp: now } };
          groups.set(key, group);
        }
        const from = 2 * (address - read.address);
        group.fields[name] = convert(bytes.subarray(from, from + 2 * words));
      }
    }
    return [...groups.values()].map(({ metric }) => metric);
  }
}
