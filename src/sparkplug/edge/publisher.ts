import { Pm500Error } from '../../support/errors';
import { conditionOf } from '../metrics/metric-condition';
import type { Device } from './device';
import type { EdgeEffect } from './edge-events';
import { type Traffic, publishBytes, trafficOf } from '../mqtt/message-size';
import { FLAT_MODEL, type MetricModel } from '../metrics/metric-model';
import type { HistoryRecord } from '../history/history-record';
import type { MetricSample } from '../metrics/metrics';
import { bdSeqMetric, nextServerMetric, rebirthMetric } from './node-metrics';
import {
  BIRTH_FORM,
  DATA_FORM,
  encodePayload,
  type EncodedPropertySet,
  type PayloadMetric,
  type PayloadForm,
  type PropertySet,
} from '../codec/payload';
import { type DeviceMessageType, type EdgeNodeDescriptor, type NodeMessage, deviceTopic, nodeTopic } from './topic';

/** The device that a message is about. */
type Addressee = Pick<Device, 'id'>;
type Publish = Extract<EdgeEffect, { kind: 'publish' }>;

/** Present values as metrics, and the samples that they were made of. */
interface Content {
  readonly metrics: readonly PayloadMetric[];
  readonly published: readonly MetricSample[];
}

/** How metrics are identified in messages, for those who read them without keeping the births. */
export interface MetricNaming {
  /** True: every metric has its name in every message, and there are no aliases. */
  readonly withoutAliases?: boolean;
  /** True: data has datatypes too, which old decoders need. */
  readonly datatypesInData?: boolean;
}

/** `seq` runs from 0 to 255 and starts again. */
const SEQ_COUNT = 256;

/** Names come from flows, which may make up more without end. */
const MOST_SAID = 4096;

const UNLIMITED: Traffic = { messages: Infinity, bytes: Infinity };

/** What is said in place of a value that is too large. */
const { properties: LEFT_OUT } = conditionOf('bad');

/** A birth without the texts of its values; they follow in data. */
function withoutTexts(metrics: readonly PayloadMetric[]): readonly PayloadMetric[] {
  return metrics.map((metric) => (isText(metric) ? { ...metric, value: null } : metric));
}

function isText({ type, value }: PayloadMetric): boolean {
  return type === 'String' && value !== null && value !== '';
}

/** A birth without what people read of a metric. */
function withoutWords(metrics: readonly PayloadMetric[]): readonly PayloadMetric[] {
  return metrics.map((metric) => {
    const { properties } = metric;
    if (properties === undefined || isEncodedSet(properties)) return metric;
    const kept = Object.entries(properties).filter(([key]) => key !== 'documentation' && key !== 'tooltip');
    return { ...metric, properties: Object.fromEntries(kept) };
  });
}

/** What follows a birth in data: the quality, which holds for that value too, and nothing else that the birth has said. */
function withQualityOnly({ properties, ...metric }: PayloadMetric): PayloadMetric {
  const quality = properties === undefined || isEncodedSet(properties) ? undefined : properties['Quality'];
  return quality === undefined ? metric : { ...metric, properties: { Quality: quality } };
}

function isEncodedSet(properties: PropertySet | EncodedPropertySet): properties is EncodedPropertySet {
  return 'bytes' in properties && properties.bytes instanceof Uint8Array;
}

/** Makes the messages of one edge node: owns `seq`, one counter for the node and all its devices, and `bdSeq`. */
export class Publisher {
  /** Number of the CONNECT of this session, in its will, its NBIRTHs and its NDEATH. */
  bdSeq = 0;
  /** Messages made to be published, and metrics in them. */
  readonly counts = { messages: 0, metrics: 0, leftOut: 0 };
  /** Metrics of which a value was too large since somebody looked last, and whether that is to be said. */
  readonly leftOut = new Map<string, boolean>();
  private readonly node: EdgeNodeDescriptor;
  private readonly model: MetricModel;
  private readonly birthForm: PayloadForm;
  private readonly dataForm: PayloadForm;
  private mostBytes = Number.POSITIVE_INFINITY;
  /** What was said already to be too large for a broker of this limit. */
  private readonly said = new Set<string>();
  private seq = 0;

  constructor(node: EdgeNodeDescriptor, model: MetricModel = FLAT_MODEL, naming: MetricNaming = {}) {
    const { withoutAliases = false, datatypesInData = false } = naming;
    this.node = node;
    this.model = model;
    this.birthForm = { ...BIRTH_FORM, hasAliases: !withoutAliases };
    this.dataForm = { ...DATA_FORM, hasAliases: !withoutAliases, hasDatatypes: datatypesInData };
  }

  /** Bytes of a message on the wire, at most. */
  get maximumBytes(): number {
    return this.mostBytes;
  }

  set maximumBytes(bytes: number) {
    if (bytes !== this.mostBytes) this.said.clear();
    this.mostBytes = bytes;
  }

  /** True once for each `what` that is too large, until the limit changes: a value comes every second. */
  isNews(what: string): boolean {
    if (this.said.has(what) || this.said.size >= MOST_SAID) return false;
    this.said.add(what);
    return true;
  }

  /** NDEATH as the will of a CONNECT: without `seq`, with `bdSeq` alone. */
  will(at: number): { readonly topic: string; readonly payload: Uint8Array } {
    const payload = encodePayload({ timestamp: at, metrics: [bdSeqMetric(this.bdSeq, at)] });
    return { topic: nodeTopic('NDEATH', this.node), payload };
  }

