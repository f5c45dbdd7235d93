import { connectAsync, type MqttClient } from 'mqtt';
import { get } from 'sparkplug-payload';

/** One value of one metric as a host sees it. */
export interface SeenMetric {
  readonly device: string;
  readonly name: string;
  readonly value: unknown;
  /** When it was taken, epoch milliseconds. */
  readonly timestamp: number;
}

type Decoded = NonNullable<ReturnType<NonNullable<ReturnType<typeof get>>['decodePayload']>['metrics']>[number];

const BIRTHS = ['NBIRTH', 'DBIRTH'];
const SEQ_MODULUS = 256;

/**
 * A host application of its own: a subscriber that decodes Sparkplug payloads with the reference implementation, not
 * with the code of this package, and keeps all it saw.
 */
export class SparkplugWatch {
  /** Messages by type: NBIRTH, DBIRTH, DDATA ... */
  readonly counts = new Map<string, number>();
  readonly metrics: SeenMetric[] = [];
  /** Read to broker to subscriber, milliseconds, one for each DDATA message. */
  readonly latenciesMs: number[] = [];
  /** What breaks a rule of Sparkplug, in words. */
  readonly faults: string[] = [];
  private readonly names = new Map<string, string>();
  private lastSeq: number | undefined;

  private constructor(private readonly client: MqttClient) {}

  /** Subscribes to everything below spBv1.0, before anything is published. */
  static async start(url: string): Promise<SparkplugWatch> {
    const client = await connectAsync(url);
    const watch = new SparkplugWatch(client);
    client.on('message', (topic, payload) => {
      watch.take(topic, payload);
    });
    await client.subscribeAsync('spBv1.0/#', { qos: 1 });
    return watch;
  }

  count(type: string): number {
    return this.counts.get(type) ?? 0;
  }

  /** Names of all metrics of devices that had a value. */
  get namesSeen(): ReadonlySet<string> {
    return new Set(this.metrics.filter(({ value }) => value !== null).map(({ name }) => name));
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }

  private take(topic: string, payload: Uint8Array): void {
    const arrivedAt = Date.now();
    const [, group = '', type = '', edgeNode = '', device = ''] = topic.split('/');
    if (group === 'STATE' || type.endsWith('CMD')) return;
    this.counts.set(type, this.count(type) + 1);
    try {
      const decoded = get('spBv1.0')?.decodePayload(payload);
      if (type !== 'NDEATH') this.checkSeq(topic, type, Number(decoded?.seq));
      const seen = (decoded?.metrics ?? []).map((metric) => this.read(`${group}/${edgeNode}`, type, device, metric));
      if (device === '') return;
      this.metrics.push(...seen);
      if (type === 'DDATA') this.latenciesMs.push(arrivedAt - Math.max(...seen.map(({ timestamp }) => timestamp)));
    } catch (thrown) {
      this.faults.push(`${topic}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  private checkSeq(topic: string, type: string, seq: number): void {
    const expected = type === 'NBIRTH' ? 0 : ((this.lastSeq ?? Number.NaN) + 1) % SEQ_MODULUS;
    if (seq !== expected) this.faults.push(`${topic}: seq is ${seq}, expected ${expected}`);
    this.lastSeq = seq;
  }

  private read(edgeNode: string, type: string, device: string, metric: Decoded): SeenMetric {
    const alias =
      metric.alias === undefined || metric.alias === null ? undefined : `${edgeNode} ${String(metric.alias)}`;
    const given = metric.name === undefined || metric.name === null || metric.name === '' ? undefined : metric.name;
    if (alias !== undefined && given !== undefined && BIRTHS.includes(type)) this.names.set(alias, given);
    const name = given ?? (alias === undefined ? undefined : this.names.get(alias));
    if (name === undefined)
      throw new Error(`a metric has neither a name nor an alias of a birth (${String(metric.alias)})`);
    return { device, name, value: metric.isNull === true ? null : metric.value, timestamp: Number(metric.timestamp) };
  }
}
