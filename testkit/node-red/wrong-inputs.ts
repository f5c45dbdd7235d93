import type { Field } from '../../nodes/shared/field';
import { isJudged, type Setting } from '../../src/support/setting';

/** What a person types by mistake, or what a saved flow has that no form offers. */
type WrongInput =
  | { readonly how: 'typed'; readonly text: string }
  /** Every box is cleared, or nothing is chosen. */
  | { readonly how: 'left empty' }
  | { readonly how: 'saved'; readonly value: string }
  /** By column, in a row that is right but for it. */
  | { readonly how: 'in a row'; readonly columns: Readonly<Record<string, string>> }
  | { readonly how: 'none'; readonly because: string };

/** Of texts: a number is out of its range, and what is required is empty. */
const TYPED: Readonly<Record<string, string>> = {
  host: '10.0.0.5 x',
  bind: 'localhost!',
  groupId: 'a/b',
  edgeNodeId: 'a+b',
  primaryHostId: 'a#b',
  furtherServers: 'a:b:c',
  deviceId: 'a/b',
  timeZone: 'Mars/Phobos',
  layoutFile: '/none/such.json',
  localAddress: '300.1.1.1',
  shard: '4/3',
  url: 'mqtt://10.0.0.5',
  path: 'telegraf',
  proxy: 'proxy:3128',
  token: 'two words',
  topic: 'a/+/b',
  clientId: 'x'.repeat(70_000),
  certificateFile: '/none/such.pem',
  keyFile: '/none/such.key',
  caFile: '/none/such.pem',
  identityFolder: '/none/such',
  csvFile: '/none/such.csv',
  fleetFile: '/none/such.csv',
  influxMeasurement: '#x',
  tariff: '{"x":1}',
  alarmRules: '[{"metric":"no_such_metric"}]',
  deadbands: '{"nothing":{"absolute":1}}',
  groups: 'realtime:10 no_such_group',
};

const NOBODY = 'no such choice';

const beyond = (max: number): string => String(max + 1);

function textOf(name: string, isRequired: boolean): WrongInput {
  const text = TYPED[name] ?? (isRequired ? '' : undefined);
  if (text === undefined)
    throw new Error(`${name} is judged: give it a wrong value in testkit/node-red/wrong-inputs.ts.`);
  return { how: 'typed', text };
}

/** What is wrong in a column; undefined where everything is right. */
function ofColumn(name: string, setting: Setting): string | undefined {
  if (setting.kind === 'number') return beyond(setting.max);
  if (setting.kind === 'choice') return NOBODY;
  if (setting.kind !== 'text') return undefined;
  return TYPED[name] ?? (setting.required === true ? '' : undefined);
}

/**
 * A wrong input of any field, which follows from its row.
 * @throws Error where a text is judged and nobody said what is wrong
 */
export function wrongInputOf(name: string, { setting, isChecked = false, check }: Field): WrongInput {
  const isRequired = 'required' in setting && setting.required;
  switch (setting.kind) {
    case 'number':
      return { how: 'typed', text: beyond(setting.max) };
    case 'numbers':
      return { how: 'typed', text: beyond(setting.of.max) };
    case 'choice':
      return { how: 'saved', value: NOBODY };
    case 'choices':
      return isRequired ? { how: 'left empty' } : { how: 'none', because: 'any of the boxes, and none, may be ticked' };
    case 'node':
      return isRequired ? { how: 'left empty' } : { how: 'none', because: 'it may be left empty' };
    case 'flag':
      return { how: 'none', because: 'on and off are both right' };
    case 'list': {
      const columns = Object.entries(setting.columns).flatMap(([column, each]) => {
        const wrong = ofColumn(column, each);
        return wrong === undefined ? [] : [[column, wrong] as const];
      });
      return { how: 'in a row', columns: Object.fromEntries(columns) };
    }
    case 'text':
    case 'secret':
    case 'code':
      if (setting.kind === 'code' && setting.language === 'jsonata') return { how: 'left empty' };
      return isJudged(setting) || isChecked || check !== undefined
        ? textOf(name, isRequired)
        : { how: 'none', because: 'any text is right' };
  }
}