  /**
   * NBIRTH: `seq` starts at 0.
   * @param hasFurtherServers whether `Node Control/Next Server` is offered
   * @throws Pm500Error SPARKPLUG_TOO_LARGE
   */
  nodeBirth(at: number, hasFurtherServers: boolean): Publish {
    this.seq = 0;
    const metrics = [bdSeqMetric(this.bdSeq, at), rebirthMetric(at)];
    if (hasFurtherServers) metrics.push(nextServerMetric(at));
    metrics.push(...this.model.nodeBirth(at));
    const birth = this.sequenced('NBIRTH', nodeTopic('NBIRTH', this.node), metrics, this.birthForm, at);
    if (birth !== undefined) return birth;
    throw new Pm500Error(
      'SPARKPLUG_TOO_LARGE',
      `Sparkplug: the NBIRTH is larger than the ${this.maximumBytes} bytes that the broker takes; raise the limit of the broker, or choose metrics one by one in the edge node.`,
      { retryable: true },
    );
  }

  /** NDATA with what changed of the edge node itself; undefined where nothing does. */
  nodeData(at: number): Publish | undefined {
    const metrics = this.model.nodeData(at);
    if (metrics.length === 0) return undefined;
    return this.sequenced('NDATA', nodeTopic('NDATA', this.node), metrics, this.dataForm, at);
  }

  /** NDEATH, published when the node leaves on purpose: what the will says. */
  nodeDeath(at: number): Publish {
    return this.count({ kind: 'publish', message: 'NDEATH', ...this.will(at), metricCount: 1 });
  }

  /**
   * DBIRTH with all metrics of a device. One that is too large for the broker goes without texts, which follow in data,
   * and without words for people.
   * @returns undefined where it is too large all the same; nothing was made then
   */
  deviceBirth(device: Addressee, { metrics, published }: Content, at: number): readonly Publish[] | undefined {
    const live = { deviceId: device.id, samples: published };
    const whole = this.ofDevice('DBIRTH', device.id, metrics, at, live);
    if (whole !== undefined) return [whole];
    const short = withoutTexts(metrics);
    const birth =
      this.ofDevice('DBIRTH', device.id, short, at, live) ??
      this.ofDevice('DBIRTH', device.id, withoutWords(short), at, live);
    if (birth === undefined) return undefined;
    return [birth, ...this.data(device.id, metrics.filter(isText).map(withQualityOnly), at)];
  }

  /** @param content in order of time */
  deviceData(device: Addressee, { metrics, published }: Content, at: number): readonly Publish[] {
    return this.data(device.id, metrics, at, { deviceId: device.id, samples: published });
  }

  /**
   * @param metrics that are historical, or in order of time
   * @param allowed messages and bytes at most
   * @returns what they need where that is more; nothing was made then
   */
  deviceHistory(
    device: Addressee,
    metrics: readonly PayloadMetric[],
    at: number,
    allowed: Traffic = UNLIMITED,
  ): readonly Publish[] | Traffic {
    const [seq, counts] = [this.seq, { ...this.counts }];
    const made = this.data(device.id, metrics, at);
    const needs = trafficOf(made);
    if (needs.messages <= allowed.messages && needs.bytes <= allowed.bytes) return made;
    this.seq = seq;
    Object.assign(this.counts, counts);
    return needs;
  }

  deviceDeath(deviceId: string, at: number): readonly Publish[] {
    const death = this.ofDevice('DDEATH', deviceId, [], at);
    return death === undefined ? [] : [death];
  }

  /**
   * DDATA, as many as it takes: each half of one that is too large goes by itself, and a value that is, as bad. The first
   * of them carries what is `live`.
   */
  private data(
    deviceId: string,
    metrics: readonly PayloadMetric[],
    at: number,
    live?: HistoryRecord,
  ): readonly Publish[] {
    if (metrics.length === 0) return [];
    const whole = this.ofDevice('DDATA', deviceId, metrics, at, live);
    if (whole !== undefined) return [whole];
    const [metric] = metrics;
    if (metrics.length === 1 && metric !== undefined) {
      this.leaveOut(deviceId, metric);
      const instead = this.ofDevice('DDATA', deviceId, [{ ...metric, value: null, properties: LEFT_OUT }], at, live);
      return instead === undefined ? [] : [instead];
    }
    const middle = Math.ceil(metrics.length / 2);
    const first = this.data(deviceId, metrics.slice(0, middle), at, live);
    const isCarried = first.length > 0;
    return [...first, ...this.data(deviceId, metrics.slice(middle), at, isCarried ? undefined : live)];
  }

  private leaveOut(deviceId: string, { name = '' }: PayloadMetric): void {
    this.counts.leftOut++;
    this.leftOut.set(name, this.isNews(`${name} of ${deviceId}`));
  }

  private ofDevice(
    message: DeviceMessageType,
    deviceId: string,
    metrics: readonly PayloadMetric[],
    at: number,
    live?: HistoryRecord,
  ): Publish | undefined {
    const isBirth = message === 'DBIRTH';
    const grouped = isBirth ? this.model.deviceBirth(metrics) : this.model.deviceData(metrics);
    const form = isBirth ? this.birthForm : this.dataForm;
    return this.sequenced(message, deviceTopic(message, this.node, deviceId), grouped, form, at, live);
  }

  private sequenced(
    message: NodeMessage | DeviceMessageType,
    topic: string,
    metrics: readonly PayloadMetric[],
    form: PayloadForm,
    at: number,
    live?: HistoryRecord,
  ): Publish | undefined {
    const payload = encodePayload({ timestamp: at, metrics, seq: this.seq }, form);
    if (publishBytes(topic, payload) > this.maximumBytes) return undefined;
    // Only a message that could be made uses up its number.
    this.seq = (this.seq + 1) % SEQ_COUNT;
    return this.count({ kind: 'publish', message, topic, payload, metricCount: metrics.length, live });
  }

  private count(publish: Publish): Publish {
    this.counts.messages++;
    this.counts.metrics += publish.metricCount;
    return publish;
  }
}
