/** The KPIs that can be switched on and off: what they say, by which formula, and where that comes from. */
export interface KpiRow {
  readonly key: string;
  readonly label: string;
  readonly formula: string;
  readonly source: string;
  /** Names of metrics, or bases of the names of period figures. */
  readonly metrics: readonly string[];
}

export const KPI_ROWS = [
  {
    key: 'voltage_unbalance',
    label: 'Voltage unbalance',
    formula: '100 x (largest deviation of a line-to-line voltage from their mean) / mean',
    source: 'NEMA MG-1 (percent voltage unbalance)',
    metrics: ['voltage_unbalance'],
  },
  {
    key: 'current_unbalance',
    label: 'Current unbalance',
    formula: '100 x (largest deviation of a line current from their mean) / mean',
    source: 'NEMA MG-1, its voltage formula applied to currents',
    metrics: ['current_unbalance'],
  },
  {
    key: 'demand',
    label: 'Demand and peak demand',
    formula: 'energy of a window / length of the window; the peak is the largest of a period',
    source: 'definition of demand; the meter has the windows 1 to 60 min, 1420-UM001E p.57 Table 26',
    metrics: ['interval_demand', 'interval_demand_time', 'interval_power_factor', 'peak_demand', 'peak_demand_time'],
  },
  {
    key: 'energy',
    label: 'Energy of the period',
    formula: 'sum of the deltas of the counter within the period',
    source: 'definition',
    metrics: [
      'active_energy_import',
      'reactive_energy_import',
      'active_energy_export',
      'reactive_energy_export',
      'coverage',
    ],
  },
  {
    key: 'power_factor',
    label: 'Power factor from energies',
    formula: 'E / sqrt(E^2 + Q^2), E active and Q reactive energy import of the period',
    source: 'definition of the energy-weighted (average) power factor',
    metrics: ['power_factor'],
  },
  {
    key: 'load_factor',
    label: 'Load factor',
    formula: '100 x (E / measured hours of the period) / peak demand of the period',
    source: 'definition: average demand over peak demand',
    metrics: ['load_factor'],
  },
  {
    key: 'reactive_penalty',
    label: 'Reactive energy above the threshold',
    formula: 'max(0, Q - tan phi x E) and its share 100 x excess / Q',
    source: 'common tariff rule; the threshold is a setting (power factor 0.9 is tan phi 0.484)',
    metrics: ['reactive_energy_excess', 'power_factor_penalty'],
  },
  {
    key: 'tariff_energy',
    label: 'Energy by tariff period',
    formula: 'sum of the deltas of active import while the tariff period holds',
    source: "the site's tariff calendar",
    metrics: ['tariff_period'],
  },
  {
    key: 'co2',
    label: 'CO2 emission',
    formula: 'E in kWh x factor in kg/kWh',
    source: "the site's emission factor",
    metrics: ['co2'],
  },
  {
    key: 'cost',
    label: 'Energy cost',
    formula: 'sum over the tariff periods of energy in kWh x price per kWh',
    source: "the site's tariff calendar",
    metrics: ['cost'],
  },
] as const satisfies readonly KpiRow[];

export type KpiKey = (typeof KPI_ROWS)[number]['key'];
export const KPI_KEYS: readonly KpiKey[] = KPI_ROWS.map(({ key }) => key);
