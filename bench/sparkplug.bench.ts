import { get } from 'sparkplug-payload';
import { normalizeReading } from '../src/domain/normalize';
import { encodePayload, type Metric, type Payload } from '../src/sparkplug/payload';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../test/support/readings';
import { measureRate } from './measure';
import { formatCount, type BenchLine } from './report';

const MESSAGES_PER_ROUND = 500;

/** A DDATA of 30 real-time metrics by alias; the peer is `sparkplug-payload` with the same content. */
export function benchSparkplug(): BenchLine[] {
  const telemetry = normalizeReading(sampleReading([101, 102], seededRandom(8)));
  const metrics: Metric[] = Object.values(telemetry.metrics).map((sample, index) => ({
    alias: index + 1,
    type: 'Float',
    value: sample.value,
    timestamp: sample.timestamp,
  }));
  const payload: Payload = { timestamp: telemetry.timestamp, seq: 7, metrics };
  const peerCodec = get('spBv1.0')!;
  const peerPayload = payload as unknown as Parameters<typeof peerCodec.encodePayload>[0];

  const ours = measureRate(() => {
    for (let index = 0; index < MESSAGES_PER_ROUND; index++) encodePayload(payload);
    return MESSAGES_PER_ROUND * metrics.length;
  });
  const peer = measureRate(() => {
    for (let index = 0; index < MESSAGES_PER_ROUND; index++) peerCodec.encodePayload(peerPayload);
    return MESSAGES_PER_ROUND * metrics.length;
  });
  return [
    {
      what: `Sparkplug encode, metrics/s (DDATA of ${metrics.length})`,
      value: formatCount(ours.perSecond),
      ratio: ours.perSecond / peer.perSecond,
      peer: 'sparkplug-payload',
      note: `${encodePayload(payload).length} bytes per message, peer ${peerCodec.encodePayload(peerPayload).length}`,
    },
  ];
}
