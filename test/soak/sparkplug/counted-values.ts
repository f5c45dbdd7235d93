import { membersOf, readPayload, valueOf, type SeenMetric } from '../../../testkit/sparkplug/independent-decoder';
import { readTopic } from '../../../testkit/sparkplug/seen-topic';

const TEMPLATE = 19;

/** What came of one device. */
interface Received {
  /** By value: the time that came with it where it came as a historical one. */
  readonly counts: Map<number, number | undefined>;
  /** Values that came in data as present ones. */
  readonly live: Set<number>;
  newestLive: number;
  /** The alias and the datatype of what holds the value, as the last DBIRTH has them. */
  alias: bigint | undefined;
  datatype: number;
}

/**
 * The values of the metric that counts, as a patient host reads them that knows the last DBIRTH of each device and asks for
 * nothing else.
 */
export class CountedValues {
  /** Values that came as historical ones, and those that had come before. */
  readonly historical = { all: 0, again: 0 };
  private readonly devices: ReadonlyMap<string, Received>;
  private readonly metric: string;
  private readonly instance: string | undefined;
  private readonly complain: (fault: string) => void;

  /** @param instance the template instance that the metric is a member of, if it is one */
  constructor(
    devices: readonly string[],
    metric: string,
    instance: string | undefined,
    complain: (fault: string) => void,
  ) {
    this.devices = new Map(
      devices.map((device) => [
        device,
        { counts: new Map(), live: new Set(), newestLive: -1, alias: undefined, datatype: 0 },
      ]),
    );
    this.metric = metric;
    this.instance = instance;
    this.complain = complain;
  }

  has(device: string, count: number): boolean {
    return this.devices.get(device)?.counts.has(count) === true;
  }

  /** The time that came with a value; undefined where it did not come as a historical one. */
  timeOf(device: string, count: number): number | undefined {
    return this.devices.get(device)?.counts.get(count);
  }

  observe(topic: string, bytes: Uint8Array): void {
    const { type, deviceId = '' } = readTopic(topic) ?? {};
    const received = this.devices.get(deviceId);
    if (received === undefined || (type !== 'DBIRTH' && type !== 'DDATA')) return;
    const wanted = this.instance ?? this.metric;
    for (const metric of readPayload(bytes).metrics) {
      if (type === 'DBIRTH' && metric.name === wanted) {
        received.alias = metric.alias;
        received.datatype = metric.datatype ?? 0;
      }
      const isWanted = metric.name === undefined ? metric.alias === received.alias : metric.name === wanted;
      if (!isWanted) continue;
      if (received.datatype !== TEMPLATE) this.take(deviceId, received, metric, received.datatype, type);
      else this.takeMembers(deviceId, received, metric, type);
    }
  }

  private takeMembers(device: string, received: Received, instance: SeenMetric, type: string): void {
    for (const member of membersOf(instance)) {
      if (member.name !== this.metric) continue;
      this.take(device, received, { ...member, isHistorical: instance.isHistorical }, FLOAT, type);
    }
  }

  private take(device: string, received: Received, metric: SeenMetric, datatype: number, type: string): void {
    const value = valueOf(metric, datatype);
    if (typeof value !== 'number') return;
    if (metric.isHistorical) {
      this.historical.all++;
      if (received.counts.has(value)) this.historical.again++;
      received.counts.set(value, metric.timestamp);
      return;
    }
    if (!received.counts.has(value)) received.counts.set(value, undefined);
    if (type === 'DDATA' && received.live.has(value)) this.complain(`${device} ${value} came twice as a present value`);
    if (type === 'DDATA') received.live.add(value);
    if (value < received.newestLive) this.complain(`${device} went back from ${received.newestLive} to ${value}`);
    received.newestLive = Math.max(received.newestLive, value);
  }
}

const FLOAT = 9;
