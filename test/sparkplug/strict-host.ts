import {
  type SeenMetric,
  type SeenPayload,
  type SeenValue,
  bdSeqOf,
  describeValue,
  readPayload,
  valueOf,
} from './independent-decoder';
import { readTopic } from './seen-topic';
import { TemplateRules } from './template-rules';

const INT32 = 3;
const INT64 = 4;
const TEMPLATE = 19;

interface KnownMetric {
  readonly name: string;
  readonly datatype: number;
}

interface SeenDevice {
  isBorn: boolean;
  readonly metrics: Map<string, KnownMetric>;
}

interface SeenNode {
  isBorn: boolean;
  bdSeq: bigint | undefined;
  seq: number;
  aliases: Map<bigint, string>;
  /** What NBIRTH brought, as if the node were a device. */
  readonly own: SeenDevice;
  readonly templates: TemplateRules;
  readonly devices: Map<string, SeenDevice>;
}

export interface Delivery {
  readonly qos?: number;
  readonly retain?: boolean;
}

/**
 * A host application that only watches: checks every message of every edge node against Sparkplug 3.0.0 and keeps what
 * breaks a rule, with what it has of each metric.
 */
export class StrictHost {
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {};
  /** "device/metric" to the present value. */
  readonly values = new Map<string, SeenValue>();
  /** "device/metric" to every value that was present once. */
  readonly present = new Map<string, Set<SeenValue>>();
  readonly qualities = new Map<string, number>();
  /** "device/metric" to the historical values in the order of their arrival, with their times. */
  readonly history = new Map<string, [number, SeenValue][]>();
  /** Present values that came twice in data, as "device/metric time value": for tests whose values are all different. */
  readonly twiceLive: string[] = [];
  readonly births: { readonly device: string; readonly names: readonly string[] }[] = [];
  readonly #live = new Set<string>();
  readonly #nodes = new Map<string, SeenNode>();
  #will: bigint | undefined;

  /** Takes the will of a CONNECT in: the births of this session have to carry its bdSeq. */
  observeWill(topic: string, payload: Uint8Array): void {
    const parsed = readTopic(topic);
    if (parsed?.type !== 'NDEATH') {
      this.#complain(topic, 'the will is no NDEATH');
      return;
    }
    const before = this.#will;
    this.#will = this.#checkDeath(topic, readPayload(payload));
    if (before !== undefined && this.#will !== (before + 1n) % 256n) {
      this.#complain(topic, `bdSeq of the will went from ${before} to ${String(this.#will)}`);
    }
    for (const node of this.#nodes.values()) node.isBorn = false;
  }

  /** The session ended without a word: the broker would publish the will. */
  observeLoss(): void {
    for (const node of this.#nodes.values()) node.isBorn = false;
  }

  /** Names of the templates that an edge node ("group/node") has defined. */
  definitionsOf(node: string): Iterable<string> {
    return this.#nodes.get(node)?.templates.names ?? [];
  }

  observe(topic: string, bytes: Uint8Array, { qos = 0, retain = false }: Delivery = {}): void {
    const parsed = readTopic(topic);
    if (parsed === undefined) {
      this.#complain(topic, 'no Sparkplug topic');
      return;
    }
    if (parsed.type === 'STATE' || parsed.type === 'NCMD' || parsed.type === 'DCMD') return;
    this.counts[parsed.type] = (this.counts[parsed.type] ?? 0) + 1;
    if (retain) this.#complain(topic, 'retained');
    if (qos !== 0 && parsed.type !== 'NDEATH') this.#complain(topic, `QoS ${qos}`);
    const payload = readPayload(bytes);
    if (payload.timestamp === undefined) this.#complain(topic, 'no payload timestamp');
    let node = this.#nodes.get(parsed.node);
    if (node === undefined) {
      node = this.#createNode(parsed.node);
      this.#nodes.set(parsed.node, node);
    }
    if (parsed.type === 'NDEATH') {
      const bdSeq = this.#checkDeath(topic, payload);
      // The will of an older session may come late and means nothing then.
      if (bdSeq === node.bdSeq) node.isBorn = false;
      return;
    }
    if (parsed.type === 'NBIRTH') {
      this.#onNodeBirth(topic, node, payload);
      return;
    }
    this.#checkSeq(topic, node, payload);
    if (!node.isBorn) {
      this.#complain(topic, 'before NBIRTH');
      return;
    }
    if (parsed.deviceId === undefined) {
      this.#onData(topic, parsed.node, node, node.own, payload);
      return;
    }
    let device = node.devices.get(parsed.deviceId);
    if (device === undefined) {
      device = { isBorn: false, metrics: new Map() };
      node.devices.set(parsed.deviceId, device);
    }
    if (parsed.type === 'DBIRTH') this.#onDeviceBirth(topic, parsed.deviceId, node, device, payload);
    else if (!device.isBorn) this.#complain(topic, 'before DBIRTH');
    else if (parsed.type === 'DDEATH') device.isBorn = false;
    else this.#onData(topic, parsed.deviceId, node, device, payload);
  }

  #createNode(name: string): SeenNode {
    const templates = new TemplateRules((fault) => {
      this.#complain(name, fault);
    });
    const own = { isBorn: false, metrics: new Map<string, KnownMetric>() };
    return { isBorn: false, bdSeq: undefined, seq: 0, aliases: new Map(), own, templates, devices: new Map() };
  }

  #complain(topic: string, fault: string): void {
    this.violations.push(`${topic}: ${fault}`);
  }

