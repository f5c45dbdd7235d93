import { get } from 'sparkplug-payload';
import { normalizeReading } from '../src/domain/quality/normalize';
import {
  BIRTH_FORM,
  DATA_FORM,
  encodePayload,
  type PayloadMetric,
  type Payload,
  type PayloadForm,
} from '../src/sparkplug/codec/payload';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { measureRate } from './measure';
import { formatCount, type BenchLine } from './report';

const MESSAGES_PER_ROUND = 500;

/**
 * 30 real-time metrics by alias: once byte for byte what `sparkplug-payload` makes of them, once as the DDATA that leaves
 * the edge node, which has no datatypes.
 */
export function benchSparkplug(): BenchLine[] {
  const telemetry = normalizeReading(sampleReading([101, 102], seededRandom(8)));
  const metrics: PayloadMetric[] = Object.values(telemetry.metrics).map((sample, index) => ({
    alias: index + 1,
    type: 'Float',
    value: sample.value,
    timestamp: sample.timestamp,
  }));
  const payload: Payload = { timestamp: telemetry.timestamp, seq: 7, metrics };
  const peerCodec = get('spBv1.0')!;
  const peerPayload = payload as unknown as Parameters<typeof peerCodec.encodePayload>[0];

  const measure = (form: PayloadForm) =>
    measureRate(() => {
      for (let index = 0; index < MESSAGES_PER_ROUND; index++) encodePayload(payload, form);
      return MESSAGES_PER_ROUND * metrics.length;
    });
  const same = measure(BIRTH_FORM);
  const data = measure(DATA_FORM);
  const peer = measureRate(() => {
    for (let index = 0; index < MESSAGES_PER_ROUND; index++) peerCodec.encodePayload(peerPayload);
    return MESSAGES_PER_ROUND * metrics.length;
  });
  const line = (what: string, perSecond: number, bytes: number): BenchLine => ({
    what,
    value: formatCount(perSecond),
    ratio: perSecond / peer.perSecond,
    peer: 'sparkplug-payload',
    note: `${bytes} bytes per message of ${metrics.length} metrics`,
  });
  return [
    line('Sparkplug encode, metrics/s, same content', same.perSecond, encodePayload(payload, BIRTH_FORM).length),
    line('Sparkplug encode, metrics/s, as DDATA', data.perSecond, encodePayload(payload, DATA_FORM).length),
  ];
}
