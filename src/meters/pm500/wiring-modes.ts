import { POWER_NAMES, VOLTAGE_CURRENT_NAMES } from '../../metrics/catalog';
import type { WiringRow } from '../meter-model';
import { WIRING_MODES, type Pm500WiringMode } from './identity';

/*
 * The wiring modes of register 304098. The codes and the wiring were read (1420-UM001E p.57 Table 26); which values follow
 * was NOT: it is inference from what is connected. What a meter sends for the others is not known either.
 */

const WIRED = [...VOLTAGE_CURRENT_NAMES, ...POWER_NAMES];
const PER_PHASE = ['active_power', 'apparent_power', 'reactive_power', 'power_factor'] as const;
const SYSTEM = [...PER_PHASE.map((name) => `${name}_total`), 'frequency'];
const phasePowers = (phase: 1 | 2 | 3): string[] => PER_PHASE.map((name) => `${name}_l${phase}`);
const LINE_TO_LINE = ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1', 'voltage_ll_avg'];
const CURRENTS = ['current_l1', 'current_l2', 'current_l3'];

const inferred = {
  source: 'inferred from the conductors of this wiring (1420-UM001E p.57 Table 26 names it); manual page not read',
  provenance: 'inferred',
} as const;

const ROWS: Readonly<
  Record<Pm500WiringMode, Omit<WiringRow, 'mode' | 'exists'> & { readonly names: readonly string[] }>
> = {
  '1P': {
    label: '1-phase 2-wire',
    names: ['voltage_l1_n', 'current_l1', ...phasePowers(1), ...SYSTEM],
    assumesBalance: false,
    ...inferred,
  },
  '2P': {
    label: '2-phase 3-wire',
    names: [
      'voltage_l1_n',
      'voltage_l2_n',
      'voltage_ln_avg',
      'voltage_l1_l2',
      'current_l1',
      'current_l2',
      'current_n',
      ...phasePowers(1),
      ...phasePowers(2),
      ...SYSTEM,
    ],
    assumesBalance: false,
    ...inferred,
  },
  '3P': {
    label: '3-phase 3-wire',
    names: [...LINE_TO_LINE, ...CURRENTS, ...SYSTEM],
    assumesBalance: false,
    ...inferred,
  },
  '3P2': {
    label: '3-phase 2-wire, one current and L1-N',
    names: ['voltage_l1_n', 'current_l1', ...phasePowers(1), ...SYSTEM],
    assumesBalance: true,
    ...inferred,
  },
  '3P1': {
    label: '3-phase 4-wire, one current and three phase-to-neutral voltages',
    names: WIRED.filter((name) => !/^current_l[23]$|^(?=.*power).*_l[23]$/.test(name) && name !== 'current_n'),
    assumesBalance: true,
    ...inferred,
  },
  '3PN': { label: '3-phase 4-wire', names: WIRED, assumesBalance: false, ...inferred },
};

/** Real-time metrics whose existence depends on the wiring. */
export const WIRED_METRICS: readonly string[] = WIRED;

export const WIRING_ROWS: readonly WiringRow[] = WIRING_MODES.map((mode) => {
  const { names, ...row } = ROWS[mode];
  return { mode, ...row, exists: new Set(names) };
});
