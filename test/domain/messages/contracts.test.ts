import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { DELIVERY, DiagnosticsReporter } from '../../../src/delivery/diagnostics';
import { NO_LOSSES } from '../../../src/delivery/stats';
import { ALARM, alarmMessage } from '../../../src/domain/alarms/alarm-message';
import { AlarmSet } from '../../../src/domain/alarms/alarm-set';
import { parseAlarmRules } from '../../../src/domain/alarms/parse-rules';
import { counterList, COUNTER_MESSAGE } from '../../../src/domain/counters/counter-message';
import { describeMeter, DIAGNOSTICS } from '../../../src/domain/diagnostics/diagnostics';
import { layoutCheckContract, type LayoutVerdict } from '../../../src/domain/layout-check/verdict';
import { READING } from '../../../src/domain/messages/reading';
import { TELEMETRY } from '../../../src/domain/messages/telemetry';
import { NORMALIZE_DIAGNOSTICS, type NormalizeDiagnostics } from '../../../src/domain/normalizer/diagnostics';
import { normalizeReading } from '../../../src/domain/quality/normalize';
import { PM500 } from '../../../src/meters/pm500';
import { ASSEMBLIES } from '../../../src/meters/pm500/assemblies';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { Pm500Error } from '../../../src/support/errors';
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
    assert.match((thrown as Error).message, /^payload[^ ]* is .+, expected (?!a message ).+; .+\.$/);
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

/** Messages that only are sent: no node of this package takes them. */
const LAYOUT_CHECK_SAMPLE: LayoutVerdict = {
  schema: 'pm500.layout-check/1',
  meter: { name: 'm', host: 'h' },
  layout: 'site',
  readings: 12,
  from: 1000,
  to: 2000,
  verdict: 'undecided',
  wiring: { verdict: 'confirmed', configured: '3PN', candidates: ['3PN'], evidence: 'sums' },
  scales: [{ assembly: 103, member: 'scale', verdict: 'contradicted', layoutValue: 1, suggestion: 2, evidence: 'x' }],
  assemblies: [
    {
      assembly: 101,
      title: 'Voltages',
      verdict: 'confirmed',
      elements: [
        {
          metric: 'voltage_l1_n',
          element: 1,
          verdict: 'confirmed',
          evidence: ['a', 'b'],
          alternatives: ['voltage_l2_n'],
        },
      ],
    },
  ],
  energyLayout: {
    verdict: 'confirmed',
    inUse: 'ulint',
    named: 'ulint',
    evidence: 'x',
    candidates: [{ name: 'ulint', description: 'd', source: 's', verdict: 'confirmed', evidence: 'e' }],
  },
  rating: { catalogNumber: '1420-V2A', isDirect: false, evidence: 'x' },
  limits: ['what no values can tell'],
};

const QUESTION = {
  counter: 'active_energy_import',
  before: { value: 1, timestamp: 2 },
  after: { value: 3, timestamp: 4 },
  now: { value: 5, timestamp: 6 },
};

const COUNTER_SAMPLE = counterList(
  { name: 'm', host: 'h', tags: { site: 's' } },
  [
    { event: 'asked', counter: 'active_energy_import', timestamp: 1, before: 2, after: 3 },
    { event: 'corrected', counter: 'active_energy_import', timestamp: 1, by: -5, at: 7, note: 'lost', answer: 'true' },
  ],
  [QUESTION],
  9,
);

const LATENCY = { edgesMs: [1, 2], counts: [0, 1, 2], sumMs: 5.5, maxMs: 3 };

const DIAGNOSTICS_SAMPLE = describeMeter(
  { name: 'm', host: 'h', port: 44818, transport: 'ucmm', tags: { site: 's' } },
  {
    state: 'waiting',
    since: 1,
    error: { code: 'ENIP_STATUS', message: 'x' },
    reads: 1,
    coalesced: 2,
    failed: 3,
    failures: { ENIP_STATUS: 3 },
    timeouts: 4,
    reconnects: 5,
    latency: LATENCY,
    lastGoodAt: 6,
    staleSince: 6,
    implicit: {
      multicast: 1,
      pointToPoint: 0,
      groups: ['239.192.1.0:2222'],
      frames: 1,
      missed: 2,
      stale: 3,
      heartbeats: 4,
    },
  },
  { timestamp: 7, missedSlots: 8, maintenanceLeftMs: 9 },
);

const NORMALIZE_DIAGNOSTICS_SAMPLE: NormalizeDiagnostics = {
  schema: 'pm500.normalize-diagnostics/1',
  meter: { name: 'm', host: 'h', tags: { site: 's' } },
  timestamp: 1,
  readings: 2,
  values: { good: 1, uncertain: 2, bad: 3 },
  reasons: { read_failed: 3 },
  reported: 4,
  suppressed: 5,
  alarms: { info: 0, warning: 1, critical: 2 },
  counterQuestions: 0,
  clockSteps: 1,
  unjudged: 2,
  problems: 1,
  problemTexts: ['a rule is wrong'],
};

