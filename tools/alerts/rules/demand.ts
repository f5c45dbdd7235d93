import { BY_METER, type Durations, limitOf, ON_METER, relative, seriesOf } from '../promql';
import { METER } from './words';
import type { AlertRule } from '../rule';

const CONTRACT = 'pm500_contract_demand_watts';

/** What costs money. */
export function demandRules(span: Durations): readonly AlertRule[] {
  const window = span.of(900);
  // The window that ended last where that KPI is on; else the mean of the last quarter of an hour.
  const demand = `max ${BY_METER} (${span.ofWindow('interval_demand')} or avg_over_time(${seriesOf('active_power_total')}[${window}]))`;
  const ofContract = relative(demand, CONTRACT);
  const loaded = `${demand} > 0.1 * max ${BY_METER} (${span.ofWindow('peak_demand_month')})`;
  const common = {
    group: 'demand',
    value: ofContract,
    condition: 'above',
    unit: 'share',
    forSeconds: 0,
    summary: `The demand of meter ${METER} is {{ $value | humanizePercentage }} of the contract.`,
  } as const;
  return [
    { ...common, id: 'DemandNearContract', severity: 'warning', limit: 0.8, source: 'the contract of the site' },
    {
      ...common,
      id: 'DemandAtContract',
      severity: 'critical',
      limit: 0.95,
      source: 'the contract of the site',
      inhibits: ['DemandNearContract'],
    },
    {
      id: 'PowerFactorLow',
      group: 'demand',
      severity: 'warning',
      value: `(min ${BY_METER} (${span.ofWindow('interval_power_factor')}) - ${ON_METER} ${limitOf('pm500_power_factor_limit')}) and ${ON_METER} (${loaded})`,
      condition: 'below',
      limit: 0,
      unit: 'number',
      forSeconds: 1800,
      summary: `The power factor of meter ${METER} is {{ $value }} from its limit: reactive energy costs.`,
      source: 'the limit of the site, while the demand is above a tenth of the peak of the month',
    },
  ];
}
