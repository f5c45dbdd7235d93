import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { seededRandom } from '../../../src/support/random';
import { AwsIotDouble } from '../../../testkit/aws-iot/broker';
import { RecordedPlant } from '../../../testkit/meters/plant-readings';
import { ROOT } from '../../../testkit/root';
import { waitFor } from '../../../testkit/wait';
import records from '../lake/records.json';
import type { LakeTable } from '../lambda/row';
import { ParquetLake } from './parquet-lake';

/** PM500_SEED repeats the moments of a run; its title tells them. */
const SEED = Number(process.env['PM500_SEED'] ?? Date.now() % 1_000_000);
const LIVES = 5;
const START = Date.UTC(2026, 0, 5);

describe('a meter into Parquet, through kills of the edge and ends of the cloud', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'pm500-kill-lake-'));
  // Who is killed and starts again connects sooner than AWS lets it, which costs a try.
  const double = new AwsIotDouble();
  const random = seededRandom(SEED);
  const accepted: number[] = [];
  let edge: ChildProcess | undefined;
  let isEmpty = false;

  before(async () => {
    await double.start();
    const key = makeKey();
    const certificate = double.services.account.issue(makeRequest(key, 'mill-1'));
    Object.assign(certificate, { status: 'ACTIVE', thing: 'mill-1', policies: new Set(['pm500-edge']) });
    const files = { 'certificate.pem': certificate.pem, 'key.pem': key, 'ca.pem': double.ca };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  });
  after(async () => {
    edge?.kill('SIGKILL');
    await double.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function kill(): Promise<void> {
    const ended = edge === undefined ? undefined : once(edge, 'close');
    edge?.kill('SIGKILL');
    await ended;
  }

  function live(port: number, count: number): void {
    isEmpty = false;
    const program = join(ROOT, 'testkit/mqtt/iot-edge-process.ts');
    const from = (accepted.at(-1) ?? -1) + 1;
    const options = [folder, String(port), String(START), String(from + 1), String(count)];
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', program, ...options], { cwd: ROOT });
    child.stderr.pipe(process.stderr);
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'empty') isEmpty = true;
      else accepted.push(Number(line.replace('accepted ', '')));
    });
    edge = child;
  }

  it(`loses no accepted reading, and has none twice by its key, after ${LIVES} kills (PM500_SEED=${SEED})`, async () => {
    const { port } = double;
    for (let life = 0; life < LIVES; life++) {
      const [before, sent] = [accepted.length, double.messages.length];
      live(port, 1_000_000);
      const more = 20 + Math.floor(random() * 100);
      await waitFor('accepted readings', () => accepted.length > before + more, { timeoutMs: 60_000 });
      // In every other life the cloud goes away, too, and comes back at its port; in one nothing is acknowledged.
      if (life % 2 === 1) {
        await double.stop();
        await waitFor('more of them', () => accepted.length > before + 2 * more, { timeoutMs: 60_000 });
        await double.start(port);
      } else await waitFor('messages', () => double.messages.length > sent, { timeoutMs: 60_000 });
      double.acknowledges = life !== 2;
      await kill();
      double.acknowledges = true;
    }
    live(port, 0);
    await waitFor('the end of what waits', () => isEmpty, { timeoutMs: 90_000 });
    await kill();
    assert.deepEqual(
      double.violations.filter(({ rule }) => rule !== 'connect-rate'),
      [],
    );

    const lake = await ParquetLake.open();
    try {
      const rows = double.messages.flatMap(({ payload }) => {
        const message = JSON.parse(payload) as { readonly records?: readonly unknown[] };
        return message.records ?? [message];
      });
      assert.deepEqual(await lake.deliver(rows, records as LakeTable), []);
      await lake.ready();
      const once = `SELECT DISTINCT site, meter, time_ms, sequence, part, active_energy_import_total AS wh FROM pm500.records`;
      const found = await lake.query(`SELECT time_ms, wh FROM (${once}) AS records_once ORDER BY time_ms`);
      const plant = new RecordedPlant(START);
      const said = new Map(found.map(({ time_ms: at, wh }) => [(Number(at) - START) / 1000, Math.round(Number(wh))]));
      assert.equal(said.size, found.length, 'a reading has one row by its key');
      assert.deepEqual(
        accepted.filter((number) => !said.has(number)),
        [],
        'accepted, and not in the lake',
      );
      for (const [number, wh] of said)
        assert.equal(wh, Math.round(plant.energyAt(START + number * 1000)), String(number));
      // One whose end nobody was told of may be there as well, at each kill.
      assert.ok(found.length - accepted.length <= LIVES, `${found.length - accepted.length} more`);
      assert.ok(accepted.length > LIVES * 20);
    } finally {
      lake.close();
    }
  });
});
