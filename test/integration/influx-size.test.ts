import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { DEFAULT_MEASUREMENT } from '../../src/influx/mapping';
import { LineMapper } from '../../src/influx/line-mapper';
import { DATABASE, tierNamed } from '../../src/influx/tiers/plan';
import { tierSize } from '../../src/influx/tiers/size';
import { PM500 } from '../../src/meters/pm500';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { METRICS_DATABASE, usualMeter } from '../../tools/influxdb/size-page';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { runHere } from '../cli/run-command';
import { PlantMeter } from '../../testkit/meters/plant-meter';

const DAY_MS = 86_400_000;
const DAYS = 2;
const EVERY_SECONDS = 30;
const BATCH = 3000;
/** A model of the size of compressed values is no exact thing. */
const TOLERANCE = 0.15;
const PATIENCE = { timeoutMs: 120_000, everyMs: 500 };

interface FileEntry {
  /** Path below the folder that was asked for. */
  readonly path: string;
  readonly bytes: number;
}

/** The files in a folder and below. A server that is at work may take one away meanwhile. */
function filesIn(folder: string): readonly FileEntry[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const entry = statSync(join(folder, path), { throwIfNoEntry: false });
    return entry?.isFile() === true ? [{ path, bytes: entry.size }] : [];
  });
}

/** Bytes of the files of a tier, once each shard is one file and its log is empty; undefined before. */
function compactedBytes(folder: string, logs: string): number | undefined {
  if (filesIn(logs).some(({ bytes }) => bytes > 0)) return undefined;
  const files = filesIn(folder).filter(({ path }) => path.endsWith('.tsm'));
  if (files.length === 0 || files.length !== readdirSync(folder).length) return undefined;
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('the size model of the tiers, against a real InfluxDB 1 with days of the recorded plant', function () {
  this.timeout(300_000);
  const metricsFolder = temporaryFolder('metrics-size');
  let database: InfluxDb;
  let metrics: VictoriaMetrics;

  before(async () => {
    database = await startInfluxDb({ compacts: true });
    metrics = await startVictoriaMetrics({ folder: metricsFolder });
    const env = { ...process.env, INFLUX_URL: database.url };
    const { status, stderr } = spawnSync('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const endMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const startMs = endMs - DAYS * DAY_MS;
    const plant = new PlantMeter('m1', { startMs });
    const mapper = new LineMapper();
    const settings = { model: PM500, energyDeltas: true, alarmRules: [], kpis: DEFAULT_KPI_SETTINGS };
    let normalizer: Normalizer | undefined;
    let lines: string[] = [];
    const flush = async (): Promise<void> => {
      const body = lines.join('\n');
      lines = [];
      for (const { url } of [database, metrics]) {
        const response = await fetch(`${url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body });
        assert.equal(response.status, 204, await response.text());
      }
    };
    for (let timestamp = startMs; timestamp < endMs; timestamp += 1000 * EVERY_SECONDS) {
      const reading = plant.read(timestamp);
      normalizer ??= new Normalizer(settings, reading.meter);
      const { telemetry } = normalizer.accept(reading, timestamp, timestamp);
      assert.ok(telemetry);
      lines.push(...mapper.map(telemetry, { influxMeasurement: DEFAULT_MEASUREMENT, timestamp }).lines);
      if (lines.length > BATCH) await flush();
    }
    await flush();
    const { code, stderr: said } = await runHere('influx', 'rollup', '--url', database.url, '--days', String(DAYS));
    assert.equal(code, 0, said);
  });

  after(() => Promise.all([database.stop(), metrics.stop()]));

  it('has every tier within 15 %', async () => {
    const meter = usualMeter(EVERY_SECONDS);
    const found: string[] = [];
    for (const name of ['raw', '1m', '15m']) {
      const folder = join(database.filesOf(DATABASE), name);
      const logs = join(database.logsOf(DATABASE), name);
      const bytes = await waitFor(`the files of ${name}`, () => compactedBytes(folder, logs), PATIENCE);
      // Few days fill no file of the tier: its index is there all the same.
      const shardDays = DAYS / readdirSync(folder).length;
      const expected = DAYS * tierSize({ ...tierNamed(name), shardDays }, meter).bytesPerDay;
      found.push(`${name} ${bytes} bytes, the model ${Math.round(expected)}`);
      assert.ok(Math.abs(bytes - expected) <= TOLERANCE * bytes, found.at(-1));
    }
    console.log(`      ${found.join('; ')}`);
  });

  it('and the database of alerts, which gets every value, takes what the page of sizes says of it', async () => {
    for (const step of ['force_flush', 'force_merge'])
      assert.equal((await fetch(`${metrics.url}/internal/${step}`)).status, 200);
    const isMerged = async (): Promise<boolean> =>
      /^vm_active_force_merges 0$/m.test(await (await fetch(`${metrics.url}/metrics`)).text());
    const sizeNow = (): number => filesIn(join(metricsFolder, 'data')).reduce((sum, entry) => sum + entry.bytes, 0);
    // It has answered before it begins: it is over where nothing changes any more.
    let bytes = 0;
    await waitFor(
      'merged files',
      async () => {
        const [isOver, before] = [await isMerged(), bytes];
        bytes = sizeNow();
        return isOver && bytes === before;
      },
      PATIENCE,
    );
    const { valuesPerDay } = tierSize(tierNamed('raw'), usualMeter(EVERY_SECONDS));
    const expected = DAYS * valuesPerDay * METRICS_DATABASE.bytesPerValue;
    const found = `${bytes} bytes, the page ${Math.round(expected)}`;
    assert.ok(Math.abs(bytes - expected) <= TOLERANCE * bytes, found);
    console.log(`      ${found}`);
  });
});
