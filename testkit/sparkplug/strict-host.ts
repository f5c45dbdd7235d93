import { HostMemory } from './host-memory';
import { type SeenMetric, type SeenPayload, readPayload, valueOf } from './independent-decoder';
import {
  type KnownMetric,
  checkBirthMetric,
  checkDataMetric,
  checkDeath,
  checkNodeControls,
  checkOrder,
  checkQuality,
} from './metric-rules';
import { readTopic } from './seen-topic';
import { TahuRules } from './tahu-rules';
import { TemplateRules } from './template-rules';

const TEMPLATE = 19;

interface SeenDevice {
  isBorn: boolean;
  /** By alias where there is one, else by name. */
  readonly metrics: Map<string, KnownMetric>;
}

interface SeenNode {
  isBorn: boolean;
  bdSeq: bigint | undefined;
  /** The bdSeq of an NDEATH after which nothing was born yet. */
  deadBdSeq: bigint | undefined;
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

/** How data refers to a metric: by its alias when the birth gave one, else by its name. */
function keyOf({ alias, name }: SeenMetric): string {
  return alias === undefined ? `name ${String(name)}` : `alias ${alias}`;
}

/** Of a will, beside its topic and payload; as the specification wants it where nothing is said. */
const WILL_DELIVERY = { qos: 1, retain: false };

/**
 * A host application that only watches: checks every message of every edge node against Sparkplug 3.0.0, and by the
 * rules of Eclipse Tahu, and keeps what breaks one, with what it has of each metric.
 */
export class StrictHost extends HostMemory {
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly births: { readonly device: string; readonly names: readonly string[] }[] = [];
  private readonly nodes = new Map<string, SeenNode>();
  private readonly tahu = new TahuRules();
  private will: bigint | undefined;

  /** Takes the will of a CONNECT in: the births of this session have to carry its bdSeq. */
  observeWill(topic: string, payload: Uint8Array, { qos, retain }: Delivery = WILL_DELIVERY): void {
    const parsed = readTopic(topic);
    if (parsed?.type !== 'NDEATH') {
      this.complain(topic, 'the will is no NDEATH');
      return;
    }
    if (qos !== WILL_DELIVERY.qos || retain === true) this.complain(topic, 'the will is not of QoS 1, or retained');
    const before = this.will;
    this.will = checkDeath(readPayload(payload), this.complaintsOf(topic));
    if (before !== undefined && this.will !== (before + 1n) % 256n)
      this.complain(topic, `bdSeq of the will went from ${before} to ${String(this.will)}`);
    this.observeLoss();
  }

  /** The session ended without a word: the broker would publish the will. */
  observeLoss(): void {
    for (const node of this.nodes.values()) node.isBorn = false;
  }

  /** Names of the templates that an edge node ("group/node") has defined. */
  definitionsOf(node: string): Iterable<string> {
    return this.nodes.get(node)?.templates.names ?? [];
  }

  observe(topic: string, bytes: Uint8Array, { qos = 0, retain = false }: Delivery = {}): void {
    const parsed = readTopic(topic);
    if (parsed === undefined) {
      this.complain(topic, 'no Sparkplug topic');
      return;
    }
    if (parsed.type === 'STATE' || parsed.type === 'NCMD' || parsed.type === 'DCMD') return;
    this.counts[parsed.type] = (this.counts[parsed.type] ?? 0) + 1;
    if (retain) this.complain(topic, 'retained');
    if (qos !== 0 && parsed.type !== 'NDEATH') this.complain(topic, `QoS ${qos}`);
    const payload = readPayload(bytes);
    if (payload.timestamp === undefined) this.complain(topic, 'no payload timestamp');
    const node = this.nodes.get(parsed.node) ?? this.createNode(parsed.node);
    this.tahu.observe(parsed, payload, this.complaintsOf(topic));
    if (parsed.type === 'NDEATH') this.onNodeDeath(topic, node, payload);
    else if (parsed.type === 'NBIRTH') this.onNodeBirth(topic, parsed.node, node, payload);
    else {
      this.checkSeq(topic, node, payload);
      if (!node.isBorn) this.complain(topic, 'before NBIRTH');
      else if (parsed.deviceId === undefined) this.onData(topic, parsed.node, node, node.own, payload);
      else this.onDeviceMessage(topic, parsed.type, parsed.deviceId, node, payload);
    }
  }

  private createNode(name: string): SeenNode {
    const node: SeenNode = {
      isBorn: false,
      bdSeq: undefined,
      deadBdSeq: undefined,
      seq: 0,
      aliases: new Map(),
      own: { isBorn: false, metrics: new Map() },
      templates: new TemplateRules(this.complaintsOf(name)),
      devices: new Map(),
    };
    this.nodes.set(name, node);
    return node;
  }

