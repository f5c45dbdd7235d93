import type { MeterModel, WiringMode } from '../../meters/meter-model';
import type { BlockPlan, CompiledLayout, RowPlan } from '../codec/layout';
import { absentMetrics } from '../quality/wiring';
import type { ComparedCounters } from './counter-comparison';
import type { EnergyFindings } from './energy-findings';
import type { RelationSet } from './relation-set';
import { together, type AssemblyVerdict, type ElementVerdict, type Fault } from './verdict';
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

type Judged = Pick<ElementVerdict, 'verdict' | 'evidence' | 'alternatives'>;
const undecided = (evidence: readonly string[], alternatives: readonly string[] = []): Judged => ({
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
    return undecided([...evidence, `Over Modbus ${alike.join(', ')} have the same value.`], alike);
  }
  const why = energy.open.get(name);
  if (growth !== undefined) {
    const limit =
      row.encoding === 'REAL_PAIR'
        ? 'The high element cannot be seen from growth'
        : 'Growth does not tell where a counter stands';
    return undecided([...evidence, `${limit}; compare with Modbus or the display.`]);
  }
  return undecided([why ?? 'Not watched long enough, or not together with the powers.']);
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
    return undecided([...evidence, 'What is contradicted must be put right first.']);
  }
  if (holding.length === 0) return undecided([...evidence, 'Nothing that was read so far proves this place.']);
  const alternatives = block.rows
    .map(({ metric }) => metric.name)
    .filter((other) => other !== name && !set.breaksBySwap(name, other));
  if (alternatives.length === 0) return { verdict: 'confirmed', evidence, alternatives };
  const sentence = `The values do not yet tell it from ${alternatives.join(', ')}.`;
  return undecided([...evidence, sentence], alternatives);
}

function judgeElement(plan: RowPlan, block: BlockPlan, findings: Findings): Judged {
  const { name, kind } = plan.metric;
  const own = findings.faults.filter(({ metrics }) => metrics.includes(name));
  if (own.length > 0) {
    const evidence = [...new Set(own.map((fault) => fault.evidence))];
    return { verdict: 'contradicted', evidence, alternatives: [] };
  }
  if (plan.row.provenance === 'verified') {
    return { verdict: 'confirmed', evidence: [`Read in the manual: ${plan.row.source}.`], alternatives: [] };
  }
  if (absentMetrics(findings.model, findings.wiring).has(name)) {
    return undecided([`Wiring ${findings.wiring} does not measure it.`]);
  }
  return kind === 'counter' ? judgeCounter(plan, findings) : judgeGauge(name, block, findings);
}

/** A verdict for every element of the layout. */
export function judgeAssemblies(findings: Findings): readonly AssemblyVerdict[] {
  return [...findings.layout.blocks.values()].map((block) => {
    const elements = block.rows.map((plan): ElementVerdict => ({
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
