import { workingLayout } from '../src/domain/codec/built-in-layouts';
import { READING } from '../src/domain/messages/reading';
import { decodeBlock } from '../src/domain/codec/decode';
import { ReportByException } from '../src/domain/reporting/deadband';
import { encodeBlock } from '../src/domain/codec/encode';
import { normalizeReading } from '../src/domain/quality/normalize';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { benchKpis } from './kpi-cost';
import { measureRate } from './measure';
import { formatCount, type BenchLine } from './report';
import { benchWholeNormalizer } from './whole-normalizer';
import { PM500 } from '../src/meters/pm500';

const READINGS_PER_ROUND = 200;

/** Decode of all nine assemblies, then normalize; the peer is JSON.parse of the same telemetry, the least a flow pays. */
export function benchNormalize(): BenchLine[] {
  const template = sampleReading([...workingLayout(PM500).blocks.keys()], seededRandom(9));
  const raw = template.blocks.map((block) => {
    const plan = workingLayout(PM500).blocks.get(block.assembly!)!;
    return { plan, block, bytes: encodeBlock(plan, block.values) };
  });
  const metricCount = raw.reduce((sum, { plan }) => sum + plan.rows.length, 0);
  const run = (): unknown => {
    const blocks = raw.map(({ plan, block, bytes }) => ({ ...block, ...decodeBlock(plan, bytes) }));
    return normalizeReading(READING.parse({ ...template, blocks }));
  };
  const report = new ReportByException();
  let nowMs = template.timestamp;
  const runReport = (): unknown => {
    const blocks = raw.map(({ plan, block, bytes }) => ({ ...block, ...decodeBlock(plan, bytes) }));
    return report.filter(normalizeReading({ ...template, blocks }), (nowMs += 1000));
  };
  const reported = measureRate(() => {
    for (let index = 0; index < READINGS_PER_ROUND; index++) runReport();
    return READINGS_PER_ROUND * metricCount;
  });
  const ours = measureRate(() => {
    for (let index = 0; index < READINGS_PER_ROUND; index++) run();
    return READINGS_PER_ROUND * metricCount;
  });
  const json = JSON.stringify(run());
  const peer = measureRate(() => {
    for (let index = 0; index < READINGS_PER_ROUND; index++) JSON.parse(json);
    return READINGS_PER_ROUND * metricCount;
  });
  return [
    {
      what: 'decode + check + normalize, metric values/s',
      value: formatCount(ours.perSecond),
      ratio: ours.perSecond / peer.perSecond,
      peer: 'JSON.parse of the telemetry',
      note: `${formatCount(ours.bytesPerUnit * metricCount)} bytes allocated per reading of ${metricCount} values`,
    },
    {
      what: 'decode + normalize + deadband, metric values/s',
      value: formatCount(reported.perSecond),
      ratio: reported.perSecond / peer.perSecond,
      peer: 'JSON.parse of the telemetry',
      note: `${formatCount(reported.bytesPerUnit * metricCount)} bytes allocated per reading; to reach: 4 M/s, 16 k`,
    },
    ...benchWholeNormalizer(),
    ...benchKpis(),
  ];
}
