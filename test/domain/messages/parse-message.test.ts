import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { ALARM_JSON_SCHEMA } from '../../../src/domain/alarms/alarm-schema';
import { alarmMessage, parseAlarmMessage } from '../../../src/domain/alarms/alarm-message';
import { AlarmSet } from '../../../src/domain/alarms/alarm-set';
import { parseAlarmRules } from '../../../src/domain/alarms/parse-rules';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { READING_JSON_SCHEMA, TELEMETRY_JSON_SCHEMA } from '../../../src/domain/messages/message-schemas';
import { normalizeReading } from '../../../src/domain/quality/normalize';
import { parseReading, parseTelemetry } from '../../../src/domain/messages/parse-message';
import { ASSEMBLIES } from '../../../src/meters/pm500/assemblies';
import { seededRandom, type Random } from '../../../src/support/random';
import { momentOf } from '../../../testkit/meters/alarms';
import { READ_AT, sampleReading } from '../../../testkit/meters/readings';

const ALL = ASSEMBLIES.map(({ instance }) => instance);
const ajv = new Ajv({ strict: false });

const JUNK: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  1.5,
  '',
  'good',
  'V',
  true,
  [],
  {},
  [{}],
  { value: 1 },
  'x'.repeat(99),
];

/** Replaces one member somewhere in a JSON tree by junk, or deletes it. */
function mutate(tree: unknown, random: Random): void {
  let node = tree as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(node);
    const key = keys[Math.floor(random() * keys.length)];
    if (key === undefined) return;
    const child = node[key];
    if (typeof child === 'object' && child !== null && Object.keys(child).length > 0 && random() < 0.85) {
      node = child as Record<string, unknown>;
      continue;
    }
    const junk = JUNK[Math.floor(random() * JUNK.length)];
    if (junk === undefined) Reflect.deleteProperty(node, key);
    else node[key] = structuredClone(junk);
    return;
  }
}

function accepts(parse: (payload: unknown) => unknown, payload: unknown): boolean {
  try {
    parse(payload);
    return true;
  } catch (thrown) {
    assert.equal((thrown as { code?: string }).code, 'MESSAGE_INVALID');
    assert.match((thrown as Error).message, /^payload[^ ]* is .+, expected .+; .+\.$/);
    return false;
  }
}

/** An alarm that was raised, or what cannot be judged any more; two in the table, and a rule that never was judged. */
function sampleAlarm(event: 'raised' | 'unjudged'): unknown {
  const { metrics, meter } = normalizeReading(sampleReading(ALL, seededRandom(3)));
  const rows = ['voltage_l1_n', 'frequency', 'peak_demand_day'].map((metric) => ({
    id: metric,
    metric,
    condition: 'above',
    limit: -1,
  }));
  const { rules } = parseAlarmRules(rows, new Map(ALL_METRICS.map((each) => [each.name, each])));
  const alarms = new AlarmSet(rules);
  const bad = Object.entries(metrics).map(([name, sample]) => [name, { ...sample, value: null, quality: 'bad' }]);
  const events = [
    ...alarms.update(metrics, momentOf(READ_AT)),
    ...alarms.update(Object.fromEntries(bad) as typeof metrics, momentOf(READ_AT + 1000)),
  ];
  const found = events.find((each) => each.event === event);
  assert.ok(found);
  return alarmMessage(meter, found, alarms.tables());
}

