import assert from 'node:assert/strict';
import type { MeterCondition } from '../../src/acquisition/meter-poll';
import { NO_LOSSES, type DeliveryStats } from '../../src/delivery/stats';
import type { ActiveAlarm } from '../../src/domain/alarms/alarm-set';
import type { NormalizedMeter } from '../../src/domain/normalizer/normalizer-set';
import { NO_CONCERNS } from '../../src/domain/normalizer/tally';
import type { ReadMeterFacts, NormalizerFacts, OverviewFacts } from '../../src/overview/facts';
import { MOST_ROWS, overviewOf, valuesOf } from '../../src/overview/overview';
import { Pm500Error } from '../../src/support/errors';
import { telemetryOf } from '../../testkit/meters/telemetry';
import { plain } from '../../src/support/sentence';

const NOW = Date.UTC(2026, 10, 27, 8, 0, 0);
const NOTHING: OverviewFacts = { inEditor: (id) => id, meters: [], normalizers: [], sinks: [], troubles: [] };

const READ: MeterCondition = { kind: 'read', read: 3, count: 3, latencyMs: 5 };
const IN_PART: MeterCondition = { kind: 'read', read: 1, count: 3, latencyMs: 5 };
const SILENT: MeterCondition = {
  kind: 'lost',
  code: 'ENIP_REPLY_TIMEOUT',
  sentence: plain('Meter "m1": no reply within 2000 ms; check the network.'),
  staleSince: NOW - 60_000,
};
const NO_OWNER: MeterCondition = {
  kind: 'lost',
  code: 'ENIP_NO_OWNER',
  sentence: plain('No PLC.'),
  staleSince: undefined,
};

const meter = (condition: MeterCondition, name = 'm1', node = 'poll'): ReadMeterFacts => ({
  node,
  name,
  where: '10.0.0.5:44818',
  condition,
});

const judged = (change: Partial<NormalizedMeter> = {}): NormalizedMeter => ({
  name: 'm1',
  concerns: NO_CONCERNS,
  silence: 'none',
  alarms: [],
  unjudged: 0,
  openQuestions: 0,
  ...change,
});

const normalizer = (meters: readonly NormalizedMeter[], change: Partial<NormalizerFacts> = {}): NormalizerFacts => ({
  node: 'normalize',
  meters,
  problems: [],
  lastKnown: () => undefined,
  ...change,
});

const ALARM: ActiveAlarm = {
  id: 'phase_loss',
  metric: 'voltage_l1_n',
  severity: 'warning',
  message: 'Phase L1 is lost.',
  since: NOW - 5000,
  value: 12.3,
  quality: 'good',
  limit: 138,
  acknowledged: false,
  latched: false,
  judged: true,
};

const STATS: DeliveryStats = {
  state: 'idle',
  waiting: { records: 0, bytes: 0, oldestAgeMs: 0 },
  written: 5,
  refused: 0,
  setAside: 0,
  losses: NO_LOSSES,
  retries: 0,
  durable: true,
};
const sink = (stats: Partial<DeliveryStats>) => ({
  node: 'target',
  name: 'plant',
  type: 'influx-target',
  stats: { ...STATS, ...stats },
});

const AWAY = new Pm500Error('INFLUX_UNREACHABLE', 'Nobody listens at 10.0.0.9:8086; start the database.');

