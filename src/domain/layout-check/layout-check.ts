import { COUNTER_NAMES } from '../../metrics/catalog';
import type { MeterModel, WiringMode } from '../../meters/meter-model';
import { inEnglish } from '../../support/sentence';
import { workingLayout } from '../codec/built-in-layouts';
import type { CompiledLayout } from '../codec/layout';
import { meterForMessage, type MeterReference, type Reading, type ReadingBlock } from '../messages/reading';
import { judgeAssemblies } from './assembly-verdicts';
import { compareCounters } from './counter-comparison';
import { judgeEnergy } from './energy-findings';
import { EnergyWindow } from './energy-window';
import { energyTraceOf, type EnergyTrace } from './energy-trace';
import { contradictionOf, decideEnergyLayout } from './energy-layout';
import { rangeFaults } from './range-faults';
import { Moments } from './moments';
import type { Counters } from './pair-scale';
import { findPowerScales, rescale } from './power-scale';
import { rateVoltages } from './rating';
import type { Relation } from './relation';
import { RelationSet } from './relation-set';
import { energyScaleOf, judgeEnergyScale, judgePairScale, judgePowerScales, layoutOfPairs } from './scale-verdicts';
import { blame } from './swap-search';
import { LAYOUT_SENTENCES } from './sentences';
import { LAYOUT_CHECK_SCHEMA, together, type Fault, type LayoutVerdict, type Told } from './verdict';
import { recognizeWiring } from './wiring-recognition';

export interface LayoutCheckOptions {
  /** The layout that the readings were decoded with; the built-in one where absent. */
  readonly layout?: CompiledLayout;
  /** The configured wiring; recognized from the values where absent. */
  readonly wiring?: WiringMode;
}

interface VerifiedCounters {
  readonly timestamp: number;
  readonly counters: Counters;
}

const HOUR_MS = 3_600_000;

const LIMITS = [LAYOUT_SENTENCES.say('phaseNames'), LAYOUT_SENTENCES.say('sharedFactor')] as const;

/**
 * Decides from readings alone whether a layout fits a meter: takes one reading after the other, whatever groups they
 * hold, and says at any time what they prove. Memory is bounded. Only for readings of one meter.
 */
export class LayoutCheck {
  private readonly layout: CompiledLayout;
  private readonly moments = new Moments();
  private readonly energy: EnergyWindow;
  private readonly trace: EnergyTrace;
  private verified: VerifiedCounters | undefined;
  private meter: MeterReference | undefined;
  private from = 0;
  private to = 0;

  constructor(
    private readonly model: MeterModel,
    private readonly options: LayoutCheckOptions = {},
  ) {
    this.layout = options.layout ?? workingLayout(model);
    const placed = new Set(
      [...this.layout.blocks.values()].flatMap(({ rows }) => rows.map(({ metric }) => metric.name)),
    );
    this.energy = new EnergyWindow(COUNTER_NAMES.filter((name) => placed.has(name)));
    this.trace = energyTraceOf(model);
  }

  accept(reading: Reading): void {
    this.meter ??= meterForMessage(reading.meter);
    if (this.moments.count === 0) this.from = reading.timestamp;
    this.to = reading.timestamp;
    const ofAssemblies = { ...reading, blocks: reading.blocks.filter(({ register }) => register === undefined) };
    this.moments.accept(ofAssemblies);
    this.energy.accept(ofAssemblies);
    this.trace.accept(ofAssemblies);
    for (const block of reading.blocks) this.acceptRegisters(block);
  }

  /** Of what comes over Modbus only the counters are compared. */
  private acceptRegisters({ register, error, values, timestamp }: ReadingBlock): void {
    if (register === undefined || error !== undefined) return;
    const counters = COUNTER_NAMES.flatMap((name) => {
      const value = values[name];
      return typeof value === 'number' ? [[name, value] as const] : [];
    });
    if (counters.length > 0) this.acceptVerifiedCounters(Object.fromEntries(counters), timestamp);
  }

  /** Takes the counters of the verified registers for comparison; a reading over Modbus holds them too. */
  private acceptVerifiedCounters(counters: Counters, timestamp: number): void {
    this.verified = { counters, timestamp };
  }

  /** For messages and commands. */
  verdict(): LayoutVerdict {
    return inEnglish(this.told());
  }

