import { isRecord } from '../../support/expect';
import { EnergyDeltas, type EnergyDeltasSettings } from '../counters/energy-deltas';
import type { Sample, Telemetry } from '../telemetry';
import { EnergyKpis } from './energy-kpis';
import type { KpiSettings } from './settings';
import { currentUnbalance, voltageUnbalance } from './unbalance';

export interface KpiSetState {
  readonly format: 'pm500.kpis/1';
  readonly counters: unknown;
  readonly energy: unknown;
}

/**
 * Energy deltas and KPIs of one meter. Feed it every telemetry of that meter in the order of time; it gives the derived
 * metrics that this telemetry changes.
 *
 * `state()` is plain JSON; a new set made with it goes on as if nothing had happened. Save it before what `update` gave
 * is sent on, so that a kill in between loses a delta rather than counting it twice.
 */
export class KpiSet {
  private readonly deltas: EnergyDeltas;
  private readonly energy: EnergyKpis;
  private readonly voltage: boolean;
  private readonly current: boolean;

  constructor(
    private readonly settings: KpiSettings,
    counters: EnergyDeltasSettings = {},
    saved?: unknown,
  ) {
    const state = isRecord(saved) && saved['format'] === 'pm500.kpis/1' ? saved : {};
    this.deltas = new EnergyDeltas(counters, state['counters']);
    this.energy = new EnergyKpis(settings, state['energy']);
    this.voltage = settings.kpis.includes('voltage_unbalance');
    this.current = settings.kpis.includes('current_unbalance');
  }

  /** The derived metrics, by name: a KPI is as good as the worst value that it was worked out from. */
  update(telemetry: Telemetry): Record<string, Sample> {
    const out: Record<string, Sample> = {};
    if (this.voltage) put(out, 'voltage_unbalance', voltageUnbalance(telemetry.metrics, this.settings.minimumVolts));
    if (this.current) put(out, 'current_unbalance', currentUnbalance(telemetry.metrics, this.settings.minimumAmperes));
    this.energy.update(this.deltas.update(telemetry, out), out);
    return out;
  }

  state(): KpiSetState {
    return { format: 'pm500.kpis/1', counters: this.deltas.state(), energy: this.energy.state() };
  }
}

function put(out: Record<string, Sample>, name: string, sample: Sample | undefined): void {
  if (sample !== undefined) out[name] = sample;
}