const DELIVERY_SAMPLE = new DiagnosticsReporter({ written: 0 }, 0).report(
  {
    state: 'retrying',
    waiting: { records: 1, bytes: 2, oldestAgeMs: 3 },
    written: 4,
    refused: 5,
    setAside: 6,
    losses: { ...NO_LOSSES, age: 1, size: 2 },
    retries: 7,
    durable: true,
    capacity: { maximumBytes: 8, bytesPerHour: 9.5, hours: 10.5, fullInHours: 3 },
    lastError: new Pm500Error('INFLUX_BUSY', 'busy'),
  },
  1000,
  500,
);

describe('message contracts', () => {
  const reading = sampleReading(ALL, seededRandom(1));
  const contracts = [
    { title: 'reading', of: READING, sample: reading },
    { title: 'telemetry', of: TELEMETRY, sample: normalizeReading(sampleReading(ALL, seededRandom(2))) },
    { title: 'alarm', of: ALARM, sample: sampleAlarm('raised') },
    { title: 'lost judgment', of: ALARM, sample: sampleAlarm('unjudged') },
    { title: 'layout check', of: layoutCheckContract(PM500), sample: LAYOUT_CHECK_SAMPLE },
    { title: 'counters', of: COUNTER_MESSAGE, sample: COUNTER_SAMPLE },
    { title: 'diagnostics', of: DIAGNOSTICS, sample: DIAGNOSTICS_SAMPLE },
    { title: 'diagnostics of normalize', of: NORMALIZE_DIAGNOSTICS, sample: NORMALIZE_DIAGNOSTICS_SAMPLE },
    { title: 'delivery', of: DELIVERY, sample: DELIVERY_SAMPLE },
  ] as const;

  for (const { title: name, of, sample } of contracts) {
    const { jsonSchema: schema, parse } = of;
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
    const validate = ajv.compile(READING.jsonSchema);
    for (const range of [null, {}, { min: 0 }, { min: '0', max: 1 }]) {
      const reading = {
        ...sampleReading(ALL, seededRandom(4)),
        definitions: [{ name: 'site_value', unit: '', range }],
      };
      assert.equal(accepts(READING.parse, reading), false);
      assert.equal(validate(reading), false);
    }
  });

  it('refuses metrics with a name that every object has, in both ways', () => {
    const readingFits = ajv.compile(READING.jsonSchema);
    const telemetryFits = ajv.compile(TELEMETRY.jsonSchema);
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const own = (value: unknown): object => Object.fromEntries([[name, value]]);
      const reading = sampleReading([101], seededRandom(4));
      const [block] = reading.blocks;
      const named = { ...reading, blocks: [{ ...block, provenance: own('verified') }] };
      assert.deepEqual([accepts(READING.parse, named), readingFits(named)], [false, false], name);
      const sample = { value: 1, unit: 'V', quality: 'good', provenance: 'verified', timestamp: 1 };
      const telemetry = { ...normalizeReading(reading), metrics: own(sample) };
      assert.deepEqual([accepts(TELEMETRY.parse, telemetry), telemetryFits(telemetry)], [false, false], name);
      assert.throws(
        () => TELEMETRY.parse(telemetry),
        /^Pm500Error: payload\.metrics\.\w+ is "\w+", expected the name of a metric;/,
      );
    }
  });

  it('refuses more metrics than a telemetry can have, in both ways', () => {
    const fits = ajv.compile(TELEMETRY.jsonSchema);
    const sample = { value: 1, unit: 'V', quality: 'good', provenance: 'verified', timestamp: 1 };
    const of = (count: number): object => ({
      ...normalizeReading(sampleReading([101], seededRandom(4))),
      metrics: Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, sample])),
    });
    assert.deepEqual([accepts(TELEMETRY.parse, of(10_000)), fits(of(10_000))], [true, true]);
    assert.deepEqual([accepts(TELEMETRY.parse, of(10_001)), fits(of(10_001))], [false, false]);
  });

  it('refuses more blocks than a reading can have, and more values than a block, in both ways', () => {
    const fits = ajv.compile(READING.jsonSchema);
    const reading = sampleReading([101], seededRandom(3));
    const [block] = reading.blocks;
    assert.ok(block);
    const many = (count: number, value: unknown): object =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, value]));
    const blocks = (count: number): object => ({ ...reading, blocks: Array.from({ length: count }, () => block) });
    const wide = (member: string, value: unknown, count: number): object => ({
      ...reading,
      blocks: [{ ...block, [member]: many(count, value) }],
    });
    for (const [isTaken, of] of [
      [true, blocks(100)],
      [false, blocks(101)],
      ...[
        ['values', 1],
        ['provenance', 'verified'],
        ['problems', 'overload'],
      ].flatMap(([member, value]) => [
        [true, wide(String(member), value, 4096)],
        [false, wide(String(member), value, 4097)],
      ]),
    ] as const) {
      assert.deepEqual([accepts(READING.parse, of), fits(of)], [isTaken, isTaken]);
    }
  });

  it('names the path, what is there and what belongs there', () => {
    const broken = structuredClone(sampleReading([101], seededRandom(3))) as unknown as {
      blocks: { values: Record<string, unknown> }[];
    };
    broken.blocks[0]!.values['voltage_l1_n'] = Number.NaN;
    assert.throws(() => READING.parse(broken), {
      code: 'MESSAGE_INVALID',
      message:
        'payload.blocks[0].values.voltage_l1_n is NaN, expected a finite number, text, true, false or null; send the message of a pm500-poll node.',
    });
  });
});
