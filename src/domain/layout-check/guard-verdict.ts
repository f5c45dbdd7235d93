import type { MeterModel } from '../../meters/meter-model';
import { builtInLayout } from '../codec/built-in-layouts';
import type { Reading } from '../messages/reading';
import { contradictionOf } from './energy-layout';
import { LAYOUT_CHECK_SCHEMA, type EnergyLayoutVerdict, type LayoutVerdict } from './verdict';

const LIMITS = [
  'Only the energy counters were watched, because their layout is confirmed; the layout check looks at the rest.',
] as const;
const ADVICE = 'The energy counters are bad until another layout is chosen in the meter, or live data prove this one.';

/** What watching a confirmed layout has shown. */
export interface GuardFinding {
  readonly energyLayout: EnergyLayoutVerdict;
  /** How many reads of the assembly of the energy counters it took. */
  readonly readings: number;
  /** When the first of them was, epoch milliseconds UTC. */
  readonly from: number;
}

/** The finding as the message of a layout check that has looked at the energy counters only. */
export function guardVerdict(
  model: MeterModel,
  { energyLayout, readings, from }: GuardFinding,
  { meter, layout, timestamp }: Reading,
): LayoutVerdict {
  const { instance } = model.energy;
  const plan = builtInLayout(model, layout.name)?.blocks.get(instance);
  const { verdict } = energyLayout;
  const evidence =
    verdict === 'contradicted' ? [contradictionOf(instance, energyLayout), ADVICE] : [energyLayout.evidence];
  const elements = (plan?.rows ?? []).map(({ metric, row }) => ({
    metric: metric.name,
    element: row.element,
    verdict,
    evidence,
    alternatives: [],
  }));
  return {
    schema: LAYOUT_CHECK_SCHEMA,
    meter: { name: meter.name, host: meter.host },
    layout: layout.name,
    readings,
    from,
    to: timestamp,
    verdict,
    wiring: { verdict: 'undecided', candidates: [], evidence: 'Not looked at.' },
    scales: [],
    assemblies: [{ assembly: instance, title: plan?.assembly.title ?? '', verdict, elements }],
    energyLayout,
    limits: LIMITS,
  };
}
