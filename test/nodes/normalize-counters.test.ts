import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { COUNTER_MESSAGE, COUNTER_SCHEMA, type CounterMessage } from '../../src/domain/counters/counter-message';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { Pm500Error } from '../../src/support/errors';
import { ClockedPlant } from '../../testkit/meters/clocked-plant';
import { FakeClock } from '../../testkit/fake-clock';
import { confirmedReading, createNormalize, NormalizeBench } from '../../testkit/meters/normalize-bench';
import { READ_AT } from '../../testkit/meters/readings';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const COUNTER = 'active_energy_import_total';
const DELTA = 'energy_delta_active_import_total';
const DAY = 'active_energy_import_day';
const EVERY_MS = 10_000;
/** 100 kW for ten seconds, Wh. */
const FLOWS = 278;
const MWH = 1_000_000;
const SETTINGS = {
  id: 'n1',
  kpis: ['energy'],
  periods: ['day'],
  energyDeltas: true,
  staleSeconds: 0,
  diagnosticsSeconds: 0,
};
const fitsSchema = new Ajv({ strict: false }).compile(COUNTER_MESSAGE.jsonSchema);

interface Seen {
  readonly value: unknown;
  readonly quality: string | undefined;
  readonly reason: string | undefined;
  readonly day: unknown;
  readonly dayQuality: string | undefined;
}

/** A node that is given readings of one counter, ten seconds apart. */
class Counted {
  readonly bench: NormalizeBench;
  private beforeMs: number;

  constructor(properties: object = {}, userDir?: string) {
    this.bench = new NormalizeBench(
      { ...SETTINGS, ...properties },
      undefined,
      userDir === undefined ? {} : { userDir },
    );
    this.beforeMs = READ_AT;
  }

  /** Readings of 100 kW around a counter that shows this. */
  async show(value: number | null, powerW: number | null = 100_000): Promise<Seen> {
    this.beforeMs += EVERY_MS;
    await this.bench.clock.advance(EVERY_MS);
    const values = {
      [COUNTER]: value,
      active_power_total: powerW,
      reactive_power_total: powerW,
      apparent_power_total: powerW,
    };
    const [sent] = await this.bench.accept(confirmedReading([101, 107], this.bench.clock.now(), values));
    const { metrics } = sent?.payload as Telemetry;
    const [delta, day] = [metrics[DELTA], metrics[DAY]];
    return {
      value: delta?.value,
      quality: delta?.quality,
      reason: delta?.reason,
      day: day?.value,
      dayQuality: day?.quality,
    };
  }

  async showAll(values: readonly number[]): Promise<readonly Seen[]> {
    const all: Seen[] = [];
    for (const value of values) all.push(await this.show(value));
    return all;
  }

  events(): readonly CounterMessage[] {
    const own = this.bench
      .takeEvents()
      .filter(({ payload }) => (payload as { readonly schema: string }).schema === COUNTER_SCHEMA);
    return own.map(({ payload }) => {
      assert.ok(fitsSchema(JSON.parse(JSON.stringify(payload))), JSON.stringify(fitsSchema.errors));
      return payload as CounterMessage;
    });
  }
}

/** Five readings at 100 kW up to this value. */
const upTo = (value: number): readonly number[] => [4, 3, 2, 1, 0].map((steps) => value - steps * FLOWS);
const facts = ({ value, quality, reason }: Seen): unknown => [value, quality, reason];

