import type { DefaultAlarm, NominalValues } from '../meter-model';

const PHASES = ['l1', 'l2', 'l3'] as const;
const VIRTUAL_ALARMS = [1, 2, 3, 4] as const;
const OUTPUTS = [1, 2] as const;

const STATUS_SOURCE = '1420-UM001D p.61 Tables 31-32';
const EN_50160_VOLTAGE =
  'EN 50160: 95 % of the 10-minute means within +/-10 % of nominal; applied to instant values with a delay';
const EN_50160_FREQUENCY = 'EN 50160: +/-1 % of nominal for 99.5 % of a year, for the 50 Hz grid; taken over for 60 Hz';
const MG_1 = 'NEMA MG-1: motors are to run at no more than 1 % voltage unbalance, and not at all above 5 %';

function statusAlarms(): DefaultAlarm[] {
  const common = { condition: 'equal', limit: true, source: STATUS_SOURCE, provenance: 'verified' } as const;
  return [
    ...VIRTUAL_ALARMS.map((number) => ({
      ...common,
      id: `meter_alarm_${number}`,
      metric: `alarm_${number}`,
      severity: 'warning' as const,
      message: `Virtual alarm ${number} of the meter is on; what it watches is set in the meter.`,
    })),
    ...OUTPUTS.map((number) => ({
      ...common,
      id: `meter_output_${number}`,
      metric: `output_${number}`,
      severity: 'info' as const,
      message: `Output ${number} of the meter is on.`,
    })),
  ];
}

function voltageAlarms(nominal: number): DefaultAlarm[] {
  return PHASES.flatMap((phase): DefaultAlarm[] => {
    const name = phase.toUpperCase();
    const metric = `voltage_${phase}_n`;
    return [
      {
        id: `voltage_${phase}_outside`,
        metric,
        condition: 'outside',
        low: 0.9 * nominal,
        high: 1.1 * nominal,
        hysteresis: 0.01 * nominal,
        onDelaySeconds: 10,
        offDelaySeconds: 10,
        severity: 'warning',
        message: `Voltage ${name}-N is more than 10 % away from nominal.`,
        source: EN_50160_VOLTAGE,
        provenance: 'inferred',
      },
      {
        id: `phase_loss_${phase}`,
        metric,
        condition: 'below',
        limit: 0.5 * nominal,
        hysteresis: 0.1 * nominal,
        onDelaySeconds: 1,
        offDelaySeconds: 5,
        severity: 'critical',
        message: `Phase ${name} is lost: its voltage is below half of nominal.`,
        source:
          'half of nominal, by experience: the open phase of a motor that runs on keeps some voltage; see voltage_unbalance_high',
        provenance: 'assumed',
      },
    ];
  });
}

function currentAlarms(rated: number | undefined): DefaultAlarm[] {
  if (rated === undefined) return [];
  return PHASES.map((phase) => ({
    id: `current_${phase}_high`,
    metric: `current_${phase}`,
    condition: 'above',
    limit: rated,
    hysteresis: 0.05 * rated,
    onDelaySeconds: 60,
    offDelaySeconds: 10,
    severity: 'warning',
    message: `Current ${phase.toUpperCase()} is above the rated current of the feeder.`,
    source: 'the rated current that the site gave; the delay lets motors start',
    provenance: 'assumed',
  }));
}

const QUALITY_ALARMS: readonly DefaultAlarm[] = [
  {
    id: 'voltage_unbalance',
    metric: 'voltage_unbalance',
    condition: 'above',
    limit: 1,
    hysteresis: 0.2,
    onDelaySeconds: 300,
    offDelaySeconds: 60,
    severity: 'warning',
    message: 'Voltage unbalance is above 1 %: motors on this feeder must carry less.',
    source: MG_1,
    provenance: 'inferred',
  },
  {
    id: 'voltage_unbalance_high',
    metric: 'voltage_unbalance',
    condition: 'above',
    limit: 5,
    hysteresis: 0.5,
    onDelaySeconds: 5,
    offDelaySeconds: 10,
    severity: 'critical',
    message: 'Voltage unbalance is above 5 %: motors on this feeder should not run.',
    source: MG_1,
    provenance: 'inferred',
  },
  {
    id: 'rotation_changed',
    metric: 'phase_sequence',
    condition: 'changed',
    latching: true,
    severity: 'critical',
    message: 'The phase sequence has changed: motors may turn the wrong way.',
    source: 'a change needs no knowledge of the coding, which is not known for this meter',
    provenance: 'assumed',
  },
  {
    id: 'rotation_wrong',
    metric: 'phase_sequence',
    condition: 'equal',
    limit: -1,
    onDelaySeconds: 2,
    severity: 'critical',
    message: 'The phase sequence is L1-L3-L2: motors may turn the wrong way.',
    source: 'inferred from sister products, which give -1 for L1-L3-L2 and 0 for L1-L2-L3; check it on the meter',
    provenance: 'inferred',
  },
  {
    id: 'data_missing',
    metric: 'voltage_l1_n',
    condition: 'missing',
    onDelaySeconds: 60,
    severity: 'critical',
    message: 'The meter has not given a value for a minute.',
    source: 'a minute, by experience',
    provenance: 'assumed',
  },
];

/** The alarms that a PowerMonitor 500 has by default, as data that a site changes at will. */
export function defaultAlarms(nominal: NominalValues): DefaultAlarm[] {
  const { lineToNeutralVolts, frequencyHz, ratedAmperes } = nominal;
  return [
    ...statusAlarms(),
    ...voltageAlarms(lineToNeutralVolts),
    {
      id: 'frequency_outside',
      metric: 'frequency',
      condition: 'outside',
      low: 0.99 * frequencyHz,
      high: 1.01 * frequencyHz,
      hysteresis: 0.001 * frequencyHz,
      onDelaySeconds: 10,
      offDelaySeconds: 10,
      severity: 'warning',
      message: 'Frequency is more than 1 % away from nominal.',
      source: EN_50160_FREQUENCY,
      provenance: 'inferred',
    },
    ...currentAlarms(ratedAmperes),
    ...QUALITY_ALARMS,
  ];
}