  #checkDeath(topic: string, { seq, metrics }: SeenPayload): bigint | undefined {
    const [metric] = metrics;
    if (seq !== undefined) this.#complain(topic, 'seq in NDEATH');
    if (metrics.length !== 1 || metric?.name !== 'bdSeq' || metric.datatype !== INT64) {
      this.#complain(topic, 'NDEATH without exactly bdSeq as Int64');
    }
    return bdSeqOf(metric);
  }

  #checkSeq(topic: string, node: SeenNode, { seq }: SeenPayload): void {
    const expected = (node.seq + 1) % 256;
    if (seq !== expected) this.#complain(topic, `seq ${String(seq)} instead of ${expected}`);
    node.seq = seq ?? expected;
  }

  #checkBirthMetric(topic: string, metric: SeenMetric): KnownMetric | undefined {
    const { name, datatype, timestamp, isNull, field, isHistorical } = metric;
    if (name === undefined) {
      this.#complain(topic, 'a metric without name in a birth');
      return undefined;
    }
    if (datatype === undefined) {
      this.#complain(topic, `${name} without datatype`);
      return undefined;
    }
    if (timestamp === undefined) this.#complain(topic, `${name} without timestamp`);
    if (isNull === (field !== undefined)) this.#complain(topic, `${name} is neither null nor has a value, or both`);
    if (valueOf(metric, datatype) === undefined) this.#complain(topic, `${name} has no value of its datatype`);
    if (isHistorical) this.#complain(topic, `${name} is historical in a birth`);
    this.#checkQuality(topic, name, metric);
    return { name, datatype };
  }

  #checkQuality(topic: string, name: string, { properties }: SeenMetric): void {
    const quality = properties.get('Quality');
    if (quality === undefined) return;
    if (quality.type !== INT32 || ![0, 192, 500].includes(Number(quality.value))) {
      this.#complain(topic, `${name} has a wrong Quality`);
    }
  }

  #checkOrder(topic: string, metrics: readonly SeenMetric[]): void {
    let newest = 0;
    for (const { timestamp = 0, isHistorical } of metrics) {
      if (isHistorical) continue;
      if (timestamp < newest) this.#complain(topic, 'metrics not in order of time');
      newest = Math.max(newest, timestamp);
    }
  }

  #onNodeBirth(topic: string, node: SeenNode, payload: SeenPayload): void {
    if (payload.seq !== 0) this.#complain(topic, `NBIRTH with seq ${String(payload.seq)}`);
    node.isBorn = true;
    node.seq = 0;
    node.aliases = new Map();
    for (const device of node.devices.values()) device.isBorn = false;
    const id = topic.replace(/^[^/]+\/([^/]+)\/[^/]+\//, '$1/');
    this.#onBirthMetrics(topic, id, node, node.own, node.templates.define(payload.metrics));
    const bdSeq = payload.metrics.find((metric) => metric.name === 'bdSeq');
    if (bdSeq?.datatype !== INT64) this.#complain(topic, 'NBIRTH without bdSeq as Int64');
    node.bdSeq = bdSeqOf(bdSeq);
    if (this.#will !== undefined && node.bdSeq !== this.#will) this.#complain(topic, 'bdSeq is not that of the will');
    const rebirth = payload.metrics.find((metric) => metric.name === 'Node Control/Rebirth');
    const isRight = rebirth?.wire.booleanValue === false && rebirth.field === 'booleanValue' && rebirth.datatype === 11;
    if (!isRight || rebirth.alias !== undefined) this.#complain(topic, 'wrong Node Control/Rebirth');
  }

  #onDeviceBirth(topic: string, id: string, node: SeenNode, device: SeenDevice, { metrics }: SeenPayload): void {
    device.isBorn = true;
    const names = this.#onBirthMetrics(topic, id, node, device, metrics);
    if (names.length === 0) this.#complain(topic, 'DBIRTH without metrics');
    this.births.push({ device: id, names });
  }

  #onBirthMetrics(
    topic: string,
    id: string,
    node: SeenNode,
    owner: SeenDevice,
    metrics: readonly SeenMetric[],
  ): readonly string[] {
    owner.metrics.clear();
    this.#checkOrder(topic, metrics);
    const names: string[] = [];
    for (const metric of metrics) {
      const known = this.#checkBirthMetric(topic, metric);
      if (known === undefined) continue;
      if (names.includes(known.name)) this.#complain(topic, `${known.name} twice`);
      names.push(known.name);
      if (known.datatype === TEMPLATE) this.#keepMembers(id, known.name, node, metric);
      else this.#keep(id, known.name, metric, valueOf(metric, known.datatype));
      if (metric.alias === undefined) continue;
      const holder = node.aliases.get(metric.alias) ?? `${id}/${known.name}`;
      if (holder !== `${id}/${known.name}`) this.#complain(topic, `alias ${metric.alias} belongs to ${holder}`);
      node.aliases.set(metric.alias, holder);
      owner.metrics.set(metric.alias.toString(), known);
    }
    return names;
  }

  #keepMembers(id: string, instance: string, node: SeenNode, metric: SeenMetric): void {
    for (const { name, metric: member, value } of node.templates.checkInstance(instance, metric, true)) {
      this.#checkQuality(`${id}/${instance}`, name, member);
      this.#keep(id, `${instance}/${name}`, member, value);
    }
  }

  #onData(topic: string, id: string, node: SeenNode, device: SeenDevice, { metrics }: SeenPayload): void {
    if (metrics.length === 0) this.#complain(topic, 'data without metrics');
    this.#checkOrder(topic, metrics);
    for (const metric of metrics) {
      const { alias, name, datatype, field, isNull, timestamp } = metric;
      const known = device.metrics.get(String(alias));
      if (known === undefined) {
        this.#complain(topic, `alias ${String(alias)} was not in the DBIRTH`);
        continue;
      }
      if (name !== undefined) this.#complain(topic, `${known.name}: name and alias in data`);
      if (datatype !== undefined) this.#complain(topic, `${known.name}: datatype in data`);
      if (timestamp === undefined) this.#complain(topic, `${known.name} without timestamp`);
      if (isNull === (field !== undefined))
        this.#complain(topic, `${known.name} is neither null nor has a value, or both`);
      const value = valueOf(metric, known.datatype);
      if (value === undefined) this.#complain(topic, `${known.name} is not of datatype ${known.datatype}`);
      this.#checkQuality(topic, known.name, metric);
      if (known.datatype === TEMPLATE) {
        for (const member of node.templates.checkInstance(known.name, metric, false)) {
          this.#checkQuality(topic, member.name, member.metric);
          const ofInstance = { ...member.metric, isHistorical: metric.isHistorical };
          this.#takeData(id, `${known.name}/${member.name}`, ofInstance, member.value);
        }
      } else this.#takeData(id, known.name, metric, value);
    }
  }

  #takeData(id: string, name: string, metric: SeenMetric, value: SeenValue | undefined): void {
    const { timestamp = 0, isHistorical } = metric;
    if (isHistorical) {
      this.#keepHistory(`${id}/${name}`, timestamp, value ?? null);
      return;
    }
    this.#keep(id, name, metric, value);
    const key = `${id}/${name} ${timestamp} ${describeValue(value)}`;
    if (this.#live.has(key)) this.twiceLive.push(key);
    this.#live.add(key);
  }

  #keepHistory(path: string, timestamp: number, value: SeenValue): void {
    const values = this.history.get(path) ?? [];
    values.push([timestamp, value]);
    this.history.set(path, values);
  }

  #keep(device: string, name: string, { properties }: SeenMetric, value: SeenValue | undefined): void {
    const path = `${device}/${name}`;
    this.values.set(path, value ?? null);
    this.present.set(path, (this.present.get(path) ?? new Set()).add(value ?? null));
    const quality = properties.get('Quality')?.value;
    if (typeof quality === 'number') this.qualities.set(`${device}/${name}`, quality);
  }
}
