import { CATALOG } from '../metrics/catalog';
import { tariffEnergyBase } from '../metrics/derived-metrics';
import type { Metric } from '../metrics/measurement';
import { splitPhase } from '../metrics/phases';
import type { PointShape } from './mapping';

/** Where the value of one metric goes. */
export interface MetricPlace {
  readonly field: string;
  /** Absent where points have no phase, or the metric has none. */
  readonly phase?: string;
  /** What the value must be; absent for metrics of a site's own layout: there the value decides. */
  readonly type?: 'number' | 'boolean' | 'string';
  /** Worked out from readings, not read. */
  readonly derived: boolean;
  /** The same for all metrics that share a point, but for their quality; counted from 0. */
  readonly group: number;
}

const TYPE_NAMES = { float: 'number', boolean: 'boolean', string: 'string' } as const;
const TARIFF_ENERGY = tariffEnergyBase('');
/** Names that a site's own layouts may bring are few; beyond this something else is sending, and memory stays flat. */
const CACHE_SIZE = 10_000;

/** The places of metrics, remembered by name. */
export class MetricPlaces {
  private readonly known = new Map<string, Metric>();
  private readonly derived: ReadonlySet<string>;
  private readonly places = new Map<string, MetricPlace>();
  private readonly groups = new Map<string, number>();

  /** @param derivedMetrics those that go into the KPI measurement */
  constructor(
    private readonly shape: PointShape,
    derivedMetrics: readonly Metric[],
  ) {
    this.derived = new Set(derivedMetrics.map(({ name }) => name));
    for (const metric of [...CATALOG, ...derivedMetrics]) this.known.set(metric.name, metric);
  }

  of(name: string): MetricPlace {
    return this.places.get(name) ?? this.remember(name);
  }

  /** Of points with this phase; without one, of points that stand for the whole meter. */
  groupOf(derived: boolean, phase: string | undefined): number {
    const key = `${derived ? 'derived' : 'read'} ${phase ?? ''}`;
    const found = this.groups.get(key) ?? this.groups.size;
    this.groups.set(key, found);
    return found;
  }

  private remember(name: string): MetricPlace {
    if (this.places.size >= CACHE_SIZE) this.places.clear();
    const type = this.known.get(name)?.influxType;
    // The periods of a site's tariff give their metrics names of their own.
    const derived = this.derived.has(name) || name.startsWith(TARIFF_ENERGY);
    const { base, phase } = this.shape === 'long' ? splitPhase(name) : { base: name };
    const place: MetricPlace = {
      field: base,
      derived,
      group: this.groupOf(derived, phase),
      ...(phase === undefined ? {} : { phase }),
      ...(type === undefined ? {} : { type: TYPE_NAMES[type] }),
    };
    this.places.set(name, place);
    return place;
  }
}
