import type { NodeAPI } from 'node-red';
import type { ReadMeterFacts, NodeTrouble, NormalizerFacts, OverviewFacts, SinkFacts } from '../../src/overview/facts';
import { Pm500Error } from '../../src/support/errors';
import { describeValue } from '../../src/support/expect';

/** What a node that judges readings tells, and how its alarms are acknowledged. */
export interface OverviewNormalizer {
  facts(): NormalizerFacts;
  /** @param by who does it, where that is known. @throws Pm500Error coded, where there is no such alarm */
  acknowledge(meter: string, id: string, by: string | undefined): Promise<void>;
}

/** An alarm that somebody acknowledges: of which node, meter and rule. */
export interface AlarmReference {
  readonly node: string;
  readonly meter: string;
  readonly id: string;
}

const meters = new Set<() => readonly ReadMeterFacts[]>();
const sinks = new Set<() => readonly SinkFacts[]>();
const troubles = new Set<() => readonly NodeTrouble[]>();
const normalizers = new Map<string, OverviewNormalizer>();

function add<Source>(sources: Set<Source>, source: Source): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

/** Shows the meters of a node in the overview, until the returned function is called; so do the ones below. */
export const addMeters = (source: () => readonly ReadMeterFacts[]): (() => void) => add(meters, source);
export const addSink = (source: () => readonly SinkFacts[]): (() => void) => add(sinks, source);
export const addTroubles = (source: () => readonly NodeTrouble[]): (() => void) => add(troubles, source);

/** @param node id of the node */
export function addNormalizer(node: string, normalizer: OverviewNormalizer): () => void {
  normalizers.set(node, normalizer);
  return () => {
    // A node that is started anew may have come before the one that it follows has closed.
    if (normalizers.get(node) === normalizer) normalizers.delete(node);
  };
}

const allOf = <Fact>(sources: Iterable<() => readonly Fact[]>): readonly Fact[] =>
  [...sources].flatMap((source) => source());

/** Inside of a subflow a node runs with an id of its own, and the editor knows the one that it was made of. */
function idInEditor(RED: NodeAPI, id: string): string {
  const node: unknown = RED.nodes.getNode(id);
  const alias = typeof node === 'object' && node !== null && '_alias' in node ? node._alias : undefined;
  return typeof alias === 'string' ? alias : id;
}

/** What all nodes tell now. */
export function overviewFacts(RED: NodeAPI): OverviewFacts {
  return {
    inEditor: (id) => idInEditor(RED, id),
    meters: allOf(meters),
    normalizers: [...normalizers.values()].map((normalizer) => normalizer.facts()),
    sinks: allOf(sinks),
    troubles: allOf(troubles),
  };
}

/** @throws Pm500Error MESSAGE_INVALID where there is no such alarm, or no more */
export async function acknowledgeAlarm({ node, meter, id }: AlarmReference, by: string | undefined): Promise<void> {
  const normalizer = normalizers.get(node);
  if (normalizer === undefined) {
    throw new Pm500Error(
      'MESSAGE_INVALID',
      `No node with the id ${describeValue(node)} judges alarms now; look again, the flow was deployed anew.`,
    );
  }
  await normalizer.acknowledge(meter, id, by);
}
