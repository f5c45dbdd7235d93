import type { MeterModel } from '../../meters/meter-model';
import { builtInLayout } from '../codec/built-in-layouts';
import type { Reading } from '../messages/reading';
import { inEnglish } from '../../support/sentence';
import { contradictionOf } from './energy-layout';
import { LAYOUT_SENTENCES } from './sentences';
import { LAYOUT_CHECK_SCHEMA, type EnergyLayoutVerdict, type LayoutVerdict, type Told } from './verdict';

const { say } = LAYOUT_SENTENCES;

/** What watching a confirmed layout has shown. */
export interface GuardFinding {
  readonly energyLayout: Told<EnergyLayoutVerdict>;
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
    verdict === 'contradicted'
      ? [contradictionOf(instance, energyLayout), say('countersBad')]
      : [energyLayout.evidence];
  const elements = (plan?.rows ?? []).map(({ metric, row }) => ({
    metric: metric.name,
    element: row.element,
    verdict,
    evidence,
    alternatives: [],
  }));
  const told: Told<LayoutVerdict> = {
    schema: LAYOUT_CHECK_SCHEMA,
    meter: { name: meter.name, host: meter.host },
    layout: layout.name,
    readings,
    from,
    to: timestamp,
    verdict,
    wiring: { verdict: 'undecided', candidates: [], evidence: say('notLooked') },
    scales: [],
    assemblies: [{ assembly: instance, title: plan?.assembly.title ?? '', verdict, elements }],
    energyLayout,
    limits: [say('guarded')],
  };
  return inEnglish(told);
}