describe('message contracts', () => {
  const contracts = [
    { name: 'reading', schema: READING_JSON_SCHEMA, parse: parseReading, sample: sampleReading(ALL, seededRandom(1)) },
    {
      name: 'telemetry',
      schema: TELEMETRY_JSON_SCHEMA,
      parse: parseTelemetry,
      sample: normalizeReading(sampleReading(ALL, seededRandom(2))),
    },
    { name: 'alarm', schema: ALARM_JSON_SCHEMA, parse: parseAlarmMessage, sample: sampleAlarm('raised') },
    { name: 'lost judgement', schema: ALARM_JSON_SCHEMA, parse: parseAlarmMessage, sample: sampleAlarm('unjudged') },
  ] as const;

  for (const { name, schema, parse, sample } of contracts) {
    const validate = ajv.compile(schema);

    it(`${name}: what the nodes send passes its parser and its JSON Schema, also after JSON`, () => {
      for (const payload of [sample, JSON.parse(JSON.stringify(sample)) as unknown]) {
        assert.equal(parse(payload), payload);
        assert.ok(validate(payload), JSON.stringify(validate.errors));
      }
    });

    it(`${name}: parser and JSON Schema agree on 5 000 damaged messages`, () => {
      const random = seededRandom(77);
      let refused = 0;
      for (let round = 0; round < 5000; round++) {
        const payload: unknown = structuredClone(sample);
        mutate(payload, random);
        const accepted = accepts(parse, payload);
        assert.equal(accepted, validate(payload), `round ${round}: ${JSON.stringify(validate.errors)}`);
        if (!accepted) refused++;
      }
      assert.ok(refused > 1000, `only ${refused} refused`);
    });

    it(`${name}: says in one sentence what is wrong with anything else`, () => {
      for (const junk of JUNK) assert.equal(accepts(parse, junk), false);
    });
  }

  it('refuses a definition whose range is none, in both ways', () => {
    const validate = ajv.compile(READING_JSON_SCHEMA);
    for (const range of [null, {}, { min: 0 }, { min: '0', max: 1 }]) {
      const reading = {
        ...sampleReading(ALL, seededRandom(4)),
        definitions: [{ name: 'site_value', unit: '', range }],
      };
      assert.equal(accepts(parseReading, reading), false);
      assert.equal(validate(reading), false);
    }
  });

  it('refuses metrics with a name that every object has, in both ways', () => {
    const readingFits = ajv.compile(READING_JSON_SCHEMA);
    const telemetryFits = ajv.compile(TELEMETRY_JSON_SCHEMA);
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const own = (value: unknown): object => Object.fromEntries([[name, value]]);
      const reading = sampleReading([101], seededRandom(4));
      const [block] = reading.blocks;
      const named = { ...reading, blocks: [{ ...block, provenance: own('verified') }] };
      assert.deepEqual([accepts(parseReading, named), readingFits(named)], [false, false], name);
      const sample = { value: 1, unit: 'V', quality: 'good', provenance: 'verified', timestamp: 1 };
      const telemetry = { ...normalizeReading(reading), metrics: own(sample) };
      assert.deepEqual([accepts(parseTelemetry, telemetry), telemetryFits(telemetry)], [false, false], name);
      assert.throws(
        () => parseTelemetry(telemetry),
        /^Pm500Error: payload\.metrics\.\w+ is "\w+", expected the name of a metric;/,
      );
    }
  });

  it('refuses more metrics than a telemetry can have, in both ways', () => {
    const fits = ajv.compile(TELEMETRY_JSON_SCHEMA);
    const sample = { value: 1, unit: 'V', quality: 'good', provenance: 'verified', timestamp: 1 };
    const of = (count: number): object => ({
      ...normalizeReading(sampleReading([101], seededRandom(4))),
      metrics: Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, sample])),
    });
    assert.deepEqual([accepts(parseTelemetry, of(10_000)), fits(of(10_000))], [true, true]);
    assert.deepEqual([accepts(parseTelemetry, of(10_001)), fits(of(10_001))], [false, false]);
  });

  it('names the path, what is there and what belongs there', () => {
    const broken = structuredClone(sampleReading([101], seededRandom(3))) as unknown as {
      blocks: { values: Record<string, unknown> }[];
    };
    broken.blocks[0]!.values['voltage_l1_n'] = Number.NaN;
    assert.throws(() => parseReading(broken), {
      code: 'MESSAGE_INVALID',
      message:
        'payload.blocks[0].values.voltage_l1_n is NaN, expected a finite number, text, true, false or null; send the message of a pm500-poll node.',
    });
  });
});
