import assert from 'node:assert/strict';
import type { QuerySeries } from '../../src/influx/tiers/influxql-server';
import { readMeter } from '../../src/report/read-meter';
import { QUARTER_MS } from '../../src/report/load-profile';

const PERIOD = { fromMs: 0, toMs: 8 * QUARTER_MS };
const COLUMNS = ['time', 'activeImport', 'activeExport', 'reactiveImport', 'reactiveExport'];
const TIMES = { period: PERIOD, around: PERIOD, yearBefore: PERIOD };

/** Energies of a site in some quarters of an hour, 100 Wh each, as the database answers. */
const energies = (site: string, ...places: readonly number[]): QuerySeries => ({
  name: 'kpi',
  tags: { quality: 'good', site },
  columns: COLUMNS,
  values: places.map((place) => [place * QUARTER_MS, 100, 0, 50, 0]),
});

describe('what a database holds of a meter', () => {
  const asked: string[] = [];
  const read = (answer: readonly QuerySeries[], site?: string, times = TIMES): ReturnType<typeof readMeter> => {
    asked.length = 0;
    const server = {
      major: 1,
      query: (influxQl: string): Promise<readonly QuerySeries[]> => {
        asked.push(influxQl);
        return Promise.resolve(influxQl.includes('AS "activeImport"') ? answer : []);
      },
    };
    const place = { server, database: 'energy', influxMeasurement: 'pm', ...(site === undefined ? {} : { site }) };
    return readMeter(place, 'Main', times);
  };

  it('is asked of the site alone, where one is named', async () => {
    await read([energies("O'Neill", 0, 1)], "O'Neill");
    assert.ok(asked.length > 6);
    for (const query of asked) assert.ok(query.includes(`"meter" = 'Main' AND "site" = 'O\\'Neill'`), query);
    await read([energies('', 0, 1)]);
    for (const query of asked) assert.doesNotMatch(query, /"site" =/);
  });

  it('tells an energy that is not there from one that is 0, whatever its quality', async () => {
    const row = (quality: string, ...values: readonly (number | null)[]): QuerySeries => ({
      ...energies(''),
      tags: { quality, site: '' },
      values: [[0, ...values]],
    });
    const { quarters } = await read([row('good', 100, 0, null, null), row('uncertain', 50, null, 7, null)]);
    assert.deepEqual(
      quarters.map(({ absent }) => absent),
      [['reactiveExport']],
    );
    assert.deepEqual((await read([energies('', 0)])).quarters[0]?.absent, []);
  });

  it('says where counting began anew, also within a quarter of an hour that has energies', async () => {
    const row = (place: number, started: number | null): readonly (number | null)[] => [
      place * QUARTER_MS,
      ...[100, 0, 50, 0, started],
    ];
    const series = {
      ...energies(''),
      columns: [...COLUMNS, 'counter_started'],
      // What was before the period and after it says nothing of it.
      values: [row(-2, 4), row(0, null), row(3, 4), row(4, 0), row(9, 4)],
    };
    const at = 3 * QUARTER_MS;
    const { counterMarks, quarters } = await read([series]);
    assert.deepEqual(counterMarks, [{ reason: 'counter_started', firstMs: at, lastMs: at }]);
    const around = { ...series, values: [row(-2, 4), row(0, null), row(9, 4)] };
    assert.deepEqual((await read([around])).counterMarks, []);
    assert.equal(quarters.find(({ startMs }) => startMs === at)?.isCounterLost, true);
  });

  it('is asked in parts where the time is long, and is the same', async () => {
    const day = 96 * QUARTER_MS;
    await read([], undefined, { ...TIMES, around: { fromMs: -day, toMs: 365 * day } });
    const parts = asked.filter((query) => query.includes('AS "activeImport"')).map((query) => query.match(/-?\d+ms/g));
    assert.deepEqual(
      parts.map((part) => part?.map((time) => parseInt(time, 10) / day)),
      [
        [-1, 99],
        [99, 199],
        [199, 299],
        [299, 365],
        [0, 8 / 96],
      ],
    );
  });

  it('is refused where two sites have a meter of the same name, which would be added up', async () => {
    await assert.rejects(read([energies('north', 0, 1, 2), energies('south', 1, 2, 3)]), {
      code: 'CONFIG_INVALID',
      message: /"Main" has energies of the sites "north" and "south" at the same time.*give --site/,
    });
  });

  it('goes on where a site got another name, or its first one', async () => {
    const { quarters } = await read([energies('north', 0, 1), energies('south', 1, 2)]);
    assert.deepEqual(
      quarters.map(({ good }) => good?.activeImport),
      [100, 200, 100],
    );
    await read([energies('', 0, 1), energies('south', 2, 3)]);
  });
});
