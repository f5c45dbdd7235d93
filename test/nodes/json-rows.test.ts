import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenBy, placeOf, readShaped, shownOf, writeShaped } from '../../nodes/shared/editor/json-values';
import { settingsIn } from '../../nodes/shared/field';
import { fieldsOf } from '../../nodes/shared/forms';
import { parseAlarmRules } from '../../src/domain/alarms/parse-rules';
import { ALARM_CONDITIONS } from '../../src/domain/alarms/rule';
import { RULES_SHAPE } from '../../src/domain/alarms/rule-shape';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { DAYS } from '../../src/domain/tariff/tariff';
import { TARIFF_SHAPE } from '../../src/domain/tariff/tariff-shape';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { isRecord } from '../../src/support/expect';
import type { JsonShape } from '../../src/support/setting';
import { ROOT } from '../../testkit/root';

/** Every member of a shape with the list that it is in; undefined for a member of the whole. */
function membersIn({ members, lists }: JsonShape): readonly (readonly [list: string | undefined, name: string])[] {
  return [
    ...Object.keys(members).map((name) => [undefined, name] as const),
    ...Object.entries(lists).flatMap(([list, own]) => Object.keys(own).map((name) => [list, name] as const)),
  ];
}

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

/** A value that notes which members of it and of its rows somebody reads, by the list that they are in. */
function watched(value: unknown, read: Set<string>, list = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => watched(each, read, list));
  if (!isRecord(value)) return value;
  return new Proxy(value, {
    get: (target, name) => {
      if (typeof name !== 'string') return undefined;
      const isList = Array.isArray(target[name]) && (target[name] as unknown[]).every(isRecord);
      if (!isList) read.add(`${list}.${name}`);
      return watched(target[name], read, name);
    },
  });
}

const named = (shape: JsonShape): string[] => membersIn(shape).map(([list = '', name]) => `${list}.${name}`);

/** Rules that have each condition, so that what each needs is read. */
const RULES = ALARM_CONDITIONS.map((condition) => ({
  id: `rule_${condition}`,
  metric: 'voltage_l1_n',
  condition,
  ...(condition === 'outside' ? { low: 1, high: 9, hysteresis: 1 } : {}),
  ...(['above', 'below', 'equal'].includes(condition) ? { limit: 5 } : {}),
  ...(condition === 'missing' ? { onDelaySeconds: 5 } : {}),
}));

describe('shapes of JSON that a form edits in rows', () => {
  it('name every member that the parser reads, and no other', () => {
    const ofTariff = new Set<string>();
    parseTariff(watched(TARIFF_SHAPE.example, ofTariff));
    assert.deepEqual([...ofTariff].sort(), named(TARIFF_SHAPE).sort());
    const ofRules = new Set<string>();
    assert.deepEqual(parseAlarmRules(watched(RULES, ofRules), METRICS).problems, []);
    assert.deepEqual([...ofRules].sort(), named(RULES_SHAPE).sort());
  });

  it('offer all days that a tariff knows', () => {
    const days = TARIFF_SHAPE.lists['rules']?.['days']?.setting;
    assert.ok(days?.kind === 'choices');
    assert.deepEqual(days.options.map(({ value }) => value).sort(), [...DAYS].sort());
  });

  it('say which members are needed: without one of them the parser refuses the example, without another it does not', () => {
    const refuses = (shape: JsonShape, value: unknown): boolean => {
      if (shape === RULES_SHAPE) return parseAlarmRules(value, METRICS).problems.length > 0;
      try {
        parseTariff(value);
        return false;
      } catch {
        return true;
      }
    };
    for (const shape of [TARIFF_SHAPE, RULES_SHAPE])
      for (const [list, name] of membersIn(shape)) {
        const example = structuredClone(shape.example) as Record<string, unknown> & Record<string, unknown>[];
        const members = list === undefined ? shape.members : shape.lists[list];
        const place =
          list === undefined ? example : list === '' ? example[0] : (example[list] as object[] | undefined)?.[0];
        assert.ok(place !== undefined);
        // A limit is needed by the condition that the example has.
        if (name === 'limit') continue;
        Reflect.deleteProperty(place, name);
        assert.equal(refuses(shape, example), members?.[name]?.isNeeded === true, `${list ?? ''}.${name}`);
      }
  });

  it('have examples that the parser takes, and that of the tariff is the one of docs/kpis.md', () => {
    assert.deepEqual(parseAlarmRules(RULES_SHAPE.example, METRICS).problems, []);
    const page = readFileSync(join(ROOT, 'docs/kpis.md'), 'utf8');
    const [, shown = ''] = /## Tariff calendar\n[^`]*?(?:`[^`\n]+`[^`]*?)*```json\n([\s\S]*?)```/.exec(page) ?? [];
    assert.deepEqual(JSON.parse(shown), TARIFF_SHAPE.example);
  });

  it('are of the two settings of a normalizer that are lists or calendars', () => {
    const shaped = settingsIn(fieldsOf('pm500-normalize')).flatMap(([name, { setting }]) =>
      setting.kind === 'code' && setting.shape !== undefined ? [name] : [],
    );
    assert.deepEqual(shaped, ['tariff', 'alarmRules']);
  });
});

