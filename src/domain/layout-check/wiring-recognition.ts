import type { MeterModel, WiringMode } from '../../meters/meter-model';
import type { Sentence } from '../../support/sentence';
import { numberAt, type Numbers } from './relation';
import { LAYOUT_SENTENCES, metricList } from './sentences';

const { say } = LAYOUT_SENTENCES;

/** Less than this is nothing: V, A, W, VA or var. */
const ALIVE = 0.5;

export interface WiringFinding {
  /** The mode that the other checks go by: the configured one, else the one recognized, else the usual one. */
  readonly mode: WiringMode;
  /** Modes that the values allow, the likeliest first; empty while nothing can be said. */
  readonly candidates: readonly WiringMode[];
  readonly verdict: 'confirmed' | 'contradicted' | 'undecided';
  readonly evidence: Sentence;
}

function aliveIn(metrics: readonly string[], moments: readonly Readonly<Numbers>[]): ReadonlySet<string> {
  const half = moments.length / 2;
  const isAlive = (name: string): boolean =>
    moments.filter((values) => Math.abs(numberAt(values, name)) > ALIVE).length > half;
  return new Set(metrics.filter((name) => !name.startsWith('power_factor') && isAlive(name)));
}

const isVoltage = (name: string): boolean => name.startsWith('voltage_');

/** Of two modes with the same values, whether the whole is three times L1 (balance taken for granted) or L1 alone. */
function agreesOnTotal(balanced: boolean, alive: ReadonlySet<string>, moments: readonly Readonly<Numbers>[]): boolean {
  if (!alive.has('apparent_power_l1') || alive.has('apparent_power_l2')) return true;
  const last = moments.at(-1) ?? {};
  const times = numberAt(last, 'apparent_power_total') / numberAt(last, 'apparent_power_l1');
  return balanced ? times > 2 : times < 2;
}

/** Which wiring the values show; which values a wiring has is itself inferred, so this is a hint and no proof. */
export function recognizeWiring(
  { wiring }: Pick<MeterModel, 'wiring'>,
  moments: readonly Readonly<Numbers>[],
  configured: WiringMode | undefined,
): WiringFinding {
  // Voltages are read together: the last of them tells whether they are there.
  const last = wiring.metrics.findLast(isVoltage) ?? '';
  const usable = moments.filter((values) => values[last] !== undefined);
  const alive = aliveIn(wiring.metrics, usable);
  const voltages = [...alive].filter(isVoltage);
  const fitting = wiring.rows.filter(
    ({ exists, assumesBalance }) =>
      voltages.length > 0 &&
      [...exists].filter(isVoltage).every((name) => alive.has(name)) &&
      agreesOnTotal(assumesBalance, alive, usable),
  );
  const surplus = (exists: ReadonlySet<string>): number => [...alive].filter((name) => !exists.has(name)).length;
  const least = Math.min(...fitting.map(({ exists }) => surplus(exists)));
  const best = fitting.filter(({ exists }) => surplus(exists) === least);
  // Of two that leave the same over, the one that wants no more than there is.
  const missing = (exists: ReadonlySet<string>): number => [...exists].filter((name) => !alive.has(name)).length;
  const candidates = best.sort((left, right) => missing(left.exists) - missing(right.exists)).map(({ mode }) => mode);
  const [first] = candidates;
  const mode = configured ?? first ?? wiring.usual;
  const shown = voltages.length === 0 ? say('noVoltage') : metricList(voltages);
  if (first === undefined) {
    const evidence =
      configured === undefined
        ? say('noWiring', { voltages: shown })
        : say('otherWiring', { voltages: shown, mode: configured });
    return { mode, candidates, verdict: 'undecided', evidence };
  }
  if (configured === undefined || candidates.includes(configured)) {
    const decided = candidates.length === 1;
    return {
      mode,
      candidates,
      verdict: decided ? 'confirmed' : 'undecided',
      evidence: decided ? say('wiring', { mode: first, least }) : say('wirings', { modes: candidates.join(', ') }),
    };
  }
  const row = wiring.rows.find((candidate) => candidate.mode === configured);
  const lacking = [...(row?.exists ?? [])].filter((name) => isVoltage(name) && !alive.has(name));
  const surplusNames = [...alive].filter((name) => row?.exists.has(name) === false);
  const contradicted = lacking.length > 0 && usable.length > 0;
  return {
    mode,
    candidates,
    verdict: contradicted ? 'contradicted' : 'undecided',
    evidence: say(contradicted ? 'wiringLacks' : 'wiringSurplus', {
      mode: configured,
      metrics: metricList(contradicted ? lacking : surplusNames),
      modes: candidates.join(', '),
    }),
  };
}
