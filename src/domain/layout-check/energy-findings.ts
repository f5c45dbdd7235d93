import { CATALOG, COUNTER_NAMES } from '../../metrics/catalog';
import type { Sentence } from '../../support/sentence';
import type { EnergyWindow } from './energy-window';
import { multiplyFlows, type Flows } from './flow-integral';
import { LAYOUT_SENTENCES, metricPlace } from './sentences';
import { GROWTH, growsAs, HOURS_TOLERANCE } from './tolerances';
import type { Fault } from './verdict';
import { formatDuration, formatNumber } from './words';

const { say } = LAYOUT_SENTENCES;

const HOUR_MS = 3_600_000;

export interface EnergyFindings {
  readonly faults: readonly Fault[];
  /** Counter to a sentence that it grew as it should. */
  readonly fitting: ReadonlyMap<string, Sentence>;
  /** Counter to why nothing is said. */
  readonly open: ReadonlyMap<string, Sentence>;
  /** Growth of the active import counters by the integral of power; undefined while too little has flowed. */
  readonly ratio: number | undefined;
}

const FLOW_OF: Readonly<Record<string, keyof Flows>> = {
  active_energy_import: 'activeImport',
  active_energy_export: 'activeExport',
  reactive_energy_import: 'reactiveImport',
  reactive_energy_export: 'reactiveExport',
};
const FLIPPED: Readonly<Record<keyof Flows, keyof Flows>> = {
  activeImport: 'activeImport',
  activeExport: 'activeExport',
  reactiveImport: 'reactiveExport',
  reactiveExport: 'reactiveImport',
};
const UNITS: ReadonlyMap<string, string> = new Map(CATALOG.map(({ name, unit }) => [name, unit]));

/** The flow that an energy counter counts; undefined for run hours. */
export const flowOf = (name: string): keyof Flows | undefined => FLOW_OF[name.replace(/_(total|partial)$/, '')];

/** Counters whose growth is far from the integral of power, and those that follow it. */
function judgeGrowth(window: EnergyWindow, expected: Flows): EnergyFindings {
  const { grown } = window;
  const counters = COUNTER_NAMES.flatMap((name) => {
    const flow = flowOf(name);
    return flow === undefined ? [] : [{ name, flow, unit: UNITS.get(name) ?? '', seen: grown[name] ?? 0 }];
  });
  const sumOf = (flow: keyof Flows): number =>
    flow.startsWith('active')
      ? expected.activeImport + expected.activeExport
      : expected.reactiveImport + expected.reactiveExport;
  const follows = (flip: boolean): boolean =>
    counters
      .filter(({ flow }) => flow.startsWith('reactive'))
      .every(({ flow, seen }) => growsAs(seen, expected[flip ? FLIPPED[flow] : flow], sumOf(flow)));
  // Which direction of reactive energy a meter calls plus was not read: both are accepted, if all counters agree.
  const flipped = !follows(false) && follows(true);
  const faults: Fault[] = [];
  const fitting = new Map<string, Sentence>();
  const open = new Map<string, Sentence>();
  const time = formatDuration(window.elapsedMs);
  for (const { name, flow, seen, unit } of counters) {
    const wanted = expected[flipped ? FLIPPED[flow] : flow];
    const numbers = { grown: formatNumber(seen, unit), time, wanted: formatNumber(wanted, unit) };
    const about = { metric: metricPlace(name), ...numbers };
    if (Math.max(seen, wanted) < GROWTH.enoughWh) open.set(name, say('grewLittle', about));
    else if (!growsAs(seen, wanted, sumOf(flow)))
      faults.push({ metrics: [name], evidence: say('grewOtherwise', about) });
    else if (flipped && flow.startsWith('reactive')) open.set(name, say('grewExchanged', about));
    else fitting.set(name, say('grew', about));
  }
  const imported = expected.activeImport;
  const ratio = imported < GROWTH.enoughWh ? undefined : (grown['active_energy_import_total'] ?? 0) / imported;
  return { faults, fitting, open, ratio };
}

function orderFaults(counters: Readonly<Record<string, number>>): Fault[] {
  return COUNTER_NAMES.filter((name) => name.endsWith('_partial')).flatMap((partial) => {
    const total = partial.replace('_partial', '_total');
    const [part, whole] = [counters[partial] ?? 0, counters[total] ?? 0];
    if (part <= whole + GROWTH.stepWh) return [];
    const unit = UNITS.get(partial) ?? '';
    const evidence = say('partAboveTotal', {
      ...{ part: metricPlace(partial), partial: formatNumber(part, unit) },
      ...{ whole: metricPlace(total), total: formatNumber(whole, unit) },
    });
    return [{ metrics: [partial, total], evidence }];
  });
}

/** What the counters say beside the powers. @param factor turns the powers into W and var */
export function judgeEnergy(window: EnergyWindow, factor: number): EnergyFindings {
  const { counters, grown, elapsedMs } = window;
  if (Object.keys(counters).length === 0) {
    return { faults: [], fitting: new Map(), open: new Map(), ratio: undefined };
  }
  const hours = elapsedMs / HOUR_MS;
  const run = grown['run_hours'] ?? 0;
  const faults = orderFaults(counters);
  const fitting = new Map<string, Sentence>();
  const ran = { metric: metricPlace('run_hours'), grown: formatNumber(run, 'h'), time: formatNumber(hours, 'h') };
  if (run > 1.05 * hours + HOURS_TOLERANCE) faults.push({ metrics: ['run_hours'], evidence: say('ranTooMuch', ran) });
  else if (hours > 0.5 && Math.abs(run - hours) < 0.1 * hours) fitting.set('run_hours', say('ran', ran));
  if (window.mixed) {
    const why = say('mixed');
    return { faults, fitting, open: new Map(COUNTER_NAMES.map((name) => [name, why])), ratio: undefined };
  }
  const growth = judgeGrowth(window, multiplyFlows(window.expected, factor));
  return {
    faults: [...faults, ...growth.faults],
    fitting: new Map([...fitting, ...growth.fitting]),
    open: growth.open,
    ratio: growth.ratio,
  };
}
