import { connectAsync, type MqttClient } from 'mqtt';
import { org } from 'sparkplug-payload/lib/sparkplugPayloadProto';

/** One value of one metric as a host sees it. */
export interface SeenMetric {
  readonly device: string;
  readonly name: string;
  readonly value: unknown;
  /** When it was taken, epoch milliseconds. */
  readonly timestamp: number;
  /** True for a value of earlier, which a host does not take for the present one. */
  readonly isHistorical: boolean;
  /** OPC quality code; 192, good, where the metric has none. */
  readonly quality: number;
  /** Why it is not good, as the host was told last; empty where it is good or nothing was said. */
  readonly reason: string;
}

const { DataType, Payload } = org.eclipse.tahu.protobuf;
type Decoded = org.eclipse.tahu.protobuf.Payload.IMetric;

/** What a birth says of a metric; data may then carry the alias and the value alone. */
interface Definition {
  readonly name: string;
  readonly datatype: number;
}

/** Where a value of a datatype stands; only the datatypes that a meter has. */
const VALUE_FIELDS: Readonly<
  Record<number, 'intValue' | 'floatValue' | 'doubleValue' | 'booleanValue' | 'stringValue'>
> = {
  [DataType.UInt32]: 'intValue',
  [DataType.Float]: 'floatValue',
  [DataType.Double]: 'doubleValue',
  [DataType.Boolean]: 'booleanValue',
  [DataType.String]: 'stringValue',
};

const BIRTHS = ['NBIRTH', 'DBIRTH'];
const SEQ_MODULUS = 256;
const GOOD = 192;

type PropertyValue = org.eclipse.tahu.protobuf.Payload.IPropertyValue;

function propertyOf({ properties }: Decoded, key: string): PropertyValue | undefined {
  return properties?.values?.[properties.keys?.indexOf(key) ?? -1];
}

/**
 * A host application of its own: a subscriber that decodes Sparkplug payloads with the public schema, not with the
 * code of this package, and keeps all it saw.
 */
export class SparkplugWatch {
  /** Messages by type: NBIRTH, DBIRTH, DDATA ... */
  readonly counts = new Map<string, number>();
  readonly metrics: SeenMetric[] = [];
  /** Read to broker to subscriber, milliseconds, one for each DDATA message. */
  readonly latenciesMs: number[] = [];
  /** What breaks a rule of Sparkplug, in words. */
  readonly faults: string[] = [];
  private readonly definitions = new Map<string, Definition>();
  /** The reason that was said last of each metric: data repeats the quality alone while it lasts. */
  private readonly reasons = new Map<string, string>();
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
    if (group === 'STATE' || type.endsWith('CMD') || !this.isBorn(type)) return;
    this.counts.set(type, this.count(type) + 1);
    try {
      const decoded = Payload.decode(payload);
      // Nothing but a birth may follow a death; and nothing that a birth before said is known any more.
      if (type === 'NDEATH') this.lastSeq = Number.NaN;
      else this.checkSeq(topic, type, Number(decoded.seq));
      if (type === 'NBIRTH') this.definitions.clear();
      if (device === '') return;
      const place = `${group}/${edgeNode}`;
      if (BIRTHS.includes(type)) for (const metric of decoded.metrics) this.define(place, metric);
      // Values of earlier stand for themselves: what the message says of one holds for those that follow in it.
      const earlier = new Map<string, string>();
      const seen = decoded.metrics.map((metric) =>
        this.read(place, device, metric, metric.isHistorical === true ? earlier : this.reasons),
      );
      this.metrics.push(...seen);
      const present = seen.filter(({ isHistorical }) => !isHistorical);
      if (type !== 'DDATA' || present.length === 0) return;
      this.latenciesMs.push(arrivedAt - Math.max(...present.map(({ timestamp }) => timestamp)));
    } catch (thrown) {
      this.faults.push(`${topic}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  /** A host ignores what comes before the birth of the edge node. */
  private isBorn(type: string): boolean {
    return type === 'NBIRTH' || this.lastSeq !== undefined;
  }

  private checkSeq(topic: string, type: string, seq: number): void {
    const expected = type === 'NBIRTH' ? 0 : ((this.lastSeq ?? Number.NaN) + 1) % SEQ_MODULUS;
    if (seq !== expected) this.faults.push(`${topic}: seq is ${seq}, expected ${expected}`);
    this.lastSeq = seq;
  }

  private define(place: string, { name, alias, datatype }: Decoded): void {
    this.definitions.set(`${place} ${String(alias)}`, { name: name ?? '', datatype: datatype ?? 0 });
  }

  private read(place: string, device: string, metric: Decoded, reasons: Map<string, string>): SeenMetric {
    const definition = this.definitions.get(`${place} ${String(metric.alias)}`);
    if (definition === undefined) throw new Error(`alias ${String(metric.alias)} is of no birth`);
    const { name, datatype } = definition;
    const field = VALUE_FIELDS[datatype];
    if (field === undefined) throw new Error(`${name} has datatype ${datatype}`);
    const value = metric.isNull === true ? null : metric[field];
    if (value === undefined) throw new Error(`${name} has no value of the datatype of its birth`);
    const { timestamp, isHistorical } = metric;
    const quality = propertyOf(metric, 'Quality')?.intValue;
    const key = `${place} ${device} ${name}`;
    const reason =
      quality === undefined ? '' : (propertyOf(metric, 'qualityReason')?.stringValue ?? reasons.get(key) ?? '');
    reasons.set(key, reason);
    return {
      device,
      name,
      value,
      timestamp: Number(timestamp),
      isHistorical: isHistorical === true,
      quality: quality ?? GOOD,
      reason,
    };
  }
}
