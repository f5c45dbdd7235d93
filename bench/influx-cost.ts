import { startVictoriaMetrics } from '../testkit/servers/victoria-metrics';
import { runCost } from './influx-child';
import type { CostReport } from './influx-process';
import { WAYS, type Way } from './influx-ways';
import type { BenchLine } from './report';

const WARM_UP_POINTS = 20_000;
const POINTS = 40_000;
const RUN_MS = 180_000;

const COMPARED = ['ours', 'writeApi'] as const satisfies readonly Way[];

/**
 * The main row alone, both ways in turns: what the same number of points costs. Where other work takes the computer, its
 * CPU time still tells; its wall clock does not.
 */
export async function benchInfluxCost(folder: string, rounds: number): Promise<readonly BenchLine[]> {
  const database = await startVictoriaMetrics();
  const reports: Record<(typeof COMPARED)[number], CostReport[]> = { ours: [], writeApi: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const way of round % 2 === 0 ? COMPARED : COMPARED.toReversed()) {
        const run = `cost-${way}-${round}`;
        const where = {
          way,
          run,
          url: database.url,
          api: 'v2',
          folder: `${folder}/${run}`,
          epoch: Date.now(),
        } as const;
        const job = { ...where, kind: 'cost', warmUpPoints: WARM_UP_POINTS, points: POINTS } as const;
        reports[way].push(await runCost(job, RUN_MS));
      }
    }
  } finally {
    await database.stop();
  }
  const row = (what: string, of: (report: CostReport) => number): BenchLine => {
    const [ours, peer] = COMPARED.map((way) => median(reports[way].map(of)));
    return {
      what,
      value: `${ours?.toFixed(1)} us`,
      ratio: (peer ?? NaN) / (ours ?? NaN),
      peer: WAYS.writeApi,
      note: `${peer?.toFixed(1)} us; medians of ${rounds} runs of ${POINTS} points`,
    };
  };
  return [
    row(`${WAYS.ours}, CPU of a point`, ({ cpuSeconds }) => (cpuSeconds / POINTS) * 1e6),
    row('  wall clock of a point', ({ seconds }) => (seconds / POINTS) * 1e6),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}
