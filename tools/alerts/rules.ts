import { PM500 } from '../../src/meters/pm500';
import type { DefaultAlarm } from '../../src/meters/meter-model';
import type { QualityReason } from '../../src/domain/quality/quality';
import { BY_METER, Durations, grown, limitOf, ON_METER, phases, relative, seriesOf } from './promql';
import type { AlertRule } from './rule';

const NOMINAL_VOLTAGE = 'pm500_nominal_voltage_volts';
const NOMINAL_FREQUENCY = 'pm500_nominal_frequency_hertz';
const RATED_CURRENT = 'pm500_rated_current_amperes';
const CONTRACT = 'pm500_contract_demand_watts';
const EXPERIENCE = 'experience';
const METER = '{{ $labels.meter }}';
const TARGET = '{{ $labels.target }}';
const HERTZ = 50;

/** Default alarms of the meter with every nominal value 1, so that their limits are shares of it. */
const SHARES = PM500.defaultAlarms({ lineToNeutralVolts: 1, frequencyHz: HERTZ, ratedAmperes: 1 });

/** A default alarm: the limits of both are the same. */
function alarm(id: string): DefaultAlarm {
  const found = SHARES.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`The meter has no default alarm ${id}.`);
  return found;
}

/** The one number that a default alarm compares with. */
function limitOfAlarm(id: string): number {
  const { limit } = alarm(id);
  if (typeof limit !== 'number') throw new Error(`The default alarm ${id} has no limit.`);
  return limit;
}

/** How far off nominal a default alarm lets a value be, a share of it. */
function bandOf(id: string, nominal: number): number {
  const { high } = alarm(id);
  if (high === undefined) throw new Error(`The default alarm ${id} has no band.`);
  return Number((high / nominal - 1).toFixed(6));
}

function gatewayRules(span: Durations): readonly AlertRule[] {
  const certificate = `min by (instance, node, part) (pm500_certificate_expires_seconds) - time()`;
  const disk = 'min by (instance, path) (pm500_disk_free_bytes / pm500_disk_size_bytes)';
  const day = 86_400;
  return [
    {
      id: 'GatewayDown',
      group: 'gateway',
      severity: 'critical',
      // Also where nobody asks any more.
      value: 'min by (instance) (up{job="pm500"}) or absent(up{job="pm500"}) - 1',
      condition: 'below',
      limit: 1,
      forSeconds: 120,
      summary: 'Node-RED at {{ $labels.instance }} does not answer: nothing is known of its meters.',
      source: EXPERIENCE,
    },
    {
      id: 'CertificateExpiresSoon',
      group: 'gateway',
      severity: 'warning',
      value: certificate,
      condition: 'below',
      limit: 21 * day,
      forSeconds: 600,
      summary: 'A certificate ({{ $labels.part }}) of node {{ $labels.node }} ends in {{ $value | humanizeDuration }}.',
      source: EXPERIENCE,
    },
    {
      id: 'CertificateExpires',
      group: 'gateway',
      severity: 'critical',
      value: certificate,
      condition: 'below',
      limit: 3 * day,
      forSeconds: 600,
      summary: 'A certificate ({{ $labels.part }}) of node {{ $labels.node }} ends in {{ $value | humanizeDuration }}.',
      source: EXPERIENCE,
      inhibits: ['CertificateExpiresSoon'],
    },
    {
      id: 'DiskSpaceLow',
      group: 'gateway',
      severity: 'warning',
      value: disk,
      condition: 'below',
      limit: 0.15,
      forSeconds: 600,
      summary: 'The disk of {{ $labels.path }} has {{ $value | humanizePercentage }} left.',
      source: EXPERIENCE,
    },
    {
      id: 'DiskFull',
      group: 'gateway',
      severity: 'critical',
      value: disk,
      condition: 'below',
      limit: 0.05,
      forSeconds: 60,
      summary: 'The disk of {{ $labels.path }} has {{ $value | humanizePercentage }} left: outboxes will refuse readings.',
      source: EXPERIENCE,
      inhibits: ['DiskSpaceLow'],
    },
    {
      id: 'ClockStepped',
      group: 'gateway',
      severity: 'warning',
      value: `max ${BY_METER} (${grown('pm500_clock_steps_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      forSeconds: 0,
      summary: `The clock of the host that reads ${METER} was set: energies by the clock are uncertain.`,
      source: 'any step',
    },
  ];
}

function meterRules(span: Durations): readonly AlertRule[] {
  const contradicted: QualityReason = 'layout_contradicted';
  const failed = `sum ${BY_METER} (rate(pm500_failed_reads_total[${span.of(900)}]))`;
  const reads = `sum ${BY_METER} (rate(pm500_reads_total[${span.of(900)}]))`;
  return [
    {
      id: 'MeterStale',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (pm500_stale_seconds)`,
      condition: 'above',
      limit: alarm('data_missing').onDelaySeconds ?? 0,
      forSeconds: 30,
      summary: `Meter ${METER} has given no values for {{ $value | humanizeDuration }}.`,
      source: alarm('data_missing').source,
      inhibits: ['MeterNotConnected', 'ReadsFail', 'AlarmsUnjudged'],
    },
    {
      id: 'MeterNotConnected',
      group: 'meters',
      severity: 'warning',
      value: `max ${BY_METER} (pm500_up)`,
      condition: 'below',
      limit: 1,
      forSeconds: 300,
      summary: `There is no connection to meter ${METER}.`,
      source: EXPERIENCE,
    },
    {
      id: 'ReadsFail',
      group: 'meters',
      severity: 'warning',
      value: `${failed} / (${failed} + ${reads} > 0)`,
      condition: 'above',
      limit: 0.1,
      forSeconds: 300,
      summary: `{{ $value | humanizePercentage }} of the reads of meter ${METER} fail.`,
      source: EXPERIENCE,
    },
    {
      id: 'LayoutContradicted',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (${grown(`pm500_untrusted_values_total{reason="${contradicted}"}`, span.of(900))})`,
      condition: 'above',
      limit: 0,
      forSeconds: 0,
      summary: `Values of meter ${METER} stand at other places than its layout says; they are bad.`,
      source: 'any such value',
    },
    {
      id: 'CounterQuestion',
      group: 'meters',
      severity: 'warning',
      value: `max ${BY_METER} (pm500_counter_questions)`,
      condition: 'above',
      limit: 0,
      forSeconds: 600,
      summary: `A counter of meter ${METER} waits for an answer of a person; its energy counts nowhere until then.`,
      source: 'any question',
    },
    {
      id: 'MeterAlarmCritical',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (pm500_active_alarms{severity="critical"})`,
      condition: 'above',
      limit: 0,
      forSeconds: 0,
      summary: `{{ $value }} critical alarms of meter ${METER} are active in Node-RED.`,
      source: 'the alarm rules of the site',
    },
    {
      id: 'AlarmsUnjudged',
      group: 'meters',
      severity: 'info',
      value: `max ${BY_METER} (pm500_unjudged_alarms)`,
      condition: 'above',
      limit: 0,
      forSeconds: 3900,
      summary: `{{ $value }} alarm rules of meter ${METER} cannot be judged: whether they hold is not known.`,
      source: 'a KPI of an hour takes as long',
    },
  ];
}

