import type { Sentence } from '../../support/sentence';
import type { MeterModel, WiringMode } from '../../meters/meter-model';
import type { BlockPlan, CompiledLayout, RowPlan } from '../codec/layout';
import { absentMetrics } from '../quality/wiring';
import type { ComparedCounters } from './counter-comparison';
import type { EnergyFindings } from './energy-findings';
import type { RelationSet } from './relation-set';
import { LAYOUT_SENTENCES, metricList } from './sentences';
import { together, type AssemblyVerdict, type ElementVerdict, type Fault, type Told } from './verdict';
import { describeRelation } from './words';

export interface Findings {
  readonly model: MeterModel;
  readonly layout: CompiledLayout;
  readonly set: RelationSet;
  readonly wiring: WiringMode;
  readonly faults: readonly Fault[];
  readonly energy: EnergyFindings;
  readonly compared: ComparedCounters | undefined;
}

const { say } = LAYOUT_SENTENCES;

type Judged = Pick<Told<ElementVerdict>, 'verdict' | 'evidence' | 'alternatives'>;
const undecided = (evidence: readonly Sentence[], alternatives: readonly string[] = []): Judged => ({
  verdict: 'undecided',
  evidence,
  alternatives,
});

/** A counter: by Modbus, else by its growth, which shows the low element alone. */
function judgeCounter({ metric: { name }, row }: RowPlan, { energy, compared }: Findings): Judged {
  const same = compared?.same.get(name);
  const growth = energy.fitting.get(name);
  const alike = compared?.alike.get(name) ?? [];
  const evidence = [...(same === undefined ? [] : [same]), ...(growth === undefined ? [] : [growth])];
  if (same !== undefined && alike.length === 0) return { verdict: 'confirmed', evidence, alternatives: [] };
  if (same !== undefined) {
    return undecided([...evidence, say('alikeByModbus', { metrics: metricList(alike) })], alike);
  }
  const why = energy.open.get(name);
  if (growth !== undefined) {
    const limit = say(row.encoding === 'REAL_PAIR' ? 'highUnseen' : 'placeUnseen');
    return undecided([...evidence, limit]);
  }
  return undecided([why ?? say('notWatched')]);
}

function judgeGauge(name: string, block: BlockPlan, { set }: Findings): Judged {
  const relations = set.of(name).map((relation) => ({ relation, state: set.stateOf(relation) }));
  // A bound proves little, but of a maximum nothing else is known.
  const holding = relations.filter(
    ({ relation, state }) => state.state === 'holds' && (relation.bound === undefined || name.startsWith('max_')),
  );
  const evidence = relations
    .filter(({ state }) => state.count > 0)
    .map(({ relation, state }) => describeRelation(relation, state, set.moments));
  if (relations.some(({ state }) => state.state === 'broken')) {
    return undecided([...evidence, say('first')]);
  }
  if (holding.length === 0) return undecided([...evidence, say('unproven')]);
  const alternatives = block.rows
    .map(({ metric }) => metric.name)
    .filter((other) => other !== name && !set.breaksBySwap(name, other));
  if (alternatives.length === 0) return { verdict: 'confirmed', evidence, alternatives };
  return undecided([...evidence, say('alike', { metrics: metricList(alternatives) })], alternatives);
}

function judgeElement(plan: RowPlan, block: BlockPlan, findings: Findings): Judged {
  const { name, kind } = plan.metric;
  const own = findings.faults.filter(({ metrics }) => metrics.includes(name));
  if (own.length > 0) {
    const evidence = [...new Map(own.map((fault) => [fault.evidence.text, fault.evidence])).values()];
    return { verdict: 'contradicted', evidence, alternatives: [] };
  }
  if (plan.row.provenance === 'verified') {
    return { verdict: 'confirmed', evidence: [say('manual', { source: plan.row.source })], alternatives: [] };
  }
  if (absentMetrics(findings.model, findings.wiring).has(name)) {
    return undecided([say('notMeasured', { mode: findings.wiring })]);
  }
  return kind === 'counter' ? judgeCounter(plan, findings) : judgeGauge(name, block, findings);
}

/** A verdict for every element of the layout. */
export function judgeAssemblies(findings: Findings): readonly Told<AssemblyVerdict>[] {
  return [...findings.layout.blocks.values()].map((block) => {
    const elements = block.rows.map((plan): Told<ElementVerdict> => ({
      metric: plan.metric.name,
      element: plan.row.element,
      ...judgeElement(plan, block, findings),
    }));
    return {
      assembly: block.instance,
      title: block.assembly.title,
      verdict: together(elements.map(({ verdict }) => verdict)),
      elements,
    };
  });
}