/** What a form does that shows a text in rows and reads it back, with some inputs changed by a person. */
function throughRows(shape: JsonShape, text: string, change: Readonly<Record<string, string>> = {}): string {
  const value = readShaped(shape, text);
  assert.ok(value !== undefined, text);
  const edit = (entry: Readonly<Record<string, unknown>>, members: JsonShape['members'], path: string) => {
    const edited: Record<string, unknown> = { ...entry };
    for (const [name, member] of Object.entries(members)) {
      const shown = shownOf(member, entry[name]);
      const typed = change[`${path}.${name}`] ?? shown;
      if (typed === shown) continue;
      const given = givenBy(member, typed, entry[name]);
      if (given === undefined) Reflect.deleteProperty(edited, name);
      else edited[name] = given;
    }
    return edited;
  };
  const lists = Object.entries(value.lists).map(([list, rows]) => [
    list,
    rows.map((row, index) => edit(row, shape.lists[list] ?? {}, `${list}[${index}]`)),
  ]);
  const whole = edit(value.whole, shape.members, '');
  return writeShaped(shape, { whole, lists: Object.fromEntries(lists) as typeof value.lists }, text);
}

describe('JSON in rows', () => {
  const odd = [
    '[ {"id":"a", "color":"red", "limit":"5", "metric":7, "condition":"between", "latching":"yes"}]',
    '[{"limit": true, "severity": null, "low": "1,5", "source": {"page": 3}}, {}]',
    ' [] ',
  ];
  const calendars = [
    '{"timeZone":"Europe/Berlin","periods":[{"name":"peak","pricePerKwh":"0,3","note":1}],"future":{"a":[1]}}',
    '{"holidays":["2026-04-03", 5, "a b"],"rules":[{"days":["monday","mon"],"period":"x"}],"seasons":[]}',
    '{}',
  ];

  it('is not changed by looking at it, not by one character, whatever it holds', () => {
    for (const text of [...odd, '']) assert.equal(throughRows(RULES_SHAPE, text), text);
    for (const text of [...calendars, '']) assert.equal(throughRows(TARIFF_SHAPE, text), text);
  });

  it('keeps what no row shows, and what a person did not touch, where something else is changed', () => {
    const [first = '', second = ''] = odd;
    assert.deepEqual(JSON.parse(throughRows(RULES_SHAPE, first, { '[0].id': 'b' })), [
      { id: 'b', color: 'red', limit: '5', metric: 7, condition: 'between', latching: 'yes' },
    ]);
    assert.deepEqual(JSON.parse(throughRows(RULES_SHAPE, second, { '[1].metric': 'frequency' })), [
      { limit: true, severity: null, low: '1,5', source: { page: 3 } },
      { metric: 'frequency' },
    ]);
    const [calendar = '', other = ''] = calendars;
    assert.deepEqual(JSON.parse(throughRows(TARIFF_SHAPE, calendar, { '.currency': 'EUR' })), {
      ...(JSON.parse(calendar) as object),
      currency: 'EUR',
    });
    const days = JSON.parse(throughRows(TARIFF_SHAPE, other, { 'rules[0].days': 'tue' })) as { rules: object[] };
    assert.deepEqual(days.rules, [{ days: ['monday', 'tue'], period: 'x' }]);
    const named = '[{"__proto__": {"id": "x"}, "constructor": 1, "toString": null}]';
    assert.equal(throughRows(RULES_SHAPE, named), named);
    assert.equal(
      throughRows(RULES_SHAPE, named, { '[0].metric': 'frequency' }).replaceAll(/\s/g, ''),
      `${named.slice(0, -2)},"metric":"frequency"}]`.replaceAll(/\s/g, ''),
    );
  });

  it('gives each member the kind that the parser wants, and leaves out what is emptied', () => {
    const rule = { id: 'a', metric: 'frequency', condition: 'above', limit: 50 };
    const edited = (member: string, text: string): unknown =>
      (JSON.parse(throughRows(RULES_SHAPE, JSON.stringify([rule]), { [`[0].${member}`]: text })) as object[])[0];
    assert.deepEqual(edited('limit', '50.5'), { ...rule, limit: 50.5 });
    assert.deepEqual(edited('limit', 'true'), { ...rule, limit: true });
    assert.deepEqual(edited('limit', '"5"'), { ...rule, limit: '5' });
    assert.deepEqual(edited('limit', 'L1-L2'), { ...rule, limit: 'L1-L2' });
    assert.deepEqual(edited('limit', ''), { id: 'a', metric: 'frequency', condition: 'above' });
    assert.deepEqual(edited('onDelaySeconds', ' 10 '), { ...rule, onDelaySeconds: 10 });
    // The parser says what is wrong with it.
    assert.deepEqual(edited('onDelaySeconds', '10 s'), { ...rule, onDelaySeconds: '10 s' });
    assert.deepEqual(edited('latching', 'true'), { ...rule, latching: true });
    const calendar = JSON.parse(throughRows(TARIFF_SHAPE, '', { '.holidays': '12-25, 2026-04-03' })) as object;
    assert.deepEqual(calendar, { holidays: ['12-25', '2026-04-03'] });
    // What is shown as JSON is read as JSON.
    const oddDays = '["2026-04-03", 5, "a b"]';
    const mended = throughRows(TARIFF_SHAPE, `{"holidays":${oddDays}}`, {
      '.holidays': oddDays.replace('5', '"12-25"'),
    });
    assert.deepEqual(JSON.parse(mended), { holidays: ['2026-04-03', '12-25', 'a b'] });
  });

  it('is nothing again when all is taken away, and has no rows where it is something else', () => {
    const [calendar = ''] = calendars;
    assert.equal(writeShaped(RULES_SHAPE, { whole: {}, lists: { '': [] } }, '[{"id":"a"}]'), '');
    for (const text of ['rules.json', '${RULES}', '[{]', '{"id":"a"}', '[1]', '5'])
      assert.equal(readShaped(RULES_SHAPE, text), undefined, text);
    for (const text of ['tariff.json', '[]', '{"rules":"all"}', '{"periods":["peak"]}', calendar.slice(1)])
      assert.equal(readShaped(TARIFF_SHAPE, text), undefined, text);
  });

  it('has rows for as many as a person edits in rows; more is edited as it stands', () => {
    const rules = (count: number): string => JSON.stringify(Array.from({ length: count }, () => ({ id: 'a' })));
    assert.equal(readShaped(RULES_SHAPE, rules(300))?.lists['']?.length, 300);
    assert.equal(readShaped(RULES_SHAPE, rules(301)), undefined);
  });

  it('finds the place of a sentence by its path', () => {
    assert.deepEqual(placeOf(RULES_SHAPE, '[3].metric'), { list: '', row: 3, member: 'metric' });
    assert.deepEqual(placeOf(RULES_SHAPE, '[3]'), { list: '', row: 3 });
    assert.deepEqual(placeOf(TARIFF_SHAPE, '.rules[0].days[1]'), { list: 'rules', row: 0, member: 'days' });
    assert.deepEqual(placeOf(TARIFF_SHAPE, '.periods'), { list: 'periods' });
    assert.deepEqual(placeOf(TARIFF_SHAPE, '.holidays[2]'), { member: 'holidays' });
    assert.deepEqual(placeOf(TARIFF_SHAPE, '.constructor'), { member: 'constructor' });
  });
});
