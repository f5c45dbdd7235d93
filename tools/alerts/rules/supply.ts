import { BY_METER, type Durations, ON_METER, phases, relative, seriesOf } from '../promql';
import { alarm, bandOf, HERTZ, limitOfAlarm } from './default-alarms';
import { METER } from './words';
import type { AlertRule } from '../rule';

const NOMINAL_VOLTAGE = 'pm500_nominal_voltage_volts';
const NOMINAL_FREQUENCY = 'pm500_nominal_frequency_hertz';
const RATED_CURRENT = 'pm500_rated_current_amperes';

/** What the meters say of the supply. */
export function supplyRules(span: Durations): readonly AlertRule[] {
  const share = phases((phase) => relative(span.newest(`voltage_${phase}_n`, 'min'), NOMINAL_VOLTAGE));
  const highest = `max ${BY_METER} (${share})`;
  const lost = limitOfAlarm('phase_loss_l1');
  const mean = phases((phase) => relative(span.mean(`voltage_${phase}_n`, 600, 'min'), NOMINAL_VOLTAGE));
  const frequency = relative(span.newest('frequency', 'min'), NOMINAL_FREQUENCY);
  const unbalance = 'voltage_unbalance';
  const sequence = 'phase_sequence';
  const overQuarter = `${seriesOf(sequence)}[${span.of(900)}]`;
  const ofPhase = `{{ $labels.phase }} of meter ${METER}`;
  return [
    {
      id: 'PhaseLoss',
      group: 'supply',
      severity: 'critical',
      value: `(${share}) and ${ON_METER} (${highest} >= ${lost})`,
      condition: 'below',
      limit: lost,
      unit: 'share',
      forSeconds: 15,
      summary: `Phase ${ofPhase} is lost: {{ $value | humanizePercentage }} of nominal.`,
      source: alarm('phase_loss_l1').source,
      inhibits: ['VoltageUnbalance', 'VoltageUnbalanceHigh', 'MeterAlarmCritical'],
    },
    {
      id: 'SupplyLost',
      group: 'supply',
      severity: 'critical',
      value: highest,
      condition: 'below',
      limit: lost,
      unit: 'share',
      forSeconds: 15,
      summary: `All phases of meter ${METER} are below half of nominal: the supply is off.`,
      source: alarm('phase_loss_l1').source,
      inhibits: ['FrequencyOutside', 'MeterAlarmCritical'],
    },
    {
      id: 'VoltageOutside',
      group: 'supply',
      severity: 'warning',
      // A phase that is lost is another alert.
      value: `abs(((${mean}) >= ${lost}) - 1)`,
      condition: 'above',
      limit: bandOf('voltage_l1_outside', 1),
      unit: 'share',
      forSeconds: 60,
      summary: `The voltage of ${ofPhase} is {{ $value | humanizePercentage }} off nominal, mean of 10 minutes.`,
      source: alarm('voltage_l1_outside').source,
    },
    {
      id: 'FrequencyOutside',
      group: 'supply',
      severity: 'warning',
      value: `abs(${frequency} - 1)`,
      condition: 'above',
      limit: bandOf('frequency_outside', HERTZ),
      unit: 'share',
      forSeconds: 60,
      summary: `The frequency at meter ${METER} is {{ $value | humanizePercentage }} off nominal.`,
      source: alarm('frequency_outside').source,
    },
    {
      id: 'VoltageUnbalance',
      group: 'supply',
      severity: 'warning',
      value: span.mean(unbalance, 600, 'max'),
      condition: 'above',
      limit: 2,
      unit: 'percent',
      forSeconds: 60,
      summary: `The voltage unbalance at meter ${METER} is {{ $value }} %, mean of 10 minutes.`,
      source:
        'EN 50160: 95 % of the 10-minute means of the negative sequence up to 2 %; taken over for unbalance by NEMA',
    },
    {
      id: 'VoltageUnbalanceHigh',
      group: 'supply',
      severity: 'critical',
      value: span.newest(unbalance, 'max'),
      condition: 'above',
      limit: limitOfAlarm('voltage_unbalance_high'),
      unit: 'percent',
      forSeconds: 60,
      summary: `The voltage unbalance at meter ${METER} is {{ $value }} %: motors should not run.`,
      source: alarm('voltage_unbalance_high').source,
      inhibits: ['VoltageUnbalance'],
    },
    {
      id: 'RotationChanged',
      group: 'supply',
      severity: 'critical',
      // Not changes(): VictoriaMetrics counts the first value of a series as one.
      value: `max ${BY_METER} (max_over_time(${overQuarter})) - min ${BY_METER} (min_over_time(${overQuarter}))`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `The phase sequence at meter ${METER} has changed: motors may turn the wrong way.`,
      source: alarm('rotation_changed').source,
    },
    {
      id: 'RotationWrong',
      group: 'supply',
      severity: 'critical',
      value: `${span.newest(sequence, 'min')} == ${limitOfAlarm('rotation_wrong')}`,
      condition: 'below',
      limit: 0,
      unit: 'state',
      forSeconds: 15,
      summary: `The phase sequence at meter ${METER} is L1-L3-L2: motors may turn the wrong way.`,
      source: alarm('rotation_wrong').source,
    },
    {
      id: 'CurrentHigh',
      group: 'supply',
      severity: 'warning',
      value: phases((phase) => relative(span.newest(`current_${phase}`, 'max'), RATED_CURRENT)),
      condition: 'above',
      limit: limitOfAlarm('current_l1_high'),
      unit: 'share',
      forSeconds: alarm('current_l1_high').onDelaySeconds ?? 0,
      summary: `The current of ${ofPhase} is {{ $value | humanizePercentage }} of the rated current.`,
      source: alarm('current_l1_high').source,
    },
  ];
}
