import { Pm500Error } from '../../support/errors';
import { describeValue } from '../../support/expect';
import { EnergyGuard } from '../layout-check/energy-guard';
import { guardVerdict } from '../layout-check/guard-verdict';
import type { LayoutVerdict } from '../layout-check/verdict';
import type { Reading } from '../messages/reading';
import { MeterLayoutCheck, verdictsOf } from './layout-checks';
import type { NominalWatch } from './nominal-watch';
import type { Normalizer } from './normalizer';
import type { Rhythm } from './rhythm';
import type { Concerns } from './tally';

/** One meter of a node. */
export interface MeterEntry {
  readonly normalizer: Normalizer;
  readonly rhythm: Rhythm;
  /** What the sum of all meters holds of this one. */
  counted: Concerns;
  layoutCheck: MeterLayoutCheck | undefined;
  energyGuard: EnergyGuard;
  /** True while the energy counters are contradicted, and receivers were told so. */
  isEnergyHeld: boolean;
  /** Undefined: nobody said what is nominal. */
  readonly nominalWatch: NominalWatch | undefined;
}

/** Meters that a command is for, by name. */
export type ChosenMeters = readonly (readonly [string, MeterEntry])[];

/**
 * A confirmed layout that live data contradict gives no good counters; another layout is judged anew.
 * @returns why the layout is contradicted, once until it changes, or why it is no longer
 */
export function guardEnergy(entry: MeterEntry, reading: Reading): LayoutVerdict | undefined {
  const { name } = reading.layout;
  if (name !== entry.energyGuard.layout) {
    // Registers beside assemblies say nothing about the layout of these.
    if (reading.blocks.every(({ assembly }) => assembly === undefined)) return undefined;
    entry.energyGuard = new EnergyGuard(entry.normalizer.model, name);
    entry.isEnergyHeld = false;
    entry.normalizer.applyVerdicts(undefined);
  }
  const found = entry.energyGuard.accept(reading);
  if (found === undefined) return undefined;
  entry.normalizer.holdAgainst(found);
  const isHeld = found.size > 0;
  const { finding } = entry.energyGuard;
  if (isHeld === entry.isEnergyHeld || finding === undefined) return undefined;
  entry.isEnergyHeld = isHeld;
  return guardVerdict(entry.normalizer.model, finding, reading);
}

/** @throws Pm500Error MESSAGE_INVALID where none of the meters has a rule with the id */
export function refuseUnknown(id: string, chosen: ChosenMeters): void {
  if (chosen.some(([, { normalizer }]) => normalizer.knowsAlarm(id))) return;
  throw new Pm500Error(
    'MESSAGE_INVALID',
    `No alarm rule has the id ${describeValue(id)}; send {"alarms": "list"} to see which alarms are active.`,
  );
}

/** @throws Pm500Error MESSAGE_INVALID where no check is under way */
export function checkLayout(
  name: string,
  entry: MeterEntry,
  step: 'start' | 'verdict' | 'apply',
): readonly LayoutVerdict[] {
  if (step === 'start') {
    entry.layoutCheck = new MeterLayoutCheck(entry.normalizer.model, entry.normalizer.wiring);
    return [];
  }
  if (entry.layoutCheck === undefined) {
    throw new Pm500Error(
      'MESSAGE_INVALID',
      `No layout check of meter ${describeValue(name)} is under way; send {"layoutCheck": "start"} and wait some minutes.`,
    );
  }
  const verdict = entry.layoutCheck.verdict(name);
  if (step === 'apply') entry.normalizer.applyVerdicts(verdictsOf(verdict));
  return [verdict];
}
