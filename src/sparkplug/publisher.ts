import type { Device } from './device';
import type { EdgeEffect } from './edge-events';
import { FLAT_MODEL, type MetricModel } from './metric-model';
import type { MetricSample } from './metrics';
import { bdSeqMetric, nextServerMetric, rebirthMetric } from './node-metrics';
import { BIRTH_FORM, DATA_FORM, encodePayload, type Metric, type PayloadForm } from './payload';
import { type DeviceMessage, type EdgeNodeDescriptor, type NodeMessage, deviceTopic, nodeTopic } from './topic';

/** The device that a message is about. */
type Addressee = Pick<Device, 'id'>;
type Publish = Extract<EdgeEffect, { kind: 'publish' }>;

/** Present values as metrics, and the samples that they were made of. */
interface Content {
  readonly metrics: readonly Metric[];
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

/** Makes the messages of one edge node: owns `seq`, one counter for the node and all its devices, and `bdSeq`. */
export class Publisher {
  /** Number of the CONNECT of this session, in its will, its NBIRTHs and its NDEATH. */
  bdSeq = 0;
  /** Messages made to be published, and metrics in them. */
  readonly counts = { messages: 0, metrics: 0 };
  readonly #node: EdgeNodeDescriptor;
  readonly #model: MetricModel;
  readonly #birthForm: PayloadForm;
  readonly #dataForm: PayloadForm;
  #seq = 0;

  constructor(node: EdgeNodeDescriptor, model: MetricModel = FLAT_MODEL, naming: MetricNaming = {}) {
    const { withoutAliases = false, datatypesInData = false } = naming;
    this.#node = node;
    this.#model = model;
    this.#birthForm = { ...BIRTH_FORM, hasAliases: !withoutAliases };
    this.#dataForm = { ...DATA_FORM, hasAliases: !withoutAliases, hasDatatypes: datatypesInData };
  }

  /** NDEATH as the will of a CONNECT: without `seq`, with `bdSeq` alone. */
  will(at: number): { readonly topic: string; readonly payload: Uint8Array } {
    const payload = encodePayload({ timestamp: at, metrics: [bdSeqMetric(this.bdSeq, at)] });
    return { topic: nodeTopic('NDEATH', this.#node), payload };
  }

  /**
   * NBIRTH: `seq` starts at 0.
   * @param hasFurtherServers whether `Node Control/Next Server` is offered
   */
  nodeBirth(at: number, hasFurtherServers: boolean): Publish {
    this.#seq = 0;
    const metrics = [bdSeqMetric(this.bdSeq, at), rebirthMetric(at)];
    if (hasFurtherServers) metrics.push(nextServerMetric(at));
    metrics.push(...this.#model.nodeBirth(at));
    return this.#sequenced('NBIRTH', nodeTopic('NBIRTH', this.#node), metrics, this.#birthForm, at);
  }

  /** NDATA with what changed of the edge node itself; undefined where nothing does. */
  nodeData(at: number): Publish | undefined {
    const metrics = this.#model.nodeData(at);
    if (metrics.length === 0) return undefined;
    return this.#sequenced('NDATA', nodeTopic('NDATA', this.#node), metrics, this.#dataForm, at);
  }

  /** NDEATH, published when the node leaves on purpose: what the will says. */
  nodeDeath(at: number): Publish {
    return this.#count({ kind: 'publish', message: 'NDEATH', ...this.will(at), metricCount: 1 });
  }

  deviceBirth(device: Addressee, { metrics, published }: Content, at: number): Publish {
    const grouped = this.#model.deviceBirth(metrics);
    return { ...this.#ofDevice('DBIRTH', device.id, grouped, at), live: { deviceId: device.id, samples: published } };
  }

  /** @param content in order of time */
  deviceData(device: Addressee, { metrics, published }: Content, at: number): Publish {
    return { ...this.deviceHistory(device, metrics, at), live: { deviceId: device.id, samples: published } };
  }

  /** @param metrics that are historical, or in order of time */
  deviceHistory(device: Addressee, metrics: readonly Metric[], at: number): Publish {
    return this.#ofDevice('DDATA', device.id, this.#model.deviceData(metrics), at);
  }

  deviceDeath(deviceId: string, at: number): Publish {
    return this.#ofDevice('DDEATH', deviceId, [], at);
  }

  #ofDevice(message: DeviceMessage, deviceId: string, metrics: readonly Metric[], at: number): Publish {
    const form = message === 'DBIRTH' ? this.#birthForm : this.#dataForm;
    return this.#sequenced(message, deviceTopic(message, this.#node, deviceId), metrics, form, at);
  }

  #sequenced(
    message: NodeMessage | DeviceMessage,
    topic: string,
    metrics: readonly Metric[],
    form: PayloadForm,
    at: number,
  ): Publish {
    const payload = encodePayload({ timestamp: at, metrics, seq: this.#seq }, form);
    // Only a message that could be made uses up its number.
    this.#seq = (this.#seq + 1) % SEQ_COUNT;
    return this.#count({ kind: 'publish', message, topic, payload, metricCount: metrics.length });
  }

  #count(publish: Publish): Publish {
    this.counts.messages++;
    this.counts.metrics += publish.metricCount;
    return publish;
  }
}