  private complain(topic: string, fault: string): void {
    this.violations.push(`${topic}: ${fault}`);
  }

  private complaintsOf(topic: string): (fault: string) => void {
    return (fault) => {
      this.complain(topic, fault);
    };
  }

  private checkSeq(topic: string, node: SeenNode, { seq }: SeenPayload): void {
    const expected = (node.seq + 1) % 256;
    if (seq !== expected) this.complain(topic, `seq ${String(seq)} instead of ${expected}`);
    node.seq = seq ?? expected;
  }

  private onNodeDeath(topic: string, node: SeenNode, payload: SeenPayload): void {
    const bdSeq = checkDeath(payload, this.complaintsOf(topic));
    // The will of an older session may come late and means nothing then.
    if (bdSeq !== node.bdSeq) return;
    node.isBorn = false;
    node.deadBdSeq = bdSeq;
  }

  private onNodeBirth(topic: string, id: string, node: SeenNode, payload: SeenPayload): void {
    if (payload.seq !== 0) this.complain(topic, `NBIRTH with seq ${String(payload.seq)}`);
    node.isBorn = true;
    node.seq = 0;
    node.aliases = new Map();
    for (const device of node.devices.values()) device.isBorn = false;
    this.onBirthMetrics(topic, id, node, node.own, node.templates.define(payload.metrics));
    node.bdSeq = checkNodeControls(payload, this.complaintsOf(topic));
    if (this.will !== undefined && node.bdSeq !== this.will) this.complain(topic, 'bdSeq is not that of the will');
    if (node.deadBdSeq !== undefined && node.deadBdSeq === node.bdSeq)
      this.complain(topic, `bdSeq ${node.bdSeq} again after its NDEATH`);
    node.deadBdSeq = undefined;
  }

  private onDeviceMessage(topic: string, type: string, id: string, node: SeenNode, payload: SeenPayload): void {
    const device = node.devices.get(id) ?? { isBorn: false, metrics: new Map<string, KnownMetric>() };
    node.devices.set(id, device);
    if (type === 'DBIRTH') {
      device.isBorn = true;
      const names = this.onBirthMetrics(topic, id, node, device, payload.metrics);
      if (names.length === 0) this.complain(topic, 'DBIRTH without metrics');
      this.births.push({ device: id, names });
    } else if (!device.isBorn) this.complain(topic, 'before DBIRTH');
    else if (type === 'DDEATH') device.isBorn = false;
    else this.onData(topic, id, node, device, payload);
  }

  private onBirthMetrics(
    topic: string,
    id: string,
    node: SeenNode,
    owner: SeenDevice,
    metrics: readonly SeenMetric[],
  ): readonly string[] {
    owner.metrics.clear();
    const complain = this.complaintsOf(topic);
    checkOrder(metrics, complain);
    const names: string[] = [];
    for (const metric of metrics) {
      const known = checkBirthMetric(metric, complain);
      if (known === undefined) continue;
      const path = `${id}/${known.name}`;
      if (names.includes(known.name)) complain(`${known.name} twice`);
      names.push(known.name);
      if (known.datatype === TEMPLATE) {
        for (const member of node.templates.checkInstance(known.name, metric, true)) {
          checkQuality(`${known.name}/${member.name}`, member.metric, complain);
          this.keep(`${path}/${member.name}`, member.metric, member.value);
        }
      } else this.keep(path, metric, valueOf(metric, known.datatype));
      owner.metrics.set(keyOf(metric), known);
      if (metric.alias === undefined) continue;
      const holder = node.aliases.get(metric.alias) ?? path;
      if (holder !== path) complain(`alias ${metric.alias} belongs to ${holder}`);
      node.aliases.set(metric.alias, holder);
    }
    return names;
  }

  private onData(topic: string, id: string, node: SeenNode, owner: SeenDevice, { metrics }: SeenPayload): void {
    const complain = this.complaintsOf(topic);
    if (metrics.length === 0) complain('data without metrics');
    checkOrder(metrics, complain);
    for (const metric of metrics) {
      const known = owner.metrics.get(keyOf(metric));
      if (known === undefined) {
        complain(`${keyOf(metric)} was not in the birth`);
        continue;
      }
      const path = `${id}/${known.name}`;
      const value = checkDataMetric(metric, known, complain);
      if (known.datatype !== TEMPLATE) {
        this.take(path, metric, value);
        continue;
      }
      for (const member of node.templates.checkInstance(known.name, metric, false)) {
        checkQuality(`${known.name}/${member.name}`, member.metric, complain);
        const ofInstance = { ...member.metric, isHistorical: metric.isHistorical };
        this.take(`${path}/${member.name}`, ofInstance, member.value);
      }
    }
  }
}
