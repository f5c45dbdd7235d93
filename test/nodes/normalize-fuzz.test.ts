import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { COUNTER_MESSAGE, COUNTER_SCHEMA } from '../../src/domain/counters/counter-message';
import { KPI_KEYS } from '../../src/domain/kpis/kpi-rows';
import { ALARM } from '../../src/domain/alarms/alarm-message';
import { Pm500Error } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { assertUntouched, damage } from '../../testkit/delivery/damage';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { confirmedReading, createNormalize as create } from '../../testkit/meters/normalize-bench';
import { READ_AT } from '../../testkit/meters/readings';

const TARIFF = {
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  periods: [
    { name: 'peak', pricePerKwh: 0.3 },
    { name: 'constructor', pricePerKwh: 0.1 },
  ],
  otherwise: 'peak',
  seasons: [{ name: 'winter', from: '11-01', to: '03-31' }],
  rules: [{ period: 'constructor', season: 'winter', days: ['mon', 'holiday'], from: '22:00', to: '06:00' }],
  holidays: ['2026-05-01', '12-25'],
};
const RULES = [
  {
    id: 'high',
    metric: 'current_l1',
    condition: 'above',
    limit: 100,
    hysteresis: 5,
    latching: true,
    severity: 'critical',
  },
  { id: 'band', metric: 'voltage_l1_n', condition: 'outside', low: 10, high: 900, onDelaySeconds: 1, message: 'M.' },
  { id: 'constructor', metric: 'frequency', condition: 'missing', onDelaySeconds: 5, offDelaySeconds: 2 },
  { id: 'alarm', metric: 'alarm_1', condition: 'equal', limit: true },
];
const DEADBANDS = { voltage_l1_n: { absolute: 1 }, current_l1: { absolute: 0.5, percent: 1 } };
/** What is chosen and not written. */
const CHOSEN = {
  staleSeconds: 0,
  kpis: KPI_KEYS,
  periods: ['day', 'month', 'year'],
  energyDeltas: true,
  defaultAlarms: true,
  deadband: true,
  maxIntervalSeconds: 0,
  diagnosticsSeconds: 0,
} as const;
const EVERYTHING = {
  ...CHOSEN,
  deadband: false,
  tariff: JSON.stringify(TARIFF),
  alarmRules: JSON.stringify(RULES),
  deadbands: JSON.stringify(DEADBANDS),
};
/** Those that change nothing of what the next reading gives. */
const COMMANDS: readonly object[] = [
  { alarms: 'list' },
  { alarms: { acknowledge: true } },
  { alarms: { reset: 'high' } },
  { alarm: 'acknowledge', id: 'high', meter: 'hostile' },
  { sendAll: true },
  { layoutCheck: 'start' },
  { layoutCheck: 'verdict' },
];

function readingOf(meter: string, second: number): object {
  const values = { active_energy_import_total: 5_000_000 + 70 * second, current_l1: 50 + (second % 7) * 20 };
  const reading = confirmedReading([101, 102, 107, 108], READ_AT + 1000 * second, values, meter);
  const definitions = [{ name: 'own_metric', unit: 'V', range: { min: 0, max: 5 } }];
  return meter === 'hostile' ? { ...reading, definitions } : reading;
}

/** What is said of a message or a configuration: one sentence of ours. */
function assertSentence(thrown: unknown, codes: readonly string[]): void {
  assert.ok(thrown instanceof Pm500Error, String(thrown));
  assert.ok(codes.includes(thrown.code), `${thrown.code}: ${thrown.stack ?? ''}`);
  assert.match(thrown.message, /^[^\n]+\.$/);
  assert.ok(thrown.message.length < 700, thrown.message);
}

const isCounterEvent = new Ajv({ strict: false }).compile(COUNTER_MESSAGE.jsonSchema);

/** Every output must be what its receivers take. */
function checkOutputs(node: FakeNode, sent: readonly { readonly payload?: unknown }[]): void {
  for (const { payload } of sent) assert.equal(TELEMETRY.parse(payload), payload);
  for (const { payload } of node.sentSecond.splice(0)) {
    const { schema } = payload as { readonly schema: string };
    if (schema === 'pm500.alarm/1') ALARM.parse(payload);
    else if (schema === COUNTER_SCHEMA) assert.ok(isCounterEvent(payload), JSON.stringify(isCounterEvent.errors));
    else assert.equal(schema, 'pm500.layout-check/1');
  }
}

