import type { Node, NodeMessage } from 'node-red';
import { jsonataMapping } from '../nodes/pm500-normalize/mapping/jsonata-mapping';
import { evaluate } from '../nodes/pm500-normalize/mapping/mapping-evaluation';
import { normalizeReading } from '../src/domain/quality/normalize';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { FakeNode, FakeRed } from '../testkit/node-red/fake-red';
import { percentile } from './measure';
import { formatCount, type BenchLine } from './report';

/** One field of a telemetry, and all of them: what the way costs, and what JSONata does. */
const MAPPINGS = {
  'of one value': 'payload.metrics.voltage_l1_n.value',
  'of all values': 'payload.metrics.$each(function($sample, $name) { {"name": $name, "value": $sample.value} })',
};
/** Messages that come together, as from a fleet. */
const TOGETHER = 500;
const ROUNDS = 3;
const ROUND_MS = 1000;
const ALONE = 300;

type Run = (message: NodeMessage) => Promise<unknown>;

/** Messages per second while `TOGETHER` are on their way at a time. */
async function rateOf(run: Run, message: NodeMessage): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  let elapsedMs = 0;
  do {
    await Promise.all(Array.from({ length: TOGETHER }, () => run(message)));
    count += TOGETHER;
    elapsedMs = performance.now() - startedAt;
  } while (elapsedMs < ROUND_MS);
  return (count / elapsedMs) * 1000;
}

/** The best of some rounds each, which take turns. */
async function bestRates(runs: readonly Run[], message: NodeMessage): Promise<readonly number[]> {
  const best = runs.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [place, run] of runs.entries()) best[place] = Math.max(best[place]!, await rateOf(run, message));
  }
  return best;
}

/** Milliseconds from a message to its result, one after the other. */
async function delaysOf(run: Run, message: NodeMessage): Promise<readonly number[]> {
  const delays: number[] = [];
  for (let index = 0; index < ALONE; index++) {
    const startedAt = performance.now();
    await run(message);
    delays.push(performance.now() - startedAt);
  }
  return delays;
}

async function benchOne(what: string, text: string, message: NodeMessage): Promise<readonly BenchLine[]> {
  const red = new FakeRed().api;
  const node = new FakeNode('pm500-normalize');
  const ours = jsonataMapping(red, node as unknown as Node, text);
  const expression = red.util.prepareJSONataExpression(text, node as unknown as Node);
  const direct: Run = (given) => evaluate(red.util, expression, given);
  // Starts the process.
  await ours(message);
  const delays = await delaysOf(ours, message);
  const [oursRate = 0, directRate = 0] = await bestRates([ours, direct], message);
  await node.close();
  return [
    {
      what: `JSONata mapping ${what} of a telemetry, messages/s`,
      value: formatCount(oursRate),
      ratio: oursRate / directRate,
      peer: "JSONata in Node-RED's own process",
      note: `${formatCount(directRate)}, where a hostile expression holds all flows`,
    },
    {
      what: '  one message at a time, p99',
      value: `${percentile(delays, 0.99).toFixed(2)} ms`,
      note: `p50 ${percentile(delays, 0.5).toFixed(2)} ms`,
    },
  ];
}

/** A user's own JSONata in its process, beside the same in the process of Node-RED as its own nodes run it. */
export async function benchMapping(): Promise<BenchLine[]> {
  const telemetry = normalizeReading(sampleReading([101, 102, 107, 108], seededRandom(3)));
  const message: NodeMessage = { _msgid: 'bench', payload: telemetry };
  const lines: BenchLine[] = [];
  for (const [what, text] of Object.entries(MAPPINGS)) lines.push(...(await benchOne(what, text, message)));
  return lines;
}
