import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DATABASE, TIERS } from '../../src/influx/tiers/plan';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';

const ADMIN = { user: 'admin', password: `pass word's "quoted" \\ back\\slash $HOME \`id\` %41 #ü€😀 ` };

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the script as an operator does, with these variables. */
function bootstrap(variables: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, INFLUX_WAIT_SECONDS: '0', ...variables };
    const child = spawn('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (status) => {
      resolve({ status, output });
    });
  });
}

/** Something else at the port of the database. */
async function impostor(headers: Readonly<Record<string, string>>): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => response.writeHead(204, headers).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('InfluxDB 1 set up by bootstrap-v1.sh', () => {
  let database: InfluxDb;
  let login: Readonly<Record<string, string>>;

  before(async () => {
    database = await startInfluxDb({ admin: ADMIN });
    login = { INFLUX_URL: database.url, INFLUX_USER: ADMIN.user, INFLUX_PASSWORD: ADMIN.password };
  });

  after(async () => {
    await database.stop();
  });

  const state = async (): Promise<unknown> => [
    await database.query(`SHOW RETENTION POLICIES ON ${DATABASE}`),
    await database.query('SHOW CONTINUOUS QUERIES'),
  ];

  it('has policies and queries of every tier, with any password; running it again sets right what was changed', async () => {
    const first = await bootstrap({ ...login, TARIFF_PERIODS: 'peak off-peak' });
    assert.equal(first.status, 0, first.output);
    assert.match(first.output, /is ready: database energy, 6 retention policies, 10 continuous queries\.\n$/);
    const expected = await state();
    const [policies] = await database.query(`SHOW RETENTION POLICIES ON ${DATABASE}`);
    const rows = new Map(
      policies?.values.map(([name, duration, shard, , isDefault]) => [name, [duration, shard, isDefault]]),
    );
    for (const { name, keepDays, shardDays } of TIERS) {
      const kept = keepDays === 0 ? '0s' : `${keepDays * 24}h0m0s`;
      assert.deepEqual(rows.get(name), [kept, `${shardDays * 24}h0m0s`, name === 'raw'], name);
    }
    // Minutes before quarters: the database runs them one after the other.
    const found = (await database.query('SHOW CONTINUOUS QUERIES')).find(({ name }) => name === DATABASE);
    const order = found?.values.map(([name]) => (String(name).endsWith('_1m') ? '1m' : '15m'));
    assert.deepEqual(order, [...Array<string>(5).fill('1m'), ...Array<string>(5).fill('15m')]);

    await database.query(`ALTER RETENTION POLICY "1m" ON ${DATABASE} DURATION 5d SHARD DURATION 1d`);
    await database.query(`DROP CONTINUOUS QUERY "powermonitor_500_15m" ON ${DATABASE}`);
    await database.query(
      `CREATE CONTINUOUS QUERY "powermonitor_500_15m" ON ${DATABASE} BEGIN SELECT mean(a) INTO b FROM c GROUP BY time(1h) END`,
    );
    // A site that keeps raw points for two months and quarters for ever.
    const longer = await bootstrap({ ...login, INFLUX_KEEP: 'raw=60d,15m=INF' });
    assert.equal(longer.status, 0, longer.output);
    const [kept] = await database.query(`SHOW RETENTION POLICIES ON ${DATABASE}`);
    const times = new Map(kept?.values.map(([name, duration]) => [name, duration]));
    assert.deepEqual([times.get('raw'), times.get('1m'), times.get('15m')], ['1440h0m0s', '2160h0m0s', '0s']);
    const again = await bootstrap({ ...login, TARIFF_PERIODS: 'peak off-peak' });
    assert.equal(again.status, 0, again.output);
    assert.deepEqual(await state(), expected);
  });

  it('takes other names of the database and of the measurement, also those that the plan has for something else', async () => {
    const names = { INFLUX_DATABASE: 'powermonitor_500-x', INFLUX_MEASUREMENT: 'energy' };
    const { status, output } = await bootstrap({ ...login, ...names });
    assert.equal(status, 0, output);
    assert.match(output, /is ready: database powermonitor_500-x, 6 retention policies/);
    const queries = (await database.query('SHOW CONTINUOUS QUERIES')).find(
      ({ name }) => name === names.INFLUX_DATABASE,
    );
    const minutes = queries?.values.find(([name]) => name === 'energy_1m');
    assert.match(
      String(minutes?.[1]),
      /INTO "?powermonitor_500-x"?\."?1m"?\.energy FROM "?powermonitor_500-x"?\.raw\.energy /,
    );
    await database.query(`DROP DATABASE "${names.INFLUX_DATABASE}"`);
    const refused = await bootstrap({ ...login, INFLUX_DATABASE: 'a"; DROP' });
    assert.equal(refused.status, 1);
    assert.match(refused.output, /^INFLUX_DATABASE or INFLUX_MEASUREMENT is a"; DROP: give a name of letters/);
  });

  it('takes the place of what an earlier version has set up, and keeps its points', async () => {
    await database.query(`CREATE RETENTION POLICY "1d" ON ${DATABASE} DURATION INF REPLICATION 1`);
    for (const name of ['powermonitor_500_1d', 'powermonitor_500_kpi_1d']) {
      await database.query(
        `CREATE CONTINUOUS QUERY "${name}" ON ${DATABASE} BEGIN SELECT mean(a) INTO "1d".b FROM c GROUP BY time(1d) END`,
      );
    }
    assert.equal((await bootstrap(login)).status, 0);
    const queries = JSON.stringify(await database.query('SHOW CONTINUOUS QUERIES'));
    assert.ok(!queries.includes('_1d"'), queries.slice(0, 500));
    assert.match(JSON.stringify(await database.query(`SHOW RETENTION POLICIES ON ${DATABASE}`)), /"1d"/);
  });

  it('is not said to be ready when it is not: one sentence says what to do', async () => {
    const refused = async (variables: Readonly<Record<string, string>>, sentence: RegExp): Promise<void> => {
      const { status, output } = await bootstrap(variables);
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
      if (variables['INFLUX_PASSWORD'] !== undefined) assert.ok(!output.includes(variables['INFLUX_PASSWORD']));
    };
    await database.query(`DROP DATABASE ${DATABASE}`);
    await database.query(`CREATE USER reader WITH PASSWORD 'reader password'`);
    const { INFLUX_URL: url = '' } = login;
    await refused({ ...login, INFLUX_PASSWORD: 'wrong' }, /refuses the login: set INFLUX_USER and INFLUX_PASSWORD/);
    await refused({ INFLUX_URL: url }, /refuses the login: set INFLUX_USER and INFLUX_PASSWORD/);
    await refused({ ...login, INFLUX_USER: 'reader', INFLUX_PASSWORD: 'reader password' }, /reader may not set up/);
    await refused({ ...login, INFLUX_PASSWORD: 'line\nbreak' }, /has a line break/);
    await refused({ ...login, INFLUX_USER: 'a:b' }, /has a colon/);
    await refused({ INFLUX_URL: url, INFLUX_PASSWORD: 'alone' }, /INFLUX_USER is not: set both/);
    await refused({ ...login, TARIFF_PERIODS: 'peak "; DROP' }, /TARIFF_PERIODS has/);
    for (const wrong of ['raw', 'raw=', 'hour=3d', 'raw=60', '1m=0d', 'raw=6d0d', 'raw=INFd', 'raw=1d;x'])
      await refused(
        { ...login, INFLUX_KEEP: wrong },
        /^INFLUX_KEEP has .*: give tiers of raw, 1m, 15m, day, month and/,
      );
    await refused(
      { ...login, INFLUX_KEEP: 'raw=60d,1m=3d' },
      /^INFLUX_KEEP has 1m=3d: InfluxDB drops 1m in pieces of 7 days, so give 7d or more/,
    );
    await refused({ ...login, INFLUX_WAIT_SECONDS: 'long' }, /give a whole number of seconds/);
    await refused({ ...login, INFLUX_URL: 'http://127.0.0.1:1' }, /does not answer within 0 s .*: start it, or check/);
    await refused({ ...login, INFLUX_URL: 'http://nobody.invalid:8086' }, /cannot be asked .*: check INFLUX_URL/);
    for (const [version, sentence] of [
      ['v2.7.1', /InfluxDB 2\.7\.1: use bootstrap-v2\.sh/],
      ['3.1.0', /InfluxDB 3\.1\.0: use the queries in v3/],
      ['0.13.0', /which this was not made for: use InfluxDB 1\.6/],
      ['', /another program has this port/],
    ] as const) {
      const other = await impostor(version === '' ? {} : { 'X-Influxdb-Version': version });
      await refused({ ...login, INFLUX_URL: other.url }, sentence);
      other.server.close();
    }
    const databases = JSON.stringify(await database.query('SHOW DATABASES'));
    assert.ok(!databases.includes(DATABASE), 'nothing is half made');
  });

  it('waits for a server that is starting', async () => {
    await database.halt();
    const waiting = bootstrap({ ...login, INFLUX_WAIT_SECONDS: '60' });
    await database.resume();
    const { status, output } = await waiting;
    assert.equal(status, 0, output);
    assert.match(output, /is ready/);
  });
});
