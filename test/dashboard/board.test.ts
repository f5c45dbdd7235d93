import assert from 'node:assert/strict';
import { Board, MOST_METERS } from '../../src/dashboard/board';
import { qualityAt, standingAt } from '../../src/dashboard/shown';
import { fleetRow, meterView, phasorView } from '../../src/dashboard/views';
import { LEASE_MS, MOST_BROWSERS, Watchers } from '../../src/dashboard/watchers';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';

const NOW = 1_700_000_000_000;
const STALE_MS = 60_000;
const GROUPS = new Map([
  ['active_power_total', 'realtime'],
  ['active_energy_import_total', 'energy'],
]);

const good = (value: Sample['value'], timestamp: number, rest: Partial<Sample> = {}): Sample => ({
  value,
  unit: 'W',
  quality: 'good',
  provenance: 'verified',
  timestamp,
  ...rest,
});

const telemetryOf = (
  name: string,
  metrics: Readonly<Record<string, Sample>>,
  meter: Partial<Telemetry['meter']> = {},
): Telemetry => ({
  schema: 'pm500.telemetry/1',
  meter: { name, host: '10.0.0.5', tags: { site: 'works', line: 'one' }, ...meter },
  timestamp: NOW,
  metrics,
});

const viewOf = (board: Board, name: string) => {
  const meter = board.get(name);
  assert.ok(meter);
  return meterView(meter, ['active_power_total'], GROUPS, ['realtime', 'energy', 'derived', 'period']);
};

