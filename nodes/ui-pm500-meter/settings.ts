import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { PM500 } from '../../src/meters/pm500';
import { choices, text } from '../../src/support/setting';
import { field, nodeForm } from '../shared/field';
import { BOARD_FIELDS, PLACE_FIELDS } from '../shared/widget-fields';

/** What the widget can show, in the order in which it does. */
export const PARTS = ['gauges', 'energy', 'alarms', 'values', 'fleet'] as const;
export type WidgetPart = (typeof PARTS)[number];

/** What is worked out has groups of its own. */
export const WORKED_OUT = ['derived', 'period'] as const;

/** Metrics with a gauge where nobody has chosen. */
const USUAL_GAUGES = ['active_power_total', 'power_factor_total', 'voltage_ll_avg', 'frequency'];
const GAUGES = ALL_METRICS.filter(({ kind, statistic }) => kind === 'gauge' && statistic === 'instant');
const WITH_VALUES = { shownWhen: { parts: ['values'] } } as const;

/** What the widget of meters can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    ...PLACE_FIELDS,
    parts: field(choices(['gauges', 'energy', 'alarms', 'values'], PARTS, { required: true }), { icon: 'th-large' }),
    gauges: field(
      choices(
        USUAL_GAUGES,
        GAUGES.map(({ name, label }) => ({ value: name, label })),
      ),
      { icon: 'dashboard', shownWhen: { parts: ['gauges'] } },
    ),
    groups: field(
      choices(
        ['realtime', 'energy', 'derived', 'period'],
        [...PM500.groups.map(({ name, label }) => ({ value: name, label })), ...WORKED_OUT],
        { required: true },
      ),
      { icon: 'list-ul', ...WITH_VALUES },
    ),
    ...BOARD_FIELDS,
  },
});
