/**
 * What `npm run bench -- site` measured, to be written here after a run: a whole site in one Node-RED, with the KPIs that need
 * no own data, the default alarms, and InfluxDB with its outbox on disk.
 */
export interface MeasuredSite {
  readonly meters: number;
  readonly groups: number;
  readonly everySeconds: number;
  /** Processor time for each meter and cycle, ms. */
  readonly cycleMs: number;
  /** Resident memory of Node-RED, MB. */
  readonly megabytes: number;
}

export const MEASURED = {
  on: '2026-11-27',
  /** As /proc/cpuinfo and Node.js say it. */
  computer: 'a virtual machine with two cores of an AMD EPYC, Node.js 20.20, which other work kept more than busy',
  /** What the loop of the page takes there, ms. */
  loopMs: 2100,
  sites: [
    { meters: 50, groups: 2, everySeconds: 1, cycleMs: 2.78, megabytes: 172 },
    { meters: 50, groups: 6, everySeconds: 1, cycleMs: 3.05, megabytes: 173 },
    { meters: 200, groups: 2, everySeconds: 10, cycleMs: 4.98, megabytes: 193 },
  ] as readonly MeasuredSite[],
  /** What waits for InfluxDB of one meter that is read each second, bytes a second. */
  waitingBytes: 2176,
} as const;
