import { type SeenMetric, type SeenPayload, bdSeqOf, membersOf, valueOf } from './independent-decoder';
import type { SeenTopic } from './seen-topic';

const TEMPLATE = 19;

/** What a host built on Eclipse Tahu keeps of one edge node or device: datatypes by name and by alias, names by alias. */
interface Known {
  readonly typesByName: Map<string, number>;
  readonly typesByAlias: Map<bigint, number>;
  readonly names: Map<bigint, string>;
}

/** Of one edge node; an NBIRTH begins anew, and nothing else does. */
interface KnownNode {
  isOnline: boolean;
  readonly bdSeq: bigint | undefined;
  seq: number;
  readonly owners: Map<string, Known>;
}

type Complain = (fault: string) => void;

const SEQ_COUNT = 256;

/**
 * Reads messages as the host classes and the decoder of Eclipse Tahu 1.0 do, which many hosts are built on, and says what
 * they could not read: a metric without datatype is looked up by its name, which for a member of a template is
 * "<name of the instance>/<name of the member>" as the message has it, and by its alias only where it has no name; a
 * birth is refused when it brings an alias that is known of the same device, also one from before a DDEATH.
 */
export class TahuRules {
  private readonly nodes = new Map<string, KnownNode>();

  /** Takes a message in, after its payload was read. */
  observe({ type, node: id, deviceId }: SeenTopic, payload: SeenPayload, complain: Complain): void {
    const say: Complain = (fault) => {
      complain(`Tahu: ${fault}`);
    };
    const bdSeq = bdSeqOf(payload.metrics.find(({ name }) => name === 'bdSeq'));
    if (type === 'NBIRTH') this.nodes.set(id, { isOnline: true, bdSeq, seq: payload.seq ?? 0, owners: new Map() });
    const node = this.nodes.get(id);
    if (node === undefined) return;
    if (type === 'NDEATH') {
      if (bdSeq === node.bdSeq) node.isOnline = false;
      return;
    }
    const known = this.knownOf(node, deviceId ?? '');
    // It decodes first, with what it knows so far; a message that cannot be decoded is dropped whole.
    for (const metric of payload.metrics) this.decode(metric, known, '', say);
    if (type !== 'NBIRTH') this.checkSeq(node, payload, say);
    if (type === 'NBIRTH' || type === 'DBIRTH') this.learn(payload, known, say);
    else if (type !== 'DDEATH') this.name(payload, known, say);
  }

  private knownOf(node: KnownNode, owner: string): Known {
    let known = node.owners.get(owner);
    if (known === undefined) {
      known = { typesByName: new Map(), typesByAlias: new Map(), names: new Map() };
      node.owners.set(owner, known);
    }
    return known;
  }

  private checkSeq(node: KnownNode, { seq }: SeenPayload, say: Complain): void {
    const expected = (node.seq + 1) % SEQ_COUNT;
    if (!node.isOnline) say('a message of an edge node that is offline');
    if (seq !== expected) say(`seq ${String(seq)} instead of ${expected}`);
    node.seq = seq ?? expected;
  }

  private decode(metric: SeenMetric, known: Known, prefix: string, say: Complain): void {
    const { name, alias, datatype = 0 } = metric;
    const path = `${prefix}${name ?? ''}`;
    let type: number | undefined = datatype;
    if (datatype === 0) {
      if (name !== undefined) type = known.typesByName.get(path);
      else if (alias !== undefined) type = known.typesByAlias.get(alias);
      else type = undefined;
    }
    if (type === undefined) say(`no datatype of ${path === '' ? `alias ${String(alias)}` : `"${path}"`}`);
    else if (type === TEMPLATE) for (const member of membersOf(metric)) this.decode(member, known, `${path}/`, say);
    else if (metric.field !== undefined && valueOf(metric, type) === undefined)
      say(`"${path}" is not of datatype ${type}`);
    for (const [key, { type: propertyType }] of metric.properties)
      if (propertyType === 0) say(`property ${key} of "${path}" has no type`);
  }

  private learn({ metrics }: SeenPayload, known: Known, say: Complain): void {
    for (const metric of metrics) {
      const holder = metric.alias === undefined ? undefined : known.names.get(metric.alias);
      if (holder !== undefined) say(`a birth with alias ${String(metric.alias)}, which is known as "${holder}"`);
      this.add(metric, metric.name ?? '', known);
    }
  }

  private add(metric: SeenMetric, path: string, known: Known): void {
    const { alias, datatype = 0 } = metric;
    known.typesByName.set(path, datatype);
    if (alias !== undefined) {
      known.typesByAlias.set(alias, datatype);
      known.names.set(alias, path);
    }
    if (datatype === TEMPLATE)
      for (const member of membersOf(metric)) this.add(member, `${path}/${member.name ?? ''}`, known);
  }

  private name({ metrics }: SeenPayload, known: Known, say: Complain): void {
    for (const { name, alias } of metrics) {
      if (name === undefined && (alias === undefined || !known.names.has(alias)))
        say(`no name of alias ${String(alias)}`);
    }
  }
}
