import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { csvReport } from '../../testkit/meters/csv-report';
import { ROOT } from '../../testkit/root';

const FILE = join(ROOT, 'data/steel-plant-2018.csv');
const TEXT = readFileSync(FILE, 'utf8');
const ZONE = 'Asia/Seoul';
const MONTHS = Array.from({ length: 12 }, (_, index) => `2018-${String(index + 1).padStart(2, '0')}`);

/** The same figures out of the same file by another language: sums, peak with its time, energy by price, the days. */
const AWK = `BEGIN { FS = "," }
substr($1, 1, 7) == month {
  e += $2; q += $3; x += $4; n += 1
  if ($2 > most) { most = $2; at = $1 }
  hour = substr($1, 12, 2) + 0
  if (hour >= 8 && hour < 20) day += $2; else night += $2
  days[substr($1, 9, 2)] += $2
  load[n] = $2
}
END {
  printf "%.6f %.6f %.6f %d %.6f %s %.6f %.6f", e, q, x, n, most, at, day, night
  for (d = 1; d <= 31; d += 1) { name = sprintf("%02d", d); if (name in days) printf " %.6f", days[name] }
}`;

function independent(month: string): {
  readonly numbers: readonly number[];
  readonly at: string;
  readonly days: readonly number[];
} {
  const words = execFileSync('awk', ['-v', `month=${month}`, AWK, FILE], { encoding: 'utf8' }).split(' ');
  const at = words[5] ?? '';
  return {
    numbers: [...words.slice(0, 5), ...words.slice(6, 8)].map(Number),
    at,
    days: words.slice(8).map(Number),
  };
}

const TARIFF = parseTariff({
  timeZone: ZONE,
  currency: 'KRW',
  periods: [
    { name: 'day', pricePerKwh: 150 },
    { name: 'night', pricePerKwh: 70 },
  ],
  otherwise: 'night',
  rules: [{ period: 'day', from: '08:00', to: '20:00' }],
});

const isNear = (found: number | undefined, expected: number, what: string): void => {
  assert.ok(
    Math.abs((found ?? Number.NaN) - expected) <= 1e-6 * Math.max(1, Math.abs(expected)),
    `${what}: ${String(found)}, not ${expected}`,
  );
};

describe('a report of each month out of the recorded year', function () {
  this.timeout(60_000);

  for (const month of MONTHS) {
    it(`has in ${month} the figures that awk has`, async () => {
      const { model } = await csvReport(TEXT, ZONE, month, { tariff: TARIFF, powerFactor: 0.95 });
      const [meter, none] = model.meters;
      const figures = meter?.figures;
      assert.ok(figures !== undefined && none === undefined);
      const { numbers, at, days } = independent(month);
      const [kwh = 0, kvarh = 0, leading = 0, rows = 0, most = 0, day = 0, night = 0] = numbers;
      assert.equal(rows, days.length * 96);
      isNear(figures.energies.activeImport, 1000 * kwh, 'active');
      isNear(figures.energies.reactiveImport, 1000 * kvarh, 'lagging');
      isNear(figures.energies.reactiveExport, 1000 * leading, 'leading');
      isNear(figures.peak?.watts, 4000 * most, 'peak');
      assert.equal(figures.peak?.endMs, Date.parse(`${at}:00+09:00`) + 900_000);
      isNear(figures.meanWatts, (4000 * kwh) / rows, 'mean');
      isNear(figures.loadFactor, (100 * kwh) / rows / most, 'load factor');
      isNear(figures.powerFactor, kwh / Math.sqrt(kwh * kwh + kvarh * kvarh), 'power factor');
      const tangent = Math.tan(Math.acos(0.95));
      isNear(figures.compensationVar, Math.max(0, (4000 * (kvarh - tangent * kwh)) / rows), 'compensation');
      assert.deepEqual([figures.coverage, figures.known, figures.absent], [100, 100, ['activeExport']]);
      isNear(figures.tariff?.levels[0]?.importKwh, day, 'day');
      isNear(figures.tariff?.levels[1]?.importKwh, night, 'night');
      isNear(figures.tariff?.cost, 150 * day + 70 * night, 'cost');
      assert.equal(meter?.days.length, days.length);
      meter.days.forEach(({ importKwh }, place) => {
        isNear(importKwh, days[place] ?? Number.NaN, `day ${place + 1}`);
      });
      const sorted = execFileSync(
        'sh',
        ['-c', `awk -F, -v m=${month} 'substr($1,1,7)==m {print 4000*$2}' "$0" | sort -rn`, FILE],
        { encoding: 'utf8' },
      );
      sorted
        .trim()
        .split('\n')
        .forEach((watts, place) => {
          isNear(meter.duration[place], Number(watts), `load duration ${place}`);
        });
      assert.deepEqual([meter.gaps, meter.notes, model.notes], [[], [], []]);
      const before = MONTHS[MONTHS.indexOf(month) - 1];
      if (before === undefined) assert.equal(meter.before, undefined);
      else isNear(meter.before?.energies.activeImport, 1000 * (independent(before).numbers[0] ?? 0), 'month before');
    });
  }
});