describe('the board of a dashboard', () => {
  it('keeps the last value of every metric, also of telemetry that has only what changed', () => {
    const board = new Board(STALE_MS);
    board.take(
      telemetryOf('a', { active_power_total: good(441_300, NOW), voltage_unbalance: good(1, NOW, { unit: '%' }) }),
      NOW,
    );
    board.take(telemetryOf('a', { voltage_unbalance: good(2, NOW + 1000, { unit: '%' }) }), NOW + 1000);
    const { gauges, groups, place } = viewOf(board, 'a');
    assert.deepEqual([gauges[0]?.text, gauges[0]?.unit, gauges[0]?.highText], ['441.30', 'kW', '600 kW']);
    assert.deepEqual(
      groups.map(({ name, values }) => [name, values.map(({ text, unit }) => `${text} ${unit}`)]),
      [
        ['realtime', ['441.30 kW']],
        ['derived', ['2.00 %']],
      ],
    );
    assert.equal(place, 'works / one');
  });

  it('gives a moment as one, for the browser to write, and not as a number of milliseconds', () => {
    const board = new Board(STALE_MS);
    board.take(telemetryOf('a', { peak_demand_time_day: good(NOW - 900_000, NOW, { unit: 'ms' }) }), NOW);
    const [value] = viewOf(board, 'a').groups[0]?.values ?? [];
    assert.deepEqual([value?.text, value?.unit, value?.moment], [String(NOW - 900_000), '', NOW - 900_000]);
    board.take(telemetryOf('a', { peak_demand_time_day: good(1e300, NOW, { unit: 'ms' }) }), NOW);
    assert.equal(viewOf(board, 'a').groups[0]?.values[0]?.moment, 1e300, 'one that no date has does not throw');
    const bad = good(NOW, NOW, { unit: 'ms', quality: 'bad', reason: 'undefined_result' });
    board.take(telemetryOf('b', { peak_demand_time_day: bad }), NOW);
    const [none] = viewOf(board, 'b').groups[0]?.values ?? [];
    assert.deepEqual([none?.text, none?.moment], ['', undefined]);
  });

  it('shows the beginning of a text that nobody would read', () => {
    const board = new Board(STALE_MS);
    board.take(telemetryOf('a', { firmware: good('x'.repeat(1_000_000), NOW, { unit: '' }) }), NOW);
    assert.equal(viewOf(board, 'a').groups[0]?.values[0]?.text.length, 200);
  });

  it('gives a bad value no number, even where it has one, and no hand', () => {
    const board = new Board(STALE_MS);
    const bad = good(1, NOW, { quality: 'bad', reason: 'out_of_range' });
    board.take(telemetryOf('a', { active_power_total: bad }), NOW);
    const { gauges } = viewOf(board, 'a');
    assert.deepEqual([gauges[0]?.text, gauges[0]?.value, gauges[0]?.quality], ['', null, 'bad']);
  });

  it('lets a value grow old: after the set time, or after three times the time between two', () => {
    const board = new Board(STALE_MS);
    const staleAfter = (metric: string): number => {
      const known = board.get('a')?.metrics.get(metric);
      return (known?.staleAt ?? 0) - (known?.sample.timestamp ?? 0);
    };
    for (let second = 0; second < 5; second++) {
      const at = NOW + 1000 * second;
      board.take(telemetryOf('a', { active_power_total: good(1, at) }), at);
    }
    assert.equal(staleAfter('active_power_total'), STALE_MS);
    for (let minute = 0; minute < 5; minute++) {
      const at = NOW + 600_000 * (minute + 1);
      board.take(telemetryOf('a', { active_energy_import_total: good(1, at) }), at);
    }
    assert.equal(staleAfter('active_energy_import_total'), 1_800_000);
    const [gauge] = viewOf(board, 'a').gauges;
    assert.ok(gauge);
    assert.equal(qualityAt(gauge, gauge.timestamp + STALE_MS - 1).quality, 'good');
    assert.deepEqual(qualityAt(gauge, gauge.timestamp + STALE_MS), { quality: 'stale', reason: 'stale' });
  });

  it('does not take an outage for a rhythm', () => {
    const board = new Board(STALE_MS);
    for (const at of [NOW, NOW + 10_000, NOW + 20_000, NOW + 20_000 + 86_400_000]) {
      board.take(telemetryOf('a', { active_power_total: good(1, at) }), at);
    }
    const known = board.get('a')?.metrics.get('active_power_total');
    assert.equal((known?.staleAt ?? 0) - (known?.sample.timestamp ?? 0), STALE_MS);
  });

  it('keeps what is bad bad, however old', () => {
    const value = { quality: 'bad', reason: 'read_failed', staleAt: NOW } as const;
    assert.deepEqual(qualityAt(value, NOW + 1e9), { quality: 'bad', reason: 'read_failed' });
  });

  it('says how a meter stands: read, lost since when, silent, never read', () => {
    const board = new Board(STALE_MS);
    board.take(telemetryOf('a', { active_power_total: good(1, NOW) }), NOW);
    assert.equal(standingAt(viewOf(board, 'a'), NOW + 1000), 'read');
    assert.equal(standingAt(viewOf(board, 'a'), NOW + STALE_MS), 'silent');
    const failed = good(null, NOW + 5000, { quality: 'bad', reason: 'read_failed' });
    board.take(
      telemetryOf('a', { active_power_total: failed, voltage_unbalance: good(1, NOW) }, { lostSince: NOW + 4000 }),
      NOW + 5000,
    );
    assert.equal(standingAt(viewOf(board, 'a'), NOW + 5000), 'lost');
    assert.equal(viewOf(board, 'a').lostSince, NOW + 4000);
    const [unbalance] = viewOf(board, 'a').groups.find(({ name }) => name === 'derived')?.values ?? [];
    assert.ok(unbalance);
    assert.equal(qualityAt(unbalance, NOW + 5000).quality, 'stale', 'what nobody reads any more is old at once');
    board.take(telemetryOf('b', { active_power_total: failed }, { lostSince: NOW }), NOW + 5000);
    assert.equal(standingAt(viewOf(board, 'b'), NOW + 5000), 'never');
    board.take(telemetryOf('a', { active_power_total: good(2, NOW + 9000) }), NOW + 9000);
    assert.equal(standingAt(viewOf(board, 'a'), NOW + 9000), 'read');
  });

  it('passes over what is older than what it has, and is not held up by a clock that was ahead', () => {
    const board = new Board(STALE_MS);
    const powerNow = (): unknown => board.get('a')?.metrics.get('active_power_total')?.sample.value;
    board.take(telemetryOf('a', { active_power_total: good(1, NOW + 1e9) }), NOW);
    board.take(telemetryOf('a', { active_power_total: good(2, NOW + 1000) }), NOW + 1000);
    assert.equal(powerNow(), 2);
    board.take(telemetryOf('a', { active_power_total: good(3, NOW + 500) }), NOW + 1500);
    assert.equal(powerNow(), 2);
  });

  it('takes values again after the clock of this computer was set back, and does not keep one for new', () => {
    const board = new Board(STALE_MS);
    const ahead = NOW + 3_600_000;
    board.take(telemetryOf('a', { active_power_total: good(1, ahead), frequency: good(50, ahead) }), ahead);
    board.take(telemetryOf('a', { active_power_total: good(2, NOW) }), NOW);
    const { gauges, readAt, staleAt } = viewOf(board, 'a');
    assert.deepEqual([gauges[0]?.value, readAt, staleAt], [2, NOW, NOW + STALE_MS]);
    assert.equal(gauges[0]?.staleAt, NOW + STALE_MS);
    assert.equal(board.get('a')?.metrics.get('frequency')?.staleAt, NOW + STALE_MS, 'one that does not come again');
  });

  it('remembers that a meter was read when all of its values are bad', () => {
    const board = new Board(STALE_MS);
    board.take(telemetryOf('a', { active_power_total: good(1, NOW) }), NOW);
    for (let second = 1; second <= 120; second++) {
      const at = NOW + 1000 * second;
      const failed = good(null, at, { quality: 'bad', reason: 'read_failed' });
      board.take(telemetryOf('a', { active_power_total: failed }, second < 90 ? {} : { lostSince: NOW + 1000 }), at);
      const standing = second < 60 ? 'read' : second < 90 ? 'silent' : 'lost';
      assert.equal(standingAt(viewOf(board, 'a'), at), standing, `after ${second} s`);
    }
    assert.equal(viewOf(board, 'a').readAt, NOW);
  });

  it('tells no alarms from alarms of which nobody has told', () => {
    const board = new Board(STALE_MS);
    board.take(telemetryOf('a', { active_power_total: good(1, NOW) }), NOW);
    assert.equal(viewOf(board, 'a').alarms, undefined);
    assert.equal(fleetRow(board.get('a')!, NOW).alarms, null);
    const { meter } = telemetryOf('a', {});
    board.take({ schema: 'pm500.alarm/1', meter, timestamp: NOW, event: 'list', active: [], unjudged: [] }, NOW);
    assert.deepEqual(viewOf(board, 'a').alarms, []);
    assert.equal(fleetRow(board.get('a')!, NOW).alarms, 0);
  });

  it('keeps meters in the order of names as they come and go', () => {
    const board = new Board(STALE_MS);
    const names = (): readonly string[] => board.all().map(({ reference }) => reference.name);
    for (const name of ['b', 'c', 'a', 'b']) board.take(telemetryOf(name, {}), NOW);
    assert.deepEqual([names(), board.size], [['a', 'b', 'c'], 3]);
    board.take(telemetryOf('aa', {}), NOW);
    assert.deepEqual(names(), ['a', 'aa', 'b', 'c']);
  });

  it('takes alarms, passes over what is of nobody, and refuses what was not normalized', () => {
    const board = new Board(STALE_MS);
    const alarm = {
      id: 'phase_loss_l1',
      metric: 'voltage_l1_n',
      severity: 'critical',
      message: 'Phase L1 is lost.',
      since: NOW,
      value: 2,
      quality: 'good',
      limit: 138,
      acknowledged: false,
      latched: false,
      judged: true,
    };
    const { meter } = telemetryOf('a', {});
    board.take({ schema: 'pm500.alarm/1', meter, timestamp: NOW, event: 'list', active: [alarm], unjudged: [] }, NOW);
    assert.deepEqual(
      viewOf(board, 'a').alarms?.map(({ message, severity }) => [message, severity]),
      [['Phase L1 is lost.', 'critical']],
    );
    assert.equal(fleetRow(board.get('a')!, NOW).worstAlarm, 'critical');
    assert.equal(board.take('text', NOW), undefined);
    assert.equal(board.take({ temperature: 20 }, NOW), undefined);
    assert.throws(() => board.take({ schema: 'pm500.reading/1' }, NOW), /put a pm500-normalize node before this one/);
    assert.equal(board.all().length, 1);
  });

  it('holds so many meters and no more, counts those that find no room, and gives them that of one gone silent', () => {
    const board = new Board(STALE_MS);
    const tell = (index: number, at: number): void =>
      void board.take(telemetryOf(`meter-${index}`, { active_power_total: good(1, at) }), at);
    for (let round = 0; round < 3; round++)
      for (let index = 0; index < MOST_METERS + 2; index++) tell(index, NOW + 1000 * round);
    assert.deepEqual([board.size, board.leftOut(NOW + 2000)], [MOST_METERS, 2]);
    assert.ok(board.get('meter-0') !== undefined, 'who sends stays');
    assert.equal(board.get(`meter-${MOST_METERS}`), undefined);
    // The first one says nothing any more.
    const later = NOW + STALE_MS + 2001;
    for (let index = 1; index < MOST_METERS + 2; index++) tell(index, later);
    assert.deepEqual([board.size, board.get('meter-0'), board.leftOut(later)], [MOST_METERS, undefined, 1]);
    assert.ok(board.get(`meter-${MOST_METERS}`) !== undefined);
    for (let index = 0; index < 5000; index++) tell(10_000 + index, later);
    assert.deepEqual([board.size, board.leftOut(later)], [MOST_METERS, 1000], 'bounded, too');
    assert.equal(board.leftOut(later + STALE_MS + 1), 0);
  });

  it('counts qualities of a meter among many', () => {
    const board = new Board(STALE_MS);
    const uncertain = good(1, NOW, { quality: 'uncertain', reason: 'layout_inferred' });
    board.take(
      telemetryOf('a', { active_power_total: good(441_300, NOW), frequency: uncertain, current_l1: uncertain }),
      NOW,
    );
    const { good: count, uncertain: doubtful, bad, values } = fleetRow(board.get('a')!, NOW);
    assert.deepEqual([count, doubtful, bad, values[0]?.text], [1, 2, 0, '441.30']);
    board.take(telemetryOf('a', { frequency: good(50, NOW + STALE_MS) }), NOW + STALE_MS);
    const later = fleetRow(board.get('a')!, NOW + STALE_MS);
    assert.deepEqual([later.good, later.uncertain], [1, 2], 'a good value that is old is good no more');
  });

  it('has a diagram of old voltages look old', () => {
    const board = new Board(STALE_MS);
    const volts = (value: number): Sample => good(value, NOW, { unit: 'V' });
    const phases = ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'].map((name) => [name, volts(230)] as const);
    const lines = ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1'].map((name) => [name, volts(398.4)] as const);
    const sequence = ['phase_sequence', good(0, NOW, { unit: '' })] as const;
    board.take(telemetryOf('a', Object.fromEntries([...phases, ...lines, sequence])), NOW);
    const qualities = (at: number): readonly string[] =>
      phasorView(board.get('a')!, at).voltages.map((phasor) => qualityAt(phasor, at).quality);
    assert.deepEqual(qualities(NOW + 1000), ['good', 'good', 'good']);
    assert.deepEqual(qualities(NOW + STALE_MS), ['stale', 'stale', 'stale']);
  });
});

describe('who looks at a widget', () => {
  it('takes so many and no more, until one says nothing', () => {
    const watchers = new Watchers();
    for (let index = 0; index < MOST_BROWSERS; index++) assert.equal(watchers.admit(`${index}`, NOW), 'served');
    assert.equal(watchers.admit('one more', NOW), 'many');
    assert.equal(watchers.admit('0', NOW + LEASE_MS), 'served');
    assert.equal(watchers.admit('one more', NOW + LEASE_MS), 'many');
    assert.equal(watchers.admit('one more', NOW + LEASE_MS + 1), 'served');
    assert.equal(watchers.size, 2);
  });

  it('answers a page that asks each second always, and one that asks without end about as often as that', () => {
    const watchers = new Watchers();
    for (let second = 0; second < 100; second++) assert.equal(watchers.admit('page', NOW + 1000 * second), 'served');
    let served = 0;
    for (let ms = 0; ms < 60_000; ms++) if (watchers.admit('flood', NOW + ms) === 'served') served++;
    assert.ok(served > 60 && served <= 260, `${served} of 60 000 questions of a minute`);
  });
});
