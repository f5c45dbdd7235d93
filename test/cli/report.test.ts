import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlow } from '../../testkit/node-red/reference-flows';
import { ROOT } from '../../testkit/root';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { runHere } from './run-command';

describe('pm500 report --unless-there', () => {
  const folder = temporaryFolder('report');
  const page = join(folder, 'pm500-all-2026-09.en.html');
  const END = Date.parse('2026-10-01T00:00:00+02:00');
  // Nobody listens there, so that a report that is made says so.
  const options = [
    '--url',
    'http://127.0.0.1:9',
    '--of',
    '2026-09',
    '--time-zone',
    'Europe/Berlin',
    '--folder',
    folder,
  ];
  const madeAt = async (timeMs: number): Promise<string> => {
    writeFileSync(page, 'a page');
    utimesSync(page, timeMs / 1000, timeMs / 1000);
    const { stderr } = await runHere('report', 'month', '--unless-there', ...options);
    return stderr;
  };

  it('leaves a page of the whole period as it is', async () => {
    assert.equal(await madeAt(END + 3_600_000), '');
    assert.equal(readFileSync(page, 'utf8'), 'a page');
  });

  it('makes anew what was made before the period was over', async () => {
    assert.match(await madeAt(END - 15 * 86_400_000), /InfluxDB at http:\/\/127\.0\.0\.1:9 does not answer/);
    assert.match(await madeAt(END + 60_000), /does not answer/);
  });
});

describe('the file of a report', () => {
  const folder = temporaryFolder('report-names');
  const options = ['--url', 'http://127.0.0.1:9', '--of', '2026-09', '--folder', folder];
  const isThere = async (...subject: readonly string[]): Promise<boolean> => {
    const { code } = await runHere('report', 'month', '--unless-there', ...options, ...subject);
    return code === 0;
  };

  it('is one of its own for each meter, list of meters and site', async () => {
    for (const name of ['all', 'Hall-1', 'meters', 'meters-a', 'site-A-B', 'Hall-1-0a1b2c3d'])
      writeFileSync(join(folder, `pm500-${name}-2026-09.en.html`), 'a page');
    assert.equal(await isThere('--meter', 'Hall-1'), true);
    assert.equal(await isThere('--site', 'A-B'), true);
    assert.equal(await isThere(), true);
    assert.equal(await isThere('--meter', 'all'), false);
    assert.equal(await isThere('--meter', 'ALL'), false);
    assert.equal(await isThere('--meter', 'site-A-B'), false);
    assert.equal(await isThere('--meter', 'A-B'), false);
    assert.equal(await isThere('--meter', 'Hall-1-0a1b2c3d'), false);
    assert.equal(await isThere('--meter', 'meters'), true);
    assert.equal(await isThere('--meter', 'Hall 1'), false);
    assert.equal(await isThere('--meter', 'A/B'), false);
    assert.equal(await isThere('--meter', 'A', '--meter', 'B'), false);
    assert.equal(await isThere('--meter', '../../etc/passwd'), false);
  });

  it('is the same for the same list, in whatever order', async () => {
    const sum = createHash('sha256').update('["A","B"]').digest('hex').slice(0, 8);
    writeFileSync(join(folder, `pm500-meters-${sum}-2026-09.en.html`), 'a page');
    assert.equal(await isThere('--meter', 'B', '--meter', 'A', '--meter', 'B'), true);
    assert.equal(await isThere('--meter', 'A', '--meter', 'C'), false);
  });
});

describe('what a person gives to pm500 report', () => {
  const folder = temporaryFolder('report-inputs');
  const options = ['--csv', join(ROOT, 'data/steel-plant-2018.csv'), '--csv-zone', 'Europe/Berlin', '--of', '2018-03'];
  const tariff = join(folder, 'tariff.json');
  const madeIn = (place: string, ...more: readonly string[]): ReturnType<typeof runHere> =>
    runHere('report', 'month', ...options, '--folder', place, ...more);

  it('is a tariff that an editor of Windows has saved, with the mark of UTF-8', async () => {
    const calendar = { timeZone: 'Europe/Berlin', periods: [{ name: 'one', pricePerKwh: 0.2 }], otherwise: 'one' };
    writeFileSync(tariff, `\uFEFF${JSON.stringify(calendar)}`);
    const { code, stderr } = await madeIn(folder, '--tariff', tariff);
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('is no tariff where it is a pipe, on which the command would wait without end', async () => {
    const pipe = join(folder, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    const { code, stderr } = await madeIn(folder, '--tariff', pipe);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^The tariff in \S+ cannot be read \(it is no regular file\); correct --tariff, or the file\.\n$/,
    );
  });

  it('is a folder that takes no file: the option that names it is told', async () => {
    // A folder stands where the page would be written first.
    mkdirSync(join(folder, 'full', 'pm500-csv-steel-plant-2018-2018-03.en.html.new', 'kept'), { recursive: true });
    const { code, stderr } = await madeIn(join(folder, 'full'));
    assert.equal(code, 2);
    assert.match(stderr, /^The report cannot be written to \S+ \(.*\); correct --folder\.\n$/);
  });
});

describe('reports that are filed by themselves', () => {
  const minuteOf = (hours = '', minutes = ''): number => Number(hours) * 60 + Number(minutes);

  it('come after the roll-up of the night, with all that it may be late', () => {
    const unit = readFileSync(join(ROOT, 'deploy/systemd/pm500-rollup.timer'), 'utf8');
    const [, hours, minutes] = /^OnCalendar=\*-\*-\* (\d\d):(\d\d):00$/m.exec(unit) ?? [];
    const spreadSeconds = Number(/^RandomizedDelaySec=(\d+)$/m.exec(unit)?.[1]);
    const rolledUp = minuteOf(hours, minutes) + spreadSeconds / 60;
    assert.ok(rolledUp > 0);
    const morning = readFlow('flows', 'monthly-report.json').find(({ type }) => type === 'inject');
    const [, atMinute, atHour] = /^(\d\d) (\d\d) \* \* \*$/.exec(String(morning?.['crontab'])) ?? [];
    assert.ok(minuteOf(atHour, atMinute) >= rolledUp + 30, 'flow');
    const guide = readFileSync(join(ROOT, 'docs/report.md'), 'utf8');
    const [, timerHours, timerMinutes] = /OnCalendar=\*-\*-\* (\d\d):(\d\d):00/.exec(guide) ?? [];
    assert.ok(minuteOf(timerHours, timerMinutes) >= rolledUp + 30, 'timer of the guide');
  });
});
