import type { InputSeries } from '../../testkit/servers/promtool';

/** One alert from both sides. Times are in seconds; a value comes every 15 s. */
export interface AlertCase {
  /** Series with which the alert holds from `from` on, and no longer from `until` on. */
  readonly holds: readonly InputSeries[];
  readonly from: number;
  readonly until: number;
  /** How much later than `from` it may begin, where a mean or a rate decides. */
  readonly slack?: number;
  /** When it must be over at the latest, where that is later than `until`: the values of its window must be gone. */
  readonly clearedBy?: number;
  /** Others that stay just on the good side, or must not count. */
  readonly spares: Readonly<Record<string, readonly InputSeries[]>>;
  /** How many alerts of one name fire; 1 where absent. */
  readonly count?: number;
}

const LABELS = 'site="plant",meter="m1"';
const HOUR = 3600;
/** An hour of samples. */
const STEPS = 240;

const at = (name: string, values: string, labels = ''): InputSeries => ({
  series: `${name}{${LABELS}${labels === '' ? '' : `,${labels}`}}`,
  values,
});
const measured = (metric: string, values: string): InputSeries =>
  at(`powermonitor_500_${metric}`, values, 'quality="uncertain",db="energy"');
const kpi = (metric: string, values: string): InputSeries =>
  at(`powermonitor_500_kpi_${metric}`, values, 'quality="good",db="energy"');
const told = (metric: string, values: string): InputSeries =>
  at(metric, values, 'node="n1",instance="gateway:1880",job="pm500"');
const sink = (metric: string, values: string, more = ''): InputSeries => ({
  series: `${metric}{instance="gateway:1880",job="pm500",node="n2",target="influx"${more}}`,
  values,
});
const host = (metric: string, values: string, labels: string): InputSeries => ({
  series: `${metric}{instance="gateway:1880",job="pm500"${labels}}`,
  values,
});

/** `good` until `from`, `bad` until `until`, then good again. */
const swing = (good: number | string, bad: number | string, from = HOUR / 2, until = HOUR): string =>
  [`${good}x${from / 15 - 1}`, `${bad}x${(until - from) / 15 - 1}`, `${good}x${4 * STEPS}`].join(' ');
const steady = (value: number | string): string => `${value}x${6 * STEPS}`;

/** A condition that is there for half an hour and gone again. */
const during = (
  bad: readonly InputSeries[],
  spares: AlertCase['spares'],
  more: Partial<AlertCase> = {},
): AlertCase => ({ holds: bad, from: HOUR / 2, until: HOUR, spares, ...more });

const NOMINAL = told('pm500_nominal_voltage_volts', steady(230));
const volts = (l1: string, l2 = steady(230), l3 = steady(230)): readonly InputSeries[] => [
  NOMINAL,
  measured('voltage_l1_n', l1),
  measured('voltage_l2_n', l2),
  measured('voltage_l3_n', l3),
];
const hertz = (values: string): readonly InputSeries[] => [
  told('pm500_nominal_frequency_hertz', steady(60)),
  measured('frequency', values),
];
/** What is told once for each window of 15 minutes; the last value stays for so many windows. */
const windows = (...values: readonly (readonly [value: number, count: number])[]): string =>
  values.flatMap(([value, count]) => Array.from({ length: count }, () => `${value} _x59`)).join(' ');
const ofContract = (values: string): readonly InputSeries[] => [
  told('pm500_contract_demand_watts', steady(500_000)),
  kpi('interval_demand', values),
];
const powerFactor = (values: string, demand = 100_000): readonly InputSeries[] => [
  told('pm500_power_factor_limit', steady(0.9)),
  kpi('interval_power_factor', values),
  kpi('interval_demand', windows([demand, 16])),
  kpi('peak_demand_month', windows([500_000, 16])),
];
const phasesOf = (l1: string, rated = '100'): readonly InputSeries[] => [
  told('pm500_rated_current_amperes', steady(rated)),
  measured('current_l1', l1),
  measured('current_l2', steady(50)),
  measured('current_l3', steady(50)),
];
const disk = (free: string): readonly InputSeries[] => [
  host('pm500_disk_free_bytes', free, ',path="/data"'),
  host('pm500_disk_size_bytes', steady(1000), ',path="/data"'),
];
const DAY = 86_400;
/** promtool begins at the time 0, so the end of a certificate is what is left of it. */
const certificate = (days: number, later = 0): readonly InputSeries[] => [
  host('pm500_certificate_expires_seconds', steady(days * DAY + later), ',node="n2",part="cert"'),
];
/** A counter that grows by 5 after half an hour, and one that appears with 5. */
const grows = '0x119 5x1200';
const appears = '_x120 5x1200';

