import assert from 'node:assert/strict';
import { Board } from '../../src/dashboard/board';
import { FleetPages, PAGE_ROWS } from '../../src/dashboard/fleet-page';
import { mergedFleet, mergedMeter } from '../../src/dashboard/merged';
import type { FleetQuestion, WidgetFleet, WidgetMeter } from '../../src/dashboard/shown';
import { fleetRow, meterView } from '../../src/dashboard/views';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { seededRandom } from '../../src/support/random';

const NOW = 1_700_000_000_000;
const STALE_MS = 60_000;
const GAUGES = ['active_power_total', 'frequency'];
const METRICS = [
  'active_power_total',
  'frequency',
  'voltage_l1_n',
  'current_l1',
  'active_energy_import_day',
  'odd_one',
];
const GROUPS = new Map(METRICS.map((name) => [name, name === 'odd_one' ? 'maximum' : 'realtime']));
const SHOWN = ['realtime', 'maximum', 'derived', 'period'];
const ALL: FleetQuestion = { page: 0, find: '', isTroubled: false };

const sampleOf = (value: number, timestamp: number, quality: Sample['quality'] = 'good'): Sample => ({
  ...{ value, unit: 'W', quality, provenance: 'verified', timestamp },
});

function telemetryOf(name: string, metrics: Telemetry['metrics'], lostSince?: number): Telemetry {
  const meter = { name, host: '10.0.0.5', tags: { area: `hall ${name.length}` } };
  return {
    schema: 'pm500.telemetry/1',
    meter: lostSince === undefined ? meter : { ...meter, lostSince },
    timestamp: NOW,
    metrics,
  };
}

/** Tells a board of one of some meters: some of its metrics, of any quality, or that it is lost. */
function tellSomething(board: Board, names: readonly string[], random: () => number, nowMs: number): void {
  const name = names[Math.floor(random() * names.length)] ?? '';
  const chosen = METRICS.filter(() => random() < 0.4);
  const isBad = random() < 0.1;
  const metrics = Object.fromEntries(
    chosen.map((metric) => [metric, sampleOf(Math.round(1000 * random()), nowMs, isBad ? 'bad' : 'good')]),
  );
  board.take(telemetryOf(name, metrics, isBad ? nowMs : undefined), nowMs);
}

describe('what has changed on a dashboard', () => {
  it('put together by a browser that asks now and then is the meter as it stands', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const board = new Board(STALE_MS);
      let had: WidgetMeter | undefined;
      let version = 0;
      for (let step = 0; step < 120; step++) {
        // Once in a while the clock of this computer is set back.
        const nowMs = NOW + 1000 * step - (random() < 0.02 ? 3_600_000 : 0);
        tellSomething(board, ['a', 'b'], random, nowMs);
        const meter = board.get('a');
        if (meter === undefined || random() < 0.5) continue;
        const since = version >= meter.wholeSince ? version : 0;
        const told = meterView(meter, GAUGES, GROUPS, SHOWN, since);
        had = had === undefined || since === 0 ? told : mergedMeter(had, told);
        version = board.version;
        assert.deepEqual(had, meterView(meter, GAUGES, GROUPS, SHOWN), `seed ${seed}, step ${step}`);
      }
    }
  });

  it('is nothing of what was told before, and of another board all', () => {
    const board = new Board(STALE_MS, NOW);
    board.take(telemetryOf('a', { frequency: sampleOf(50, NOW), current_l1: sampleOf(7, NOW) }), NOW);
    const since = board.version;
    board.take(telemetryOf('a', { frequency: sampleOf(51, NOW + 1) }), NOW + 1);
    const meter = board.get('a');
    assert.ok(meter !== undefined && meter.wholeSince <= since);
    const { gauges, groups } = meterView(meter, GAUGES, GROUPS, SHOWN, since);
    assert.deepEqual(
      [gauges.map(({ metric }) => metric), groups.flatMap(({ values }) => values.map(({ metric }) => metric))],
      [['frequency'], ['frequency']],
    );
    const next = new Board(STALE_MS, NOW + 1000);
    next.take(telemetryOf('a', {}), NOW + 1000);
    assert.ok(board.version < (next.get('a')?.wholeSince ?? 0) && board.version < next.namesVersion);
  });

  it('of the page that a browser looks at is told alone, and put together is the page', () => {
    const random = seededRandom(7);
    const board = new Board(STALE_MS);
    const pages = new FleetPages(board);
    const names = Array.from({ length: 130 }, (_, index) => `meter-${String(index).padStart(3, '0')}`);
    let had: WidgetFleet | undefined;
    let [version, lacked, most] = [0, 0, 0];
    for (let step = 0; step < 2000; step++) {
      const nowMs = NOW + 20 * step;
      tellSomething(board, names, random, nowMs);
      if (step % 10 !== 0) continue;
      const question = { page: step < 1000 ? 0 : 1, find: '', isTroubled: step % 1000 > 500 };
      const told = pages.page(question, version, nowMs);
      const merged = mergedFleet(had, told);
      had = merged.fleet;
      version = merged.isLacking ? 0 : board.version;
      if (merged.isLacking) lacked++;
      most = Math.max(most, told.rows.length);
      assert.ok(had.rows.length <= PAGE_ROWS);
      if (merged.isLacking || step === 0) continue;
      assert.deepEqual(
        had.rows.map(({ name, readAt }) => [name, readAt]),
        had.names.map((name) => [name, fleetRow(board.get(name)!, nowMs).readAt]),
      );
    }
    assert.ok(lacked > 0 && lacked < 150, `rows came onto the page ${lacked} times`);
    assert.ok(most <= PAGE_ROWS);
  });

  it('has pages of what is asked for: a part of name or place, or what a person should look at', () => {
    const board = new Board(STALE_MS);
    const pages = new FleetPages(board);
    for (let index = 0; index < 120; index++)
      board.take(telemetryOf(`m${index}`, { frequency: sampleOf(50, NOW) }), NOW);
    board.take(telemetryOf('m7', { frequency: sampleOf(50, NOW, 'bad') }), NOW);
    board.take(telemetryOf('m8', {}, NOW), NOW);
    const page = (question: Partial<FleetQuestion>, nowMs = NOW): WidgetFleet =>
      pages.page({ ...ALL, ...question }, 0, nowMs);
    const { count, read, pages: number, names } = page({});
    assert.deepEqual([count, read, number, names.length], [120, 119, 3, PAGE_ROWS]);
    const last = page({ page: 99 });
    assert.deepEqual([last.page, last.names.length], [2, 20]);
    assert.deepEqual([...page({ isTroubled: true }).names].sort(), ['m7', 'm8']);
    assert.deepEqual(page({ find: ' HALL 2' }).names, page({ find: 'hall 2' }).names);
    assert.equal(page({ find: 'hall 2' }).found, 10);
    assert.deepEqual([page({ find: 'nobody' }).found, page({ find: 'nobody' }).pages], [0, 1]);
    // Nothing more came of any.
    const old = page({ isTroubled: true }, NOW + STALE_MS);
    assert.deepEqual([old.found, old.read], [120, 0]);
  });
});