for (const properties of [{}, { maxPowerKw: 1000 }, { defaultAlarms: true, ratedAmperes: 1000 }] as const) {
  describe(`a counter of 20 MWh, bounded by ${JSON.stringify(properties)}`, () => {
    it('that answers zeros and comes back counts what was used since, and only that', async () => {
      const counted = new Counted(properties);
      await counted.showAll(upTo(20 * MWH));
      const zeros = await counted.showAll([0, 0]);
      for (const zero of zeros) assert.deepEqual(facts(zero), [null, 'bad', 'counter_suspect']);
      assert.deepEqual(
        zeros.map(({ dayQuality }) => dayQuality),
        ['uncertain', 'uncertain'],
        'a total that is behind is marked',
      );
      const back = await counted.show(20 * MWH + 3 * FLOWS);
      assert.deepEqual(facts(back), [3 * FLOWS, 'good', undefined]);
      assert.equal(back.day, 7 * FLOWS);
      await counted.bench.close();
    });

    it('that goes back by 5 kWh counts from there; the gap is marked, and told', async () => {
      const counted = new Counted(properties);
      await counted.showAll(upTo(20 * MWH));
      const [first, second, third] = await counted.showAll([0, 1, 2].map((steps) => 20 * MWH - 5000 + steps * FLOWS));
      assert.deepEqual(facts(first!), [null, 'bad', 'counter_suspect']);
      assert.deepEqual(facts(second!), [FLOWS, 'uncertain', 'counter_reset']);
      assert.deepEqual(facts(third!), [FLOWS, 'good', undefined]);
      assert.deepEqual([third!.day, third!.dayQuality], [6 * FLOWS, 'uncertain']);
      assert.deepEqual(
        counted.events().flatMap(({ event, records }) => [event, records.map(({ counter }) => counter)]),
        ['adopted', [COUNTER]],
      );
      await counted.bench.close();
    });

    it('that is read 9 113 kWh too high once is not believed, and nothing is counted twice', async () => {
      const counted = new Counted(properties);
      await counted.showAll(upTo(20 * MWH));
      const spike = await counted.show(20 * MWH + 9_113_000);
      assert.deepEqual(facts(spike), [null, 'bad', 'counter_suspect']);
      const right = await counted.show(20 * MWH + 2 * FLOWS);
      assert.deepEqual(facts(right), [2 * FLOWS, 'good', undefined]);
      assert.deepEqual([right.day, right.dayQuality], [6 * FLOWS, 'uncertain'], 'the day began before');
      assert.deepEqual(counted.events(), []);
      await counted.bench.close();
    });

    for (const other of [24, 16]) {
      it(`that is that of another meter at ${other} MWh is asked about, counts nothing until a person says so, and all of it then`, async () => {
        const counted = new Counted(properties);
        const before = (await counted.showAll(upTo(20 * MWH))).at(-1)!;
        const seen = await counted.showAll([0, 1, 2, 3, 4, 5].map((steps) => other * MWH + steps * FLOWS));
        assert.deepEqual([...new Set(seen.map(({ quality }) => quality))], ['bad']);
        assert.equal(seen.at(-1)!.reason, 'counter_unconfirmed');
        assert.deepEqual([...new Set(seen.map(({ day }) => day))], [before.day], 'outside the totals');
        assert.deepEqual([...new Set(seen.map(({ dayQuality }) => dayQuality))], ['uncertain']);
        const [asked, ...more] = counted.events();
        assert.deepEqual(
          [asked?.event, asked?.questions.map(({ counter }) => counter), more],
          ['asked', [COUNTER], []],
        );
        assert.match(asked!.message, /^Meter "main-incomer" went active_energy_import_total from 20000\.000 kWh to /);
        assert.deepEqual(counted.bench.node.warnings, [asked!.message]);
        await counted.bench.command({ counters: { answer: 'replaced' } });
        assert.deepEqual(
          counted.events().map(({ event, questions }) => [event, questions]),
          [['answered', []]],
        );
        const next = await counted.show(other * MWH + 6 * FLOWS);
        assert.deepEqual(facts(next), [6 * FLOWS, 'uncertain', 'counter_answered']);
        assert.deepEqual([next.day, next.dayQuality], [10 * FLOWS, 'uncertain']);
        assert.deepEqual(facts(await counted.show(other * MWH + 7 * FLOWS)), [FLOWS, 'good', undefined]);
        await counted.bench.close();
      });
    }
  });
}