function supplyRules(span: Durations): readonly AlertRule[] {
  const share = phases((phase) => relative(span.newest(`voltage_${phase}_n`, 'min'), NOMINAL_VOLTAGE));
  const highest = `max ${BY_METER} (${share})`;
  const lost = limitOfAlarm('phase_loss_l1');
  const mean = phases((phase) => relative(span.mean(`voltage_${phase}_n`, 600, 'min'), NOMINAL_VOLTAGE));
  const frequency = relative(span.newest('frequency', 'min'), NOMINAL_FREQUENCY);
  const unbalance = 'voltage_unbalance';
  const sequence = 'phase_sequence';
  const ofPhase = `{{ $labels.phase }} of meter ${METER}`;
  return [
    {
      id: 'PhaseLoss',
      group: 'supply',
      severity: 'critical',
      value: `(${share}) and ${ON_METER} (${highest} >= ${lost})`,
      condition: 'below',
      limit: lost,
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
      forSeconds: 60,
      summary: `The voltage unbalance at meter ${METER} is {{ $value }} %, mean of 10 minutes.`,
      source: 'EN 50160: 95 % of the 10-minute means of the negative sequence up to 2 %; taken over for unbalance by NEMA',
    },
    {
      id: 'VoltageUnbalanceHigh',
      group: 'supply',
      severity: 'critical',
      value: span.newest(unbalance, 'max'),
      condition: 'above',
      limit: limitOfAlarm('voltage_unbalance_high'),
      forSeconds: 60,
      summary: `The voltage unbalance at meter ${METER} is {{ $value }} %: motors should not run.`,
      source: alarm('voltage_unbalance_high').source,
      inhibits: ['VoltageUnbalance'],
    },
    {
      id: 'RotationChanged',
      group: 'supply',
      severity: 'critical',
      value: `max ${BY_METER} (changes(${seriesOf(sequence)}[${span.of(900)}]))`,
      condition: 'above',
      limit: 0,
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
      forSeconds: alarm('current_l1_high').onDelaySeconds ?? 0,
      summary: `The current of ${ofPhase} is {{ $value | humanizePercentage }} of the rated current.`,
      source: alarm('current_l1_high').source,
    },
  ];
}

