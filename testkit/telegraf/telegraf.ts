import { dirname } from 'node:path';
import {
  flagOf,
  numberOf,
  readConfigurationFile,
  tagsOf,
  textOf,
  textsOf,
  type Configuration,
  type Environment,
  type Plugin,
} from './configuration';
import { Listener } from './listener';
import { lineOf, type TelegrafMetric } from './metric';
import { ModbusInput } from './modbus';
import { MqttConsumer } from './mqtt-consumer';
import { runStarlark } from './starlark';

/** Tags of the plugin are added where a metric lacks them, then those of `tagexclude` go (models/running_input.go). */
function throughInput({ settings }: Plugin, metric: TelegrafMetric): readonly TelegrafMetric[] {
  for (const filter of ['namepass', 'namedrop', 'fieldinclude', 'fieldexclude', 'taginclude', 'metricpass']) {
    if (settings[filter] !== undefined) throw new Error(`${filter} is not known here`);
  }
  const excluded = textsOf(settings, 'tagexclude');
  const tags = Object.entries({ ...tagsOf(settings), ...metric.tags }).filter(([tag]) => !excluded.includes(tag));
  // A metric without fields is dropped without a word.
  return Object.keys(metric.fields).length === 0 ? [] : [{ ...metric, tags: Object.fromEntries(tags) }];
}

/**
 * An interpreter of the documented semantics of Telegraf: it reads a configuration file of Telegraf and does what its
 * plugins would. It stands in for Telegraf where none is to be had, knows only what the configurations of this package
 * use, and refuses everything else. Outputs write when `flush` is called, so that tests do not wait.
 */
export class Telegraf {
  /** What has passed the processors and was not written yet, oldest first. */
  readonly buffer: TelegrafMetric[] = [];
  /** Everything that has passed the processors. */
  readonly metrics: TelegrafMetric[] = [];
  readonly errors: string[] = [];
  /** Metrics that the buffer lost because it was full. */
  dropped = 0;
  readonly modbus: readonly ModbusInput[];
  readonly listeners: Listener[] = [];
  private readonly configuration: Configuration;
  private readonly consumers: MqttConsumer[] = [];
  private readonly modbusPlugins: readonly Plugin[];

  /**
   * Does what `telegraf config check` does: reads the file and sets the plugins up without starting them.
   * @throws Error for what Telegraf would not start with
   */
  constructor(
    file: string,
    environment: Environment,
    private readonly onMetric: () => void = () => undefined,
  ) {
    this.configuration = readConfigurationFile(file, environment);
    const { agent, inputs } = this.configuration;
    if (!flagOf(agent, 'omit_hostname')) throw new Error('here the tag host is left out');
    this.modbusPlugins = inputs.filter(({ name }) => name === 'modbus');
    this.modbus = this.modbusPlugins.map(({ settings }) => new ModbusInput(settings));
    for (const plugin of inputs) {
      const take = (metrics: readonly TelegrafMetric[]): void => {
        this.accept(plugin, metrics);
      };
      if (plugin.name === 'influxdb_v2_listener') this.listeners.push(new Listener(plugin.settings, take));
      if (plugin.name !== 'mqtt_consumer') continue;
      const consumer = new MqttConsumer(plugin.settings, dirname(file));
      this.consumers.push(consumer);
      this.starts.push(() => consumer.start(take, this.fail));
    }
  }

  private readonly starts: (() => Promise<void>)[] = [];

  private readonly fail = (error: unknown): void => {
    this.errors.push(error instanceof Error ? error.message : String(error));
  };

  /** Starts what listens. */
  async start(): Promise<void> {
    await Promise.all([...this.listeners.map((each) => each.start()), ...this.starts.map((start) => start())]);
  }

  /** One interval of the inputs that are polled. */
  async gather(now: number): Promise<void> {
    for (const [index, input] of this.modbus.entries()) {
      const plugin = this.modbusPlugins[index];
      if (plugin !== undefined) this.accept(plugin, await input.gather(now, this.fail));
    }
  }

  /**
   * One flush of the only output: a batch after the other, until one fails.
   * @throws Error where the output is not InfluxDB 2
   */
  async flush(): Promise<void> {
    const [output, ...others] = this.configuration.outputs;
    if (output?.name !== 'influxdb_v2' || others.length > 0) throw new Error('here the output is one InfluxDB 2');
    const { settings } = output;
    const [url] = textsOf(settings, 'urls');
    const query = new URLSearchParams({
      bucket: textOf(settings, 'bucket'),
      org: textOf(settings, 'organization'),
    });
    while (this.buffer.length > 0) {
      const batch = this.buffer.slice(0, numberOf(this.configuration.agent, 'metric_batch_size', 1000));
      const lines = batch.flatMap((metric) => lineOf(metric) ?? []);
      const response = await fetch(`${String(url)}/api/v2/write?${query.toString()}`, {
        method: 'POST',
        headers: { authorization: `Token ${textOf(settings, 'token')}` },
        body: lines.join('\n'),
      }).catch(this.fail);
      if (response?.ok !== true) return;
      this.buffer.splice(0, batch.length);
      for (const listener of this.listeners) listener.delivered(batch.length);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([
      ...this.listeners.map((each) => each.stop()),
      ...this.consumers.map((each) => each.stop()),
      ...this.modbus.map((each) => each.close()),
    ]);
  }

  private accept(plugin: Plugin, given: readonly TelegrafMetric[]): void {
    let metrics = given.flatMap((metric) => throughInput(plugin, metric));
    for (const { name, settings } of this.configuration.processors) {
      if (name !== 'starlark') throw new Error(`the processor ${name} is not known here`);
      if (metrics.length > 0) metrics = [...runStarlark(settings, metrics)];
    }
    this.metrics.push(...metrics);
    this.buffer.push(...metrics);
    const over = this.buffer.length - numberOf(this.configuration.agent, 'metric_buffer_limit', 10_000);
    if (over > 0) this.dropped += this.buffer.splice(0, over).length;
    this.onMetric();
  }
}