/** Every alert, by its name. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  GatewayDown: during([host('up', swing(1, 0), '')], { answers: [host('up', steady(1), '')] }),
  CertificateExpiresSoon: {
    holds: certificate(21, HOUR / 2),
    from: HOUR / 2 + 15,
    until: Number.POSITIVE_INFINITY,
    spares: { 'an hour before': certificate(21, 4 * HOUR) },
  },
  CertificateExpires: {
    holds: certificate(3, HOUR / 2),
    from: HOUR / 2 + 15,
    until: Number.POSITIVE_INFINITY,
    spares: { 'four days left': certificate(4) },
  },
  DiskSpaceLow: during(disk(swing(160, 149)), { '15.1 %': disk(steady(151)) }),
  DiskFull: during(disk(swing(60, 49)), { '5.1 %': disk(steady(51)) }),
  ReadinessCritical: during(
    // The page has no line for a check that finds nothing.
    [host('pm500_doctor_finding', '_x120 1x119 stale', ',check="broker-reachable",severity="critical"')],
    { 'a warning': [host('pm500_doctor_finding', steady(1), ',check="backup-files",severity="warning"')] },
  ),
  ClockStepped: {
    holds: [told('pm500_clock_steps_total', grows)],
    from: HOUR / 2,
    until: HOUR / 2 + HOUR,
    clearedBy: HOUR / 2 + HOUR + 30,
    spares: {
      none: [told('pm500_clock_steps_total', steady(0))],
    },
  },
  MeterStale: during([told('pm500_stale_seconds', swing(0, 61))], {
    'exactly a minute': [told('pm500_stale_seconds', steady(60))],
  }),
  MeterNotConnected: during([told('pm500_up', swing(1, 0))], {
    'connected by one of two transports': [
      told('pm500_up', steady(0)),
      at('pm500_up', steady(1), 'transport="modbus"'),
    ],
  }),
  ReadsFail: {
    holds: [told('pm500_reads_total', '0+100x960'), told('pm500_failed_reads_total', '0x119 0+20x119 2380x480')],
    from: HOUR / 2 + 15 * 30,
    slack: 15 * 8,
    until: HOUR,
    clearedBy: HOUR + 900,
    spares: { 'one in twelve': [told('pm500_reads_total', '0+110x960'), told('pm500_failed_reads_total', '0+10x960')] },
  },
  LayoutContradicted: {
    holds: [told('pm500_untrusted_values_total', grows)].map(({ series, values }) => ({
      series: series.replace('}', ',reason="layout_contradicted"}'),
      values,
    })),
    from: HOUR / 2,
    until: HOUR / 2 + 900,
    clearedBy: HOUR / 2 + 930,
    spares: { 'another reason': [at('pm500_untrusted_values_total', grows, 'reason="stale"')] },
  },
  CounterQuestion: during([told('pm500_counter_questions', swing(0, 1))], {
    none: [told('pm500_counter_questions', steady(0))],
  }),
  MeterAlarmCritical: during([at('pm500_active_alarms', swing(0, 2), 'severity="critical"')], {
    'a warning': [at('pm500_active_alarms', steady(3), 'severity="warning"')],
  }),
  AlarmsUnjudged: during(
    [told('pm500_unjudged_alarms', swing(0, 1, HOUR / 2, 2 * HOUR))],
    { none: [told('pm500_unjudged_alarms', steady(0))] },
    { until: 2 * HOUR },
  ),
  PhaseLoss: during(volts(swing(230, 114.9)), {
    'just above half': volts(steady(115.1)),
    'all phases: the supply is off': volts(steady(0), steady(0), steady(0)),
    'no nominal voltage': volts(swing(230, 10)).slice(1),
    'before a value has come': [NOMINAL],
  }),
  SupplyLost: during(volts(swing(230, 114), swing(230, 0), swing(230, 100)), {
    'one phase left': volts(steady(0), steady(0), steady(116)),
  }),
  VoltageOutside: during(
    volts(swing(230, 206, HOUR / 2, 2 * HOUR)),
    {
      'at 10 %': volts(steady(207.1)),
      'a dip of a minute': volts('230x60 150x3 230x900'),
      'a lost phase': volts(steady(20)),
    },
    { from: HOUR / 2 + 600, until: 2 * HOUR, clearedBy: 2 * HOUR + 600 },
  ),
  FrequencyOutside: during(hertz(swing(60, 60.61)), { 'at 1 %': hertz(steady(60.59)) }),
  VoltageUnbalance: during(
    [kpi('voltage_unbalance', swing(1, 2.02, HOUR / 2, 2 * HOUR))],
    {
      'at 2 %': [kpi('voltage_unbalance', steady(2))],
      'a start of a motor': [kpi('voltage_unbalance', '1x60 8x3 1x900')],
    },
    { from: HOUR / 2 + 570, slack: 60, until: 2 * HOUR, clearedBy: 2 * HOUR + 600 },
  ),
  VoltageUnbalanceHigh: during([kpi('voltage_unbalance', swing(1, 5.1))], {
    'at 5 %': [kpi('voltage_unbalance', steady(5))],
  }),
  RotationChanged: {
    holds: [measured('phase_sequence', '0x119 -1x900')],
    from: HOUR / 2,
    until: HOUR / 2 + 900,
    clearedBy: HOUR / 2 + 915,
    spares: {
      'always the other': [measured('phase_sequence', steady(-1))],
      'a gap': [measured('phase_sequence', '0x60 _x60 0x600')],
    },
  },
  RotationWrong: during([measured('phase_sequence', swing(0, -1))], {
    'L1-L2-L3': [measured('phase_sequence', steady(0))],
    'a code that nobody knows': [measured('phase_sequence', steady(2))],
  }),
  CurrentHigh: during(phasesOf(swing(90, 100.1)), {
    'at rated': phasesOf(steady(100)),
    'a start of a motor': phasesOf('50x60 600x2 50x900'),
  }),
  DemandNearContract: during(ofContract(windows([300_000, 2], [400_001, 2], [300_000, 8])), {
    'at 80 %': ofContract(windows([400_000, 12])),
    'no contract': ofContract(windows([900_000, 12])).slice(1),
  }),
  DemandAtContract: during(ofContract(windows([300_000, 2], [475_001, 2], [300_000, 8])), {
    'at 95 %': ofContract(windows([475_000, 12])),
    'a spike of a minute without the KPI': [
      told('pm500_contract_demand_watts', steady(500_000)),
      measured('active_power_total', '300000x120 900000x3 300000x600'),
    ],
  }),
  PowerFactorLow: during(
    powerFactor(windows([0.95, 2], [0.89, 6], [0.95, 8])),
    { 'at the limit': powerFactor(windows([0.9, 12])), 'hardly any load': powerFactor(windows([0.5, 12]), 50_000) },
    { until: 2 * HOUR },
  ),
  SinkDown: during([sink('pm500_delivery_up', swing(1, 0))], { up: [sink('pm500_delivery_up', steady(1))] }),
  QueueGrowing: {
    holds: [
      sink('pm500_delivery_oldest_seconds', swing(0, 901)),
      sink('pm500_delivery_waiting_records', '0x119 0+50x119 0x600'),
    ],
    from: HOUR / 2 + 15,
    until: HOUR,
    clearedBy: HOUR + 30,
    spares: {
      'old, but shrinking': [
        sink('pm500_delivery_oldest_seconds', steady(4000)),
        sink('pm500_delivery_waiting_records', '90000-50x900'),
      ],
      'growing, but fresh': [
        sink('pm500_delivery_oldest_seconds', steady(900)),
        sink('pm500_delivery_waiting_records', '0+50x900'),
      ],
    },
  },
  QueueNearLimit: during(
    [sink('pm500_delivery_waiting_bytes', swing(10, 801)), sink('pm500_delivery_limit_bytes', steady(1000))],
    { '80 %': [sink('pm500_delivery_waiting_bytes', steady(800)), sink('pm500_delivery_limit_bytes', steady(1000))] },
  ),
  RecordsLost: {
    holds: [sink('pm500_delivery_lost_records_total', appears, ',cause="size"')],
    from: HOUR / 2,
    until: HOUR / 2 + HOUR,
    clearedBy: HOUR / 2 + HOUR + 30,
    spares: { none: [sink('pm500_delivery_lost_records_total', steady(0), ',cause="age"')] },
  },
  RecordsRefused: {
    holds: [sink('pm500_delivery_refused_records_total', grows)],
    from: HOUR / 2,
    until: HOUR / 2 + HOUR,
    clearedBy: HOUR / 2 + HOUR + 30,
    spares: { none: [sink('pm500_delivery_refused_records_total', steady(0))] },
  },
  BackupFailed: during(
    [
      host('pm500_backup_failed', swing(0, 1, HOUR / 2, 2 * HOUR), ',part="influxdb"'),
      // Told once a night: what was told last counts until the next.
      host('pm500_backup_failed', `0x119 1 _x359 0x${4 * STEPS}`, ',part="files"'),
    ],
    { 'one that was tried again': [host('pm500_backup_failed', '0x119 1x119 0x600', ',part="influxdb"')] },
    { until: 2 * HOUR, count: 2 },
  ),
  BackupOverdue: {
    // promtool begins at the time 0: due after half an hour, and made after an hour.
    holds: [host('pm500_backup_due_seconds', `${HOUR / 2} _x239 ${DAY}x${4 * STEPS}`, ',part="influxdb"')],
    from: HOUR / 2 + 15,
    until: HOUR,
    spares: {
      'not yet': [host('pm500_backup_due_seconds', steady(4 * HOUR), ',part="influxdb"')],
      'never told': [host('up', steady(1), '')],
    },
  },
  TierBehind: during(
    [
      host('pm500_tier_is_behind', swing(0, 1, HOUR / 2, 2 * HOUR), ',tier="day"'),
      // Nobody tells any more: the last value counts for five minutes.
      host('pm500_tier_is_behind', `0x119 _x360 0x${4 * STEPS}`, ',tier="month"'),
    ],
    {
      'behind for a while': [host('pm500_tier_is_behind', '0x60 1x110 0x600', ',tier="1m"')],
      'told again soon': [host('pm500_tier_is_behind', '0x60 _x120 0x600', ',tier="1m"')],
      'never told': [host('up', steady(1), '')],
    },
    { until: 2 * HOUR, slack: 300, count: 2 },
  ),
};
