import { ALL_METRICS } from '../../metrics/derived-metrics';
import { choice, flag, optionalNumber, text, type JsonMembers, type JsonShape } from '../../support/setting';
import { ALARM_CONDITIONS, SEVERITIES } from './rule';

const ANY = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE } as const;
const FROM_ZERO = { min: 0, max: Number.MAX_VALUE } as const;
const NUMERIC = ['above', 'below', 'outside'] as const;

/** What a rule may have. */
export const RULE_MEMBERS = {
  id: { setting: text(), isNeeded: true, isWide: true, hint: 'voltage_high' },
  metric: {
    setting: text(),
    isNeeded: true,
    isWide: true,
    hint: 'voltage_l1_n',
    suggests: ALL_METRICS.map(({ name }) => name),
  },
  condition: { setting: choice('above', ALARM_CONDITIONS), isNeeded: true },
  limit: { setting: text(), isScalar: true, shownWhen: { condition: ['above', 'below', 'equal'] } },
  low: { setting: optionalNumber(ANY), shownWhen: { condition: ['outside'] } },
  high: { setting: optionalNumber(ANY), shownWhen: { condition: ['outside'] } },
  hysteresis: { setting: optionalNumber(FROM_ZERO), hint: '0', shownWhen: { condition: NUMERIC } },
  onDelaySeconds: { setting: optionalNumber(FROM_ZERO), hint: '0', shownWhen: { condition: { not: 'changed' } } },
  offDelaySeconds: { setting: optionalNumber(FROM_ZERO), hint: '0' },
  severity: { setting: choice('warning', SEVERITIES) },
  latching: { setting: flag() },
  message: { setting: text(), isWide: true },
  source: { setting: text(), isWide: true },
} as const satisfies JsonMembers;

/** A list of rules. */
export const RULES_SHAPE: JsonShape = {
  members: {},
  lists: { '': RULE_MEMBERS },
  // EN 50160 allows 10 % above the nominal voltage, here of 230 V.
  example: [
    {
      id: 'voltage_high',
      metric: 'voltage_l1_n',
      condition: 'above',
      limit: 253,
      hysteresis: 2,
      onDelaySeconds: 10,
      severity: 'warning',
      message: 'Voltage of L1 is more than 10 % above 230 V.',
    },
  ],
};