  /** For whoever shows it in a language of its own. */
  told(): Told<LayoutVerdict> {
    const raw = this.moments.all;
    const wiring = recognizeWiring(this.model, raw, this.options.wiring);
    const scales = findPowerScales(raw);
    const set = new RelationSet(this.model, wiring.mode, rescale(raw, scales));
    const scaleVerdicts = judgePowerScales(scales, this.layout);
    const names = [...this.layout.blocks.values()].map(({ rows }) => rows.map(({ metric }) => metric.name));
    const { broken } = set;
    const isInstant = (metrics: readonly string[]): boolean => !/^(max|demand)_/.test(metrics[0] ?? '');
    const instant = broken.filter(({ relation }) => isInstant(relation.metrics));
    // What is compared with real-time values proves nothing while these are wrong themselves.
    const isAtLeast = ({ metrics, bound }: Relation): boolean => bound === 'least' && !isInstant(metrics);
    const judged = instant.length > 0 ? broken.filter(({ relation }) => !isAtLeast(relation)) : broken;
    const groups = [/^(?!max_|demand_)/, /^demand_/, /^max_/].map((pattern) =>
      judged.filter(({ relation }) => pattern.test(relation.metrics[0] ?? '')),
    );
    const powerWrong = instant.length > 0;
    const energy = judgeEnergy(this.energy, scales.get('')?.factor ?? 1);
    const faults: Fault[] = [
      ...rangeFaults(this.layout, raw),
      ...groups.flatMap((group) => blame(set, group, names)),
      ...(powerWrong ? energy.faults.filter(({ metrics }) => metrics.length > 1) : energy.faults),
    ];
    const pairs = layoutOfPairs(this.layout);
    const energyScale = energyScaleOf(this.layout);
    const compared = this.compare(energyScale);
    faults.push(...(compared?.faults ?? []));
    const { instance } = this.model.energy;
    const pairScale = judgePairScale(instance, this.energy.counters, pairs, this.verified?.counters, this.driftWh());
    if (pairScale?.verdict === 'contradicted') faults.push({ metrics: COUNTER_NAMES, evidence: pairScale.evidence });
    const energyLayout = decideEnergyLayout(this.model, this.layout, this.trace, {
      ...(powerWrong ? {} : { powerFactor: scales.get('')?.factor }),
      ...(this.verified === undefined ? {} : { verified: this.verified.counters }),
      driftWh: this.driftWh(),
    });
    if (energyLayout?.verdict === 'contradicted') {
      faults.push({ metrics: COUNTER_NAMES, evidence: contradictionOf(instance, energyLayout) });
    }
    for (const { verdict, evidence, metrics } of scaleVerdicts) {
      if (verdict === 'contradicted') faults.push({ metrics, evidence });
    }
    const assemblies = judgeAssemblies({
      model: this.model,
      layout: this.layout,
      set,
      wiring: wiring.mode,
      faults,
      energy,
      compared,
    });
    const rating = rateVoltages(this.model, this.meter?.catalogNumber, raw);
    const { configured, ...found } = { ...wiring, configured: this.options.wiring };
    return {
      schema: LAYOUT_CHECK_SCHEMA,
      meter: { name: this.meter?.name ?? '', host: this.meter?.host ?? '' },
      layout: this.layout.name,
      readings: this.moments.count,
      from: this.from,
      to: this.to,
      verdict: together([
        ...assemblies.map(({ verdict }) => verdict),
        ...(found.verdict === 'contradicted' ? [found.verdict] : []),
      ]),
      wiring: {
        verdict: found.verdict,
        ...(configured === undefined ? {} : { configured }),
        candidates: found.candidates,
        evidence: found.evidence,
      },
      scales: [
        ...scaleVerdicts.map(({ metrics: _, ...scale }) => scale),
        judgeEnergyScale(instance, energy, energyScale, powerWrong),
        ...(pairScale === undefined ? [] : [pairScale]),
      ],
      assemblies,
      ...(energyLayout === undefined ? {} : { energyLayout }),
      ...(rating === undefined ? {} : { rating }),
      limits: LIMITS,
    };
  }

  private compare(scale: number): ReturnType<typeof compareCounters> | undefined {
    const { counters } = this.energy;
    if (this.verified === undefined || Object.keys(counters).length === 0) return undefined;
    return compareCounters(counters, this.verified.counters, scale, this.driftWh());
  }

  /** What may have flowed between the last read of the counters and that over Modbus, Wh. */
  private driftWh(): number {
    const last = this.moments.all.at(-1) ?? {};
    const apparent = Math.abs(last['apparent_power_total'] ?? 0);
    return this.verified === undefined ? 0 : (2 * apparent * Math.abs(this.verified.timestamp - this.to)) / HOUR_MS;
  }
}

/** The verdict on one set of readings, for instance those that came as messages. */
export function checkLayout(
  model: MeterModel,
  readings: readonly Reading[],
  options: LayoutCheckOptions = {},
): LayoutVerdict {
  const check = new LayoutCheck(model, options);
  for (const reading of readings) check.accept(reading);
  return check.verdict();
}