describe('the overview', () => {
  describe('how a meter stands', () => {
    const rows: readonly (readonly [what: string, conditions: readonly MeterCondition[], standing: string])[] = [
      ['is read', [READ], 'read'],
      ['has blocks that fail', [IN_PART], 'part'],
      ['answers nothing', [SILENT], 'lost'],
      ['answers with errors only', [{ kind: 'read', read: 0, count: 3, latencyMs: 0 }], 'lost'],
      ['waits for a PLC', [NO_OWNER], 'waiting'],
      ['connects', [{ kind: 'connecting' }], 'connecting'],
      ['was never asked', [{ kind: 'idle' }], 'idle'],
      ['is read by one node and lost to another', [READ, SILENT], 'part'],
      ['is lost to one and not asked by another', [{ kind: 'idle' }, SILENT], 'lost'],
      ['is read by one, and another reads on a message', [{ kind: 'idle' }, READ], 'read'],
    ];
    for (const [what, conditions, standing] of rows) {
      it(`${standing}: one that ${what}`, () => {
        const meters = conditions.map((condition, place) => meter(condition, 'm1', `poll-${place}`));
        const overview = overviewOf({ ...NOTHING, meters }, NOW);
        assert.deepEqual(
          overview.meters.map((row) => [row.name, row.standing, row.node]),
          [['m1', standing, 'poll-0']],
        );
      });
    }

    it('says since when, and whether its layout waits for somebody', () => {
      const meters = [meter(SILENT)];
      const concerns = { ...NO_CONCERNS, count: 40, unconfirmed: 40 };
      const [row] = overviewOf({ ...NOTHING, meters, normalizers: [normalizer([judged({ concerns })])] }, NOW).meters;
      assert.deepEqual([row?.since, row?.isJudged, row?.isUnconfirmed], [NOW - 60_000, true, true]);
      const [alone] = overviewOf({ ...NOTHING, meters: [meter(READ)] }, NOW).meters;
      assert.deepEqual([alone?.since, alone?.isJudged], [0, false]);
    });

    it('two meters of one name at two addresses stay two', () => {
      const other = { ...meter(READ), where: '10.0.0.6:44818' };
      assert.equal(overviewOf({ ...NOTHING, meters: [meter(READ), other] }, NOW).meters.length, 2);
    });
  });

  describe('what needs a person', () => {
    const lost = (name: string): ReadMeterFacts => meter(SILENT, name);
    const rows: readonly (readonly [kind: string, facts: Partial<OverviewFacts>, count: number, sentence: RegExp])[] = [
      ['lost', { meters: [lost('m1'), lost('m2'), meter(READ, 'm3')] }, 2, /no reply within/],
      ['waiting', { meters: [meter(NO_OWNER)] }, 1, /No PLC/],
      ['questions', { normalizers: [normalizer([judged({ openQuestions: 2 })])] }, 2, /^$/],
      ['silent', { normalizers: [normalizer([judged({ silence: 'all' })])] }, 1, /^$/],
      ['unjudged', { normalizers: [normalizer([judged({ unjudged: 3 })])] }, 1, /^$/],
      [
        'contradicted',
        { normalizers: [normalizer([judged({ concerns: { ...NO_CONCERNS, contradicted: 8 } })])] },
        1,
        /^$/,
      ],
      [
        'unconfirmed',
        {
          meters: [meter(READ)],
          normalizers: [normalizer([judged({ concerns: { ...NO_CONCERNS, unconfirmed: 8 } })])],
        },
        1,
        /^$/,
      ],
      ['leftOut', { normalizers: [normalizer([], { problems: [plain('tariff is no calendar.')] })] }, 1, /tariff/],
      ['held', { sinks: [sink({ state: 'held', lastError: AWAY, waiting: waiting(78, 0) })] }, 78, /Nobody listens/],
      ['away', { sinks: [sink({ state: 'retrying', lastError: AWAY, waiting: waiting(78, 11_000) })] }, 78, /Nobody/],
      ['away', { sinks: [sink({ state: 'retrying', lastError: AWAY })] }, 0, /Nobody/],
      ['away', { sinks: [{ ...sink({ written: 0 }), health: unhealthy('unreachable') }] }, 0, /Nobody/],
      ['held', { sinks: [{ ...sink({ written: 0 }), health: unhealthy('refused') }] }, 0, /Nobody/],
      ['unstored', { sinks: [sink({ problem: AWAY })] }, 0, /Nobody/],
      ['refused', { sinks: [sink({ refused: 4, setAside: 4 })] }, 4, /^$/],
      [
        'settings',
        { troubles: [{ node: 'n', kind: 'settings', name: 'n', sentence: plain('host is missing.') }] },
        1,
        /host/,
      ],
      [
        'list',
        { troubles: [{ node: 'n', kind: 'list', name: 'n', sentence: plain('line 3: no host.') }] },
        1,
        /line 3/,
      ],
    ];
    for (const [kind, facts, count, sentence] of rows) {
      it(`${kind}, with what it is about and the node`, () => {
        const { tasks } = overviewOf({ ...NOTHING, ...facts }, NOW);
        assert.deepEqual(
          tasks.map((task) => [task.kind, task.count]),
          [[kind, count]],
        );
        assert.match(tasks[0]?.sentence?.text ?? '', sentence);
        assert.notEqual(tasks[0]?.node, '');
      });
    }

    it('nothing, while all is well, a batch is late by seconds, or a sink is closed', () => {
      const sinks = [
        sink({}),
        sink({ state: 'retrying', lastError: AWAY, waiting: waiting(3, 2000) }),
        sink({ state: 'closed', problem: AWAY }),
        // Found out at the start, and written since.
        { ...sink({ written: 1 }), health: unhealthy('unreachable') },
      ];
      const all = { ...NOTHING, meters: [meter(READ)], normalizers: [normalizer([judged()])], sinks };
      assert.deepEqual(overviewOf(all, NOW).tasks, []);
    });

    it('an outbox that is full within a day', () => {
      const capacity = { maximumBytes: 1000, fullInHours: 3.5 };
      const { tasks } = overviewOf({ ...NOTHING, sinks: [sink({ capacity, waiting: waiting(9, 20_000) })] }, NOW);
      assert.deepEqual(
        tasks.map(({ kind, count }) => [kind, count]),
        [['fullSoon', 3]],
      );
    });

    it('the most urgent first, and five hundred lost meters as one, with a few names', () => {
      const meters = Array.from({ length: 500 }, (_each, place) => lost(`m${place}`));
      const normalizers = [normalizer([judged({ concerns: { ...NO_CONCERNS, unconfirmed: 1 }, name: 'm3' })])];
      const { tasks } = overviewOf({ ...NOTHING, meters, normalizers, sinks: [sink({ state: 'held' })] }, NOW);
      assert.deepEqual(
        tasks.map(({ kind, count }) => [kind, count]),
        [
          ['held', 0],
          ['lost', 500],
          ['unconfirmed', 1],
        ],
      );
      assert.match(tasks[1]?.names ?? '', /^m0, m1, m10, m100, m101 …$/);
    });

    it('keys are different, whatever one node has to tell', () => {
      const problems = ['one.', 'two.'].map(plain);
      const troubles = problems.map((sentence) => ({ node: 'n', kind: 'list' as const, name: 'n', sentence }));
      const { tasks } = overviewOf({ ...NOTHING, troubles, normalizers: [normalizer([], { problems })] }, NOW);
      assert.equal(new Set(tasks.map(({ key }) => key)).size, 4);
    });
  });

  it('alarms: not acknowledged first, then the graver, then the newer; with value, who and when', () => {
    const seen = { ...ALARM, acknowledged: true, acknowledgedAt: NOW - 1, acknowledgedBy: 'ann' };
    const alarms = [
      { ...seen, id: 'seen', severity: 'critical' as const },
      { ...ALARM, id: 'old' },
      { ...ALARM, id: 'new', since: NOW },
      { ...ALARM, id: 'grave', severity: 'critical' as const, value: null, judged: false },
    ];
    const rows = overviewOf({ ...NOTHING, normalizers: [normalizer([judged({ alarms })])] }, NOW).alarms;
    assert.deepEqual(
      rows.map(({ id, value }) => [id, value]),
      [
        ['grave', ''],
        ['new', '12.300 V'],
        ['old', '12.300 V'],
        ['seen', '12.300 V'],
      ],
    );
    assert.deepEqual([rows[3]?.acknowledgedBy, rows[3]?.acknowledgedAt], ['ann', NOW - 1]);
    assert.deepEqual([rows[0]?.acknowledgedBy, rows[0]?.acknowledgedAt, rows[0]?.judged], ['', 0, false]);
  });

  it('queues: what waits, since when to the second, and only causes that there were', () => {
    const losses = { ...NO_LOSSES, size: 12 };
    const queue = sink({ state: 'retrying', losses, refused: 4, setAside: 3, waiting: waiting(78, 61_234) });
    const [row] = overviewOf({ ...NOTHING, sinks: [queue] }, NOW).queues;
    assert.deepEqual(row, {
      key: 'target',
      node: 'target',
      name: 'plant',
      type: 'influx-target',
      state: 'retrying',
      waiting: 78,
      oldestAt: NOW - 61_000,
      lost: { size: 12 },
      refused: 4,
      setAside: 3,
      durable: true,
    });
  });

  describe('values', () => {
    const facts = (telemetry: ReturnType<typeof telemetryOf>, change: Partial<NormalizedMeter> = {}) => ({
      meters: [meter(READ)],
      normalizers: [normalizer([judged(change)], { lastKnown: () => telemetry })],
    });
    const [{ key } = { key: '' }] = overviewOf({ ...NOTHING, meters: [meter(READ)] }, NOW).meters;

    it('three that people look for first, with unit, quality and when they were read', () => {
      const telemetry = telemetryOf(NOW - 2000, {
        frequency: 50.02,
        current_l1: 530,
        voltage_ln_avg: 231.4,
        power_factor_total: 0.91,
        active_power_total: 441_300,
      });
      const [row] = valuesOf(facts(telemetry), [key]);
      assert.deepEqual(
        row?.values.map(({ text, unit, quality }) => `${text} ${unit} ${quality}`),
        ['441.30 kW good', '231.40 V good', '0.91000  good'],
      );
      assert.equal(row.readAt, NOW - 2000);
    });

    it('of several nodes that judge one meter, each by its own schedule: what was read last of each metric', () => {
      const known = [
        telemetryOf(NOW - 1000, { active_power_total: 441_300, voltage_ln_avg: 231.4 }),
        telemetryOf(NOW, { active_energy_import_total: 5_000_000 }),
        telemetryOf(NOW - 9000, { active_power_total: 1, voltage_ln_avg: 1 }),
      ];
      const normalizers = known.map((each) => normalizer([judged({})], { lastKnown: () => each }));
      for (const order of [normalizers, [...normalizers].reverse()]) {
        const [row] = valuesOf({ meters: [meter(READ)], normalizers: order }, [key]);
        assert.deepEqual(
          row?.values.map(({ text, unit }) => `${text} ${unit}`),
          ['441.30 kW', '231.40 V', '5000.0 kWh'],
        );
        // No value may look newer than it is.
        assert.equal(row.readAt, NOW - 1000);
      }
    });

    it('of a node that gets no readings any more are stale, whatever another node still gets of the same meter', () => {
      const power = telemetryOf(NOW - 3_600_000, { active_power_total: 441_300 });
      const energy = telemetryOf(NOW, { active_energy_import_total: 5_000_000 });
      const normalizers = [
        normalizer([judged({ silence: 'all' })], { lastKnown: () => power }),
        normalizer([judged({})], { lastKnown: () => energy }),
      ];
      const [row] = valuesOf({ meters: [meter(READ)], normalizers }, [key]);
      assert.deepEqual(
        row?.values.map(({ text, reason }) => `${text} ${reason}`),
        ['441.30 stale', '5000.0 '],
      );
      assert.equal(row.readAt, NOW - 3_600_000);
    });

    it('of one moment that two nodes judge differently: the worse one, in any order', () => {
      const good = telemetryOf(NOW, { active_power_total: 441_300 });
      const { active_power_total: sample } = good.metrics;
      assert.ok(sample !== undefined);
      const doubtful = {
        ...good,
        metrics: { active_power_total: { ...sample, quality: 'uncertain' as const, reason: 'stale' as const } },
      };
      const normalizers = [good, doubtful].map((each) => normalizer([judged({})], { lastKnown: () => each }));
      for (const order of [normalizers, [...normalizers].reverse()]) {
        const [row] = valuesOf({ meters: [meter(READ)], normalizers: order }, [key]);
        assert.equal(row?.values[0]?.quality, 'uncertain');
      }
    });

    it('whatever there is, of a meter that has none of these', () => {
      const [row] = valuesOf(facts(telemetryOf(NOW, { voltage_l1_n: 230 })), [key]);
      assert.deepEqual(
        row?.values.map(({ label }) => label),
        ['Voltage L1-N'],
      );
    });

    it('of a failed attempt: bad, no value, and no time at which it would have been read', () => {
      const [row] = valuesOf(facts(telemetryOf(NOW, { active_power_total: null })), [key]);
      assert.deepEqual(row?.values, [
        {
          metric: 'active_power_total',
          label: 'Active power total',
          text: '',
          unit: '',
          quality: 'bad',
          reason: 'read_failed',
        },
      ]);
      assert.equal(row.readAt, 0);
    });

    it('that are no longer renewed are not good', () => {
      const telemetry = telemetryOf(NOW - 600_000, { active_power_total: 441_300 });
      const [row] = valuesOf(facts(telemetry, { silence: 'all' }), [key]);
      assert.deepEqual([row?.values[0]?.reason, row?.values[0]?.quality === 'good'], ['stale', false]);
    });

    it('none of a meter that is gone', () => {
      assert.deepEqual(valuesOf({ meters: [], normalizers: [] }, [key]), []);
    });
  });

  it('a node inside of a subflow is shown by the id that the editor knows, and acknowledged by its own', () => {
    const normalizers = [normalizer([judged({ alarms: [ALARM] })])];
    const [row] = overviewOf({ ...NOTHING, normalizers, inEditor: (id) => `in-editor-${id}` }, NOW).alarms;
    assert.deepEqual([row?.node, row?.judge], ['in-editor-normalize', 'normalize']);
  });

  it('has a bound, and says what is left', () => {
    const meters = Array.from({ length: MOST_ROWS.meters + 7 }, (_each, place) => meter(READ, `m${place}`));
    const alarms = Array.from({ length: MOST_ROWS.alarms + 1 }, (_each, place) => ({ ...ALARM, id: `a${place}` }));
    const overview = overviewOf({ ...NOTHING, meters, normalizers: [normalizer([judged({ alarms })])] }, NOW);
    assert.deepEqual([overview.meters.length, overview.left.meters], [MOST_ROWS.meters, 7]);
    assert.deepEqual([overview.alarms.length, overview.left.alarms], [MOST_ROWS.alarms, 1]);
  });
});

function waiting(records: number, oldestAgeMs: number): DeliveryStats['waiting'] {
  return { records, bytes: records * 100, oldestAgeMs };
}

function unhealthy(problem: 'unreachable' | 'refused') {
  return { healthy: false as const, problem, error: AWAY };
}