function demandRules(span: Durations): readonly AlertRule[] {
  const window = span.of(900);
  // The window that ended last where that KPI is on; else the mean of the last quarter of an hour.
  const demand = `max ${BY_METER} (last_over_time(${seriesOf('interval_demand')}[${window}]) or avg_over_time(${seriesOf('active_power_total')}[${window}]))`;
  const ofContract = relative(demand, CONTRACT);
  const loaded = `${demand} > 0.1 * ${span.newest('peak_demand_month', 'max')}`;
  const common = {
    group: 'demand',
    value: ofContract,
    condition: 'above',
    forSeconds: 0,
    summary: `The demand of meter ${METER} is {{ $value | humanizePercentage }} of the contract.`,
  } as const;
  return [
    { ...common, id: 'DemandNearContract', severity: 'warning', limit: 0.8, source: 'the contract of the site' },
    { ...common, id: 'DemandAtContract', severity: 'critical', limit: 0.95, source: 'the contract of the site', inhibits: ['DemandNearContract'] },
    {
      id: 'PowerFactorLow',
      group: 'demand',
      severity: 'warning',
      value: `(${span.newest('interval_power_factor', 'min')} - ${ON_METER} ${limitOf('pm500_power_factor_limit')}) and ${ON_METER} (${loaded})`,
      condition: 'below',
      limit: 0,
      forSeconds: 1800,
      summary: `The power factor of meter ${METER} is {{ $value }} from its limit: reactive energy costs.`,
      source: 'the limit of the site, while the demand is above a tenth of the peak of the month',
    },
  ];
}

function deliveryRules(span: Durations): readonly AlertRule[] {
  const by = 'by (instance, node, target)';
  const waiting = `pm500_delivery_waiting_records`;
  return [
    {
      id: 'SinkDown',
      group: 'delivery',
      severity: 'critical',
      value: `min ${by} (pm500_delivery_up)`,
      condition: 'below',
      limit: 1,
      forSeconds: 120,
      summary: `${TARGET} takes nothing; what is read waits in its outbox.`,
      source: EXPERIENCE,
      inhibits: ['QueueGrowing'],
    },
    {
      id: 'QueueGrowing',
      group: 'delivery',
      severity: 'warning',
      value: `max ${by} (pm500_delivery_oldest_seconds) and on (instance, node, target) (deriv(${waiting}[${span.of(600)}]) > 0)`,
      condition: 'above',
      limit: 900,
      forSeconds: 300,
      summary: `The outbox of ${TARGET} grows, its oldest record has waited {{ $value | humanizeDuration }}.`,
      source: EXPERIENCE,
    },
    {
      id: 'QueueNearLimit',
      group: 'delivery',
      severity: 'critical',
      value: `max ${by} (pm500_delivery_waiting_bytes) / max ${by} (pm500_delivery_limit_bytes)`,
      condition: 'above',
      limit: 0.8,
      forSeconds: 60,
      summary: `The outbox of ${TARGET} holds {{ $value | humanizePercentage }} of what it may: the oldest records will be lost.`,
      source: EXPERIENCE,
    },
    {
      id: 'RecordsLost',
      group: 'delivery',
      severity: 'critical',
      value: `max by (instance, node, target, cause) (${grown('pm500_delivery_lost_records_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      forSeconds: 0,
      summary: `{{ $value }} records for ${TARGET} were lost within an hour, by {{ $labels.cause }}.`,
      source: 'any loss',
    },
    {
      id: 'RecordsRefused',
      group: 'delivery',
      severity: 'warning',
      value: `max ${by} (${grown('pm500_delivery_refused_records_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      forSeconds: 0,
      summary: `${TARGET} refused {{ $value }} records within an hour.`,
      source: 'any refusal',
    },
  ];
}

/**
 * Every alert rule.
 * @param scale of all durations; less than 1 only in tests, which do not have hours
 */
export function alertRules(scale = 1): readonly AlertRule[] {
  const span = new Durations(scale);
  const rules = [gatewayRules, meterRules, supplyRules, demandRules, deliveryRules].flatMap((make) => make(span));
  return rules.map((rule) => ({ ...rule, forSeconds: rule.forSeconds * scale }));
}