describe('questions about counters', () => {
  it('are answered by true: then all of it counts, as uncertain', async () => {
    const counted = new Counted();
    await counted.showAll(upTo(20 * MWH));
    await counted.showAll([0, 1, 2].map((steps) => 24 * MWH + steps * FLOWS));
    await counted.bench.command({ counters: { answer: 'true', counter: COUNTER } });
    assert.deepEqual(facts(await counted.show(24 * MWH + 3 * FLOWS)), [
      4 * MWH + 3 * FLOWS,
      'uncertain',
      'counter_answered',
    ]);
    await counted.bench.close();
  });

  it('are withdrawn when the counter comes back by itself, even after hours, with nothing counted twice', async () => {
    const counted = new Counted();
    await counted.showAll(upTo(20 * MWH));
    await counted.showAll([0, 1, 2, 3].map((steps) => 29 * MWH + steps * FLOWS));
    await counted.bench.clock.advance(3 * 3_600_000);
    const back = await counted.show(20 * MWH + 300_000);
    assert.deepEqual([back.value, back.quality], [300_000, 'uncertain']);
    assert.deepEqual(
      counted.events().map(({ event }) => event),
      ['asked', 'withdrawn'],
    );
    await counted.bench.close();
  });

  it('stay open for hours, whatever a load could have done in that time', async () => {
    const counted = new Counted();
    await counted.showAll(upTo(20 * MWH));
    let value = 24 * MWH;
    for (let hour = 0; hour < 24; hour++) {
      for (let step = 0; step < 3; step++) assert.equal((await counted.show((value += FLOWS))).quality, 'bad');
      await counted.bench.clock.advance(3_600_000 - 30_000);
      value += 360 * FLOWS;
    }
    const [{ questions } = {}] = counted.events();
    assert.equal(questions?.length, 1);
    await counted.bench.close();
  });

  it('survive a restart, and so does the answer until the next reading', async () => {
    const path = temporaryFolder('counters');
    try {
      const first = new Counted({}, path);
      await first.showAll(upTo(20 * MWH));
      await first.showAll([0, 1, 2].map((steps) => 24 * MWH + steps * FLOWS));
      await first.bench.close();
      const second = new Counted({}, path);
      await second.bench.clock.advance(80_000);
      assert.equal((await second.show(24 * MWH + 3 * FLOWS)).reason, 'counter_unconfirmed');
      await second.bench.command({ counters: 'list' });
      const [list] = second.events();
      assert.deepEqual(
        list?.questions.map(({ before, after }) => [before.value, after.value]),
        [[20 * MWH, 24 * MWH]],
      );
      await second.bench.command({ counters: { answer: 'reset' } });
      await second.bench.close();
      const third = new Counted({}, path);
      await third.bench.clock.advance(100_000);
      assert.deepEqual(facts(await third.show(24 * MWH + 4 * FLOWS)), [4 * FLOWS, 'uncertain', 'counter_answered']);
      await third.bench.command({ counters: 'list' });
      assert.deepEqual(
        third
          .events()
          .at(-1)
          ?.records.map(({ event }) => event),
        ['asked', 'answered'],
      );
      await third.bench.close();
    } finally {
      removeFolder(path);
    }
  });

  it('show in the status before values that are bad', async () => {
    const node = createNormalize(SETTINGS);
    let atMs = Date.now() - 600_000;
    for (const value of [...upTo(20 * MWH), 24 * MWH, 24 * MWH + FLOWS, 24 * MWH + 2 * FLOWS]) {
      atMs += EVERY_MS;
      await node.receive({
        payload: confirmedReading([101, 107], atMs, {
          [COUNTER]: value,
          active_power_total: 1e5,
          reactive_power_total: 1,
          apparent_power_total: 1e5,
        }),
      });
    }
    assert.equal(node.lastStatus?.text, 'counters: answer');
    const { error } = await node.receive({
      payload: { counters: { answer: 'replaced', counter: 'reactive_energy_import_total' } },
    });
    assert.ok(error instanceof Pm500Error);
    assert.match(error.message, /^Nothing is asked about such a counter; /);
    await node.close();
  });
});