describe('pm500-normalize under damaged input', function () {
  this.timeout(120_000);
  const created: FakeNode[] = [];
  const createNormalize = (properties: object): FakeNode => {
    const node = create(properties);
    created.push(node);
    return node;
  };
  afterEach(async () => {
    for (const node of created.splice(0)) await node.close();
  });

  it('refuses whatever is no reading and no command in one sentence, and the meters beside it lose nothing', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = seededRandom(seed);
      const [node, twin] = [0, 1].map(() => createNormalize(EVERYTHING)) as [FakeNode, FakeNode];
      const seen = { taken: 0, refused: 0 };
      for (let second = 0; second < 250; second++) {
        const source = random() < 0.5 ? readingOf('hostile', second) : COMMANDS[Math.floor(random() * COMMANDS.length)];
        const { sent, error } = await node.receive({ payload: damage(source, random, 0.002 + random() * 0.05) });
        if (error !== undefined) assertSentence(error, ['MESSAGE_INVALID']);
        seen[error === undefined ? 'taken' : 'refused']++;
        checkOutputs(node, sent);
        const payload = readingOf('main-incomer', second);
        const [mine, expected] = await Promise.all([node.receive({ payload }), twin.receive({ payload })]);
        assert.equal(mine.error, undefined);
        assert.deepEqual(
          mine.sent.map(({ payload: each }) => each),
          expected.sent.map(({ payload: each }) => each),
        );
        checkOutputs(node, mine.sent);
        checkOutputs(twin, expected.sent);
      }
      assert.ok(seen.taken > 30 && seen.refused > 60, JSON.stringify(seen));
      assertUntouched();
    }
  });

  it('takes a damaged configuration as far as it goes, says the rest in sentences, and reads on', async () => {
    const random = seededRandom(9);
    const names = Object.keys(confirmedMetrics());
    const seen = { started: 0, partly: 0, refused: 0 };
    const text = (value: unknown): string => {
      const json = JSON.stringify(damage(value, random, random() < 0.4 ? 0 : 0.08)) as string | undefined;
      const whole = json ?? '';
      return random() < 0.05 ? whole.slice(0, Math.floor(random() * whole.length)) : whole;
    };
    for (let round = 0; round < 400; round++) {
      const free = { tariff: text(TARIFF), alarmRules: text(RULES), deadbands: text(DEADBANDS) };
      const properties = { ...(damage(CHOSEN, random, random() < 0.6 ? 0 : 0.05) as object), ...free };
      const node = createNormalize(properties);
      if (node.errors.length > 0) {
        seen.refused++;
        assert.equal(node.errors.length, 1);
        assert.match(String(node.errors[0]), /^pm500-normalize[^\n]+\.$/);
        const { error } = await node.receive({ payload: readingOf('m', 0) });
        assertSentence(error, ['CONFIG_INVALID']);
      } else {
        seen[node.warnings.length > 0 ? 'partly' : 'started']++;
        for (const warning of node.warnings) assert.match(String(warning), /^[^\n]+\.$/, JSON.stringify(free));
        for (let second = 0; second < 3; second++) {
          const { sent, error } = await node.receive({ payload: readingOf('m', second) });
          assert.equal(error, undefined, JSON.stringify(free));
          if (second === 0) {
            const { metrics } = TELEMETRY.parse(sent[0]?.payload);
            for (const name of names) assert.ok(name in metrics, name);
          }
          checkOutputs(node, sent);
        }
      }
    }
    assert.ok(Math.min(seen.started, seen.partly, seen.refused) > 20, JSON.stringify(seen));
    assertUntouched();
  });
});

function confirmedMetrics(): Readonly<Record<string, unknown>> {
  return Object.assign(
    {},
    ...confirmedReading([101, 102, 107, 108], READ_AT).blocks.map(({ values }) => values),
  ) as Record<string, unknown>;
}
