/** `npx tsx tools/sizing/main.ts` writes docs/sizing.md, of what a bench measured and of the model of a database's size. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bytesAfter, tierSizes } from '../../src/influx/tiers/size';
import { bytesText, usualMeter } from '../influxdb/size-page';
import { table } from '../markdown';
import { MEASURED } from './measured';

export const SIZING_PAGE = resolve(__dirname, '../../docs/sizing.md');

/** One line that takes the processor as this package does: objects made, written as text, and read again. */
const LOOP = `node -e 'const t = process.cpuUsage(); for (let i = 0; i < 1e6; i++) JSON.parse(JSON.stringify({ a: i, b: [i, i / 3], c: "x" + i })); console.log(Math.round(process.cpuUsage(t).user / 1000), "ms")'`;
/** An assumption, said as one: a core of a small board. */
const SLOWER = 4;
const METERS = [1, 10, 50, 200, 500] as const;
const EVERY_SECONDS = [1, 10, 60] as const;
/** Above this one process has no room for an outage that drains, a garbage collection, a busy editor. */
const MOST_SHARE = 0.6;
const MONTH_DAYS = 30;
const OUTAGE_HOURS = [1, 24, 72] as const;
const HOUR_S = 3600;
const GB = 1e9;

const every = (seconds: number): string => (seconds === 60 ? 'minute' : seconds === 1 ? 'second' : `${seconds} s`);

/** Processor time of a cycle, ms: of the measured site whose interval is the longest that is no longer than this one. */
function cycleMs(seconds: number): number {
  const known = MEASURED.sites.filter(({ everySeconds }) => everySeconds <= seconds);
  const longest = Math.max(...known.map(({ everySeconds }) => everySeconds));
  return Math.max(...known.filter(({ everySeconds }) => everySeconds === longest).map(({ cycleMs: each }) => each));
}

/** Share of a core. */
export function shareOf(meters: number, seconds: number, slower = 1): number {
  return (slower * meters * cycleMs(seconds)) / 1000 / seconds;
}

function shareText(share: number): string {
  const percent = 100 * share;
  if (percent < 0.1) return 'below 0.1 %';
  const text = percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0);
  return share > MOST_SHARE ? `**${text} %**` : `${text} %`;
}

function coresTable(): string {
  return table(
    ['meters', ...EVERY_SECONDS.flatMap((seconds) => [`each ${every(seconds)}: small PC`, 'small board'])],
    METERS.map((meters) => [
      String(meters),
      ...EVERY_SECONDS.flatMap((seconds) => [
        shareText(shareOf(meters, seconds)),
        shareText(shareOf(meters, seconds, SLOWER)),
      ]),
    ]),
  );
}

/** Two digits are as much as such a figure is worth. */
const hoursText = (hours: number): string => String(Number(hours.toPrecision(2)));

function outboxTable(): string {
  const { waitingBytes } = MEASURED;
  return table(
    ['read every', 'hours of one meter in a GB', ...OUTAGE_HOURS.map((hours) => `50 meters, ${hours} h`)],
    EVERY_SECONDS.map((seconds) => {
      const perHour = (waitingBytes * HOUR_S) / seconds;
      return [every(seconds), hoursText(GB / perHour), ...OUTAGE_HOURS.map((hours) => bytesText(50 * hours * perHour))];
    }),
  );
}

/** The page about how large a computer a site needs. */
export function sizingPage(): string {
  const { on, computer, loopMs, sites } = MEASURED;
  return `# How large a computer?

Made by \`npx tsx tools/sizing/main.ts\`; do not edit. **Measured** on ${on} with \`npm run bench -- site\` on
${computer}: the first
table, and the row of a second in the last one. **A small board was not at hand**: its columns say what a core takes that is ${SLOWER} times as slow. What the
database takes comes from a [model](database-size.md) that a test holds to a real InfluxDB.

## Processor and memory

A site in one Node-RED: reading, KPIs, the default alarms, and InfluxDB with its outbox on disk. Sparkplug was not
in this run: \`npm run bench -- site\` in a clone has it, and says what your computer takes.

${table(
  ['meters', 'groups', 'read every', 'processor time of a meter and cycle', 'share of a core', 'memory of Node-RED'],
  sites.map(({ meters, groups, everySeconds, cycleMs: each, megabytes }) => [
    String(meters),
    String(groups),
    every(everySeconds),
    `${each.toFixed(1)} ms`,
    shareText((meters * each) / 1000 / everySeconds),
    `${megabytes} MB`,
  ]),
)}

What that makes of one core, for all six groups at a second, real-time values and energies beyond (intervals longer than those above count as the longest of them):

${coresTable()}

Bold is more than one process should take: an outage that drains, dashboards and the editor need room, too. Then read less
often, group by group ([schedules](fleet.md#schedules)), or divide the list among [several Node-RED](fleet.md#several-node-red-instances).

How fast is yours? This takes ${loopMs} ms there; yours by that is how many times as slow it is:

\`\`\`sh
${LOOP}
\`\`\`

## Disk of the database

InfluxDB 1 with the tiers as they are set, for each meter; more in [how much disk a database takes](database-size.md).

${table(
  ['read every', 'raw points, a month', 'all tiers after a year', 'after ten years'],
  EVERY_SECONDS.map((seconds) => {
    const sizes = tierSizes(usualMeter(seconds));
    const raw = sizes.filter(({ tier }) => tier === 'raw').reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0);
    return [
      every(seconds),
      bytesText(MONTH_DAYS * raw),
      bytesText(bytesAfter(sizes, 365)),
      bytesText(bytesAfter(sizes, 3650)),
    ];
  }),
)}

## Disk for outages

What waits for a database that is away, of real-time values, energies, KPIs and alarms; longer intervals are worked out from one of
a second:

${outboxTable()}

\`influx-target\` keeps 1000 MB, and the oldest points go first beyond: set _Megabytes_ to what your longest outage takes.
\`sparkplug-edge\` sizes its store by hours (72), bounded by a quarter of the free disk, takes some 430 bytes for a reading of 30
metrics, and [says how long it lasts](sparkplug.md). An SD card wears by writing: take an SSD, or longer intervals.
`;
}

if (require.main === module) writeFileSync(SIZING_PAGE, sizingPage());