describe('a correction by a person', () => {
  it('changes the running day and what follows from it, is marked, told, kept, and refused where it fits nothing', async () => {
    const counted = new Counted({ kpis: ['energy', 'co2'], co2KgPerKwh: 1 });
    await counted.showAll(upTo(20 * MWH));
    await counted.bench.command({ counters: { correct: COUNTER, by: 1000, note: 'by the utility' } });
    const [corrected] = counted.events();
    assert.deepEqual(
      [corrected?.event, corrected?.records.map(({ by, note }) => [by, note])],
      ['corrected', [[1000, 'by the utility']]],
    );
    const next = await counted.show(20 * MWH + FLOWS);
    assert.deepEqual([next.value, next.day, next.dayQuality], [FLOWS, 5 * FLOWS + 1000, 'uncertain']);
    await counted.bench.command({
      counters: { correct: COUNTER, by: -1000, at: new Date(counted.bench.clock.now()).toISOString() },
    });
    assert.equal((await counted.show(20 * MWH + 2 * FLOWS)).day, 6 * FLOWS);
    for (const wrong of [
      { by: -MWH },
      { by: 5, at: '2020-01-01T00:00:00Z' },
      { by: 0.5 },
      { by: 0 },
      { by: '5' },
      { by: 5, at: 'x' },
      { by: 5, to: 3 },
    ]) {
      await assert.rejects(
        counted.bench.command({ counters: { correct: COUNTER, ...wrong } }),
        (thrown) => thrown instanceof Pm500Error && thrown.code === 'MESSAGE_INVALID',
        JSON.stringify(wrong),
      );
    }
    await counted.bench.close();
  });
});

describe('the rated power', () => {
  it('that is wrong does not hide: a counter that runs faster is asked about, and nothing is lost when it is corrected', async () => {
    const path = temporaryFolder('counters');
    try {
      const first = new Counted({ maxPowerKw: 0.5 }, path);
      const seen = await first.showAll([0, 1, 2, 3, 4, 5].map((steps) => 20 * MWH + steps * 4 * FLOWS));
      assert.equal(seen.at(-1)!.reason, 'counter_unconfirmed');
      await first.bench.close();
      const second = new Counted({ maxPowerKw: 1000 }, path);
      await second.bench.clock.advance(60_000);
      assert.equal((await second.show(20 * MWH + 24 * FLOWS)).value, 24 * FLOWS);
      await second.bench.close();
    } finally {
      removeFolder(path);
    }
  });

  it('asks about a step that no usual load explains while nothing is known of the load yet', async () => {
    const plant = new ClockedPlant({ energyDeltas: true, kpis: ['energy'], periods: ['day'] }, new FakeClock(READ_AT));
    await plant.read();
    await plant.pass(5 * 60_000);
    // Another meter without a serial number: 800 kWh more than this one has.
    plant.activeWh += 800_000;
    const outs: (string | undefined)[] = [];
    for (let reading = 0; reading < 5; reading++) {
      const out = await plant.read();
      assert.notEqual(out[DELTA]?.quality, 'good');
      outs.push(out[DELTA]?.reason);
      await plant.pass(5 * 60_000);
    }
    assert.equal(outs.at(-1), 'counter_unconfirmed');
    await plant.close();
  });

  it('loses nothing of a large load of which nothing is known at first', async () => {
    const plant = new ClockedPlant({ energyDeltas: true, kpis: ['energy'], periods: ['day'] }, new FakeClock(READ_AT));
    plant.powerW = 5_000_000;
    await plant.read();
    const out = await plant.run(60 * 60_000, 60_000);
    assert.ok(Math.abs(Number(out[DAY]?.value) - 5_000_000) < 1, String(out[DAY]?.value));
    assert.deepEqual([out[DAY]?.quality, out[DAY]?.reason], ['uncertain', 'counter_gap']);
    await plant.close();
  });

  it('makes deltas of partial counters come where they are wanted', async () => {
    for (const [partialDeltas, expected] of [
      [true, 8],
      [false, 4],
    ] as const) {
      const bench = new NormalizeBench({ ...SETTINGS, partialDeltas });
      const [sent] = await bench.accept(confirmedReading([107], READ_AT));
      const names = Object.keys((sent?.payload as Telemetry).metrics).filter((name) =>
        name.startsWith('energy_delta_'),
      );
      assert.equal(names.length, expected);
      await bench.close();
    }
  });
});
