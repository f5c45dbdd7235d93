import { settingsIn } from '../../nodes/shared/field';
import { fieldsOf, FORMS, NODE_TYPES, type NodeType } from '../../nodes/shared/forms';
import type { FlowEntry } from './node-red-admin';
import { readFlow } from './reference-flows';

/** The dialog of a type, and how a person comes to it: from the canvas, or by the property of another node. */
export interface Dialog {
  readonly type: NodeType;
  readonly onCanvas: NodeType;
  readonly property?: string;
}

function dialogOf(type: NodeType): Dialog {
  if (!FORMS[type].isConfig) return { type, onCanvas: type };
  for (const onCanvas of NODE_TYPES)
    for (const [property, { setting }] of settingsIn(fieldsOf(onCanvas)))
      if (setting.kind === 'node' && setting.type === type) return { type, onCanvas, property };
  throw new Error(`Nothing on the canvas names a ${type}.`);
}

/** The dialog of every type of the package. */
export const DIALOGS: readonly Dialog[] = NODE_TYPES.map(dialogOf);

/** Where the group of widgets is, which the flow of every type has. */
export const GROUP = 'live-dashboard-group-meter';

/** Id that a type has in the flow of every type. */
export const idOf = (type: NodeType): string => `every-${type}`;

const ROW = 60;

/** One node of each type that stands on the canvas, as it comes from the palette, beside a group of Dashboard. */
export function flowOfEveryType(): readonly FlowEntry[] {
  const dashboard = readFlow('flows', 'live-dashboard.json').filter(({ type }) =>
    ['ui-base', 'ui-theme', 'ui-page', 'ui-group'].includes(type),
  );
  const types = NODE_TYPES.filter((type) => !FORMS[type].isConfig);
  const nodes = types.map((type, index) => ({
    id: idOf(type),
    type,
    z: 'every',
    name: '',
    x: 200,
    y: ROW * (index + 1),
    wires: [],
  }));
  return [
    { id: 'every', type: 'tab', label: 'every', disabled: true, info: '', env: [] },
    ...dashboard,
    ...(nodes as readonly FlowEntry[]),
  ];
}

/** The input of a field in an open dialog. */
export const inputOf = (type: NodeType, name: string): string =>
  `#node-${FORMS[type].isConfig ? 'config-' : ''}input-${name}`;
