import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { summaryQuery } from '../../tools/influxdb/influxql';
import { DATABASE, SOURCES, SUMMARIES } from '../../tools/influxdb/plan';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';

const ADMIN = { user: 'admin', password: 'pass word' };
const DAY_MS = 86_400_000;
/** Yesterday at midnight: older points would be beyond the retention of raw ones. */
const START = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;

describe('retention and downsampling on a real InfluxDB 1', () => {
  let database: InfluxDb;

  before(async () => {
    database = await startInfluxDb({ admin: ADMIN });
  });

  after(async () => {
    await database.stop();
  });

  const bootstrap = (password = ADMIN.password): Promise<{ status: number | null; output: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, INFLUX_URL: database.url, INFLUX_USER: ADMIN.user, INFLUX_PASSWORD: password };
      const child = spawn('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('close', (status) => {
        resolve({ status, output });
      });
    });

  const state = async (): Promise<unknown> => [
    await database.query(`SHOW RETENTION POLICIES ON ${DATABASE}`),
    await database.query('SHOW CONTINUOUS QUERIES'),
  ];

  it('is set up by the script, which may run again and sets right what was changed', async () => {
    const first = await bootstrap();
    assert.equal(first.status, 0, first.output);
    const expected = await state();
    assert.equal((await bootstrap()).status, 0);
    assert.deepEqual(await state(), expected);
    await database.query(`ALTER RETENTION POLICY "1m" ON ${DATABASE} DURATION 5d`);
    await database.query(`DROP CONTINUOUS QUERY "powermonitor_500_1d" ON ${DATABASE}`);
    assert.equal((await bootstrap()).status, 0);
    assert.deepEqual(await state(), expected);
    assert.match(JSON.stringify(expected), /"raw","720h0m0s".*true/);
  });

  it('says what is wrong in place of going on', async () => {
    const { status, output } = await bootstrap('wrong');
    assert.equal(status, 1);
    assert.match(output, /InfluxDB refuses: CREATE DATABASE[\s\S]*authorization failed/);
  });

  it('sums up gauges, counters and states as it says', async () => {
    const lines = Array.from({ length: 60 }, (_, at) => {
      const fields = `voltage_l1_n=${230 + (at % 3)},active_energy_import_total=${1000 + at},alarm_1=${at > 30}`;
      return `powermonitor_500,meter=m,quality=good ${fields} ${START + at * 1000}`;
    });
    const login = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString('base64');
    const response = await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: lines.join('\n'),
      headers: { authorization: `Basic ${login}` },
    });
    assert.equal(response.status, 204);
    const [source] = SOURCES;
    assert.ok(source);
    for (const tier of SUMMARIES) {
      await database.query(summaryQuery(source, tier, ` WHERE time >= ${START}ms AND time < ${START + 60_000}ms`));
      const [series] = await database.query(
        `SELECT * FROM ${DATABASE}."${tier.name}".powermonitor_500 GROUP BY *`,
        DATABASE,
      );
      assert.deepEqual(series?.tags, { meter: 'm', quality: 'good' });
      const [values] = series.values;
      const row = Object.fromEntries(series.columns.map((column, at) => [column, values?.[at]]));
      const expected = {
        voltage_l1_n_mean: 231,
        voltage_l1_n_min: 230,
        voltage_l1_n_max: 232,
        active_energy_import_total_last: 1059,
        active_energy_import_total_max: 1059,
        active_energy_import_total_spread: 59,
        alarm_1_last: true,
      };
      for (const [name, value] of Object.entries(expected)) assert.equal(row[name], value, `${tier.name} ${name}`);
    }
  });
});
