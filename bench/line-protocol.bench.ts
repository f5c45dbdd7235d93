import { Point as PeerPoint } from '@influxdata/influxdb-client';
import { normalizeReading } from '../src/domain/quality/normalize';
import { LineSerializer } from '../src/influx/line-protocol';
import { PointMapper } from '../src/influx/points';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { measureRate } from './measure';
import { formatCount, type BenchLine } from './report';

const POINTS_PER_ROUND = 500;
const ASSEMBLIES = [101, 102];

/** Real-time telemetry (30 fields) to a line; the peer is `Point` of @influxdata/influxdb-client with the same content. */
export function benchLineProtocol(): BenchLine[] {
  const telemetry = normalizeReading(sampleReading(ASSEMBLIES, seededRandom(4)));
  const serializer = new LineSerializer();
  const mapper = new PointMapper();
  const { points } = mapper.map(telemetry, 'powermonitor_500');
  const [point] = points;
  if (point === undefined || points.length !== 1) throw new Error('expected one point');
  const fieldCount = Object.keys(point.fields).length;

  const serialize = measureRate(() => {
    for (let index = 0; index < POINTS_PER_ROUND; index++) serializer.serialize(point);
    return POINTS_PER_ROUND;
  });
  const whole = measureRate(() => {
    for (let index = 0; index < POINTS_PER_ROUND; index++) {
      for (const each of mapper.mapColumns(telemetry, 'powermonitor_500').points) serializer.serialize(each);
    }
    return POINTS_PER_ROUND;
  });
  const peer = measureRate(() => {
    for (let index = 0; index < POINTS_PER_ROUND; index++) {
      const other = new PeerPoint(point.influxMeasurement);
      for (const name in point.tags) other.tag(name, point.tags[name] ?? '');
      for (const name in point.fields) other.floatField(name, point.fields[name]);
      other.timestamp(point.timestamp).toLineProtocol();
    }
    return POINTS_PER_ROUND;
  });
  const named = { peer: 'Point of @influxdata/influxdb-client' };
  const bytes = Buffer.byteLength(serializer.serialize(point) ?? '');
  return [
    {
      what: `line protocol, points of ${fieldCount} fields/s`,
      value: formatCount(serialize.perSecond),
      ratio: serialize.perSecond / peer.perSecond,
      ...named,
      note: `${bytes} bytes per point`,
    },
    {
      what: 'telemetry to line protocol, points/s',
      value: formatCount(whole.perSecond),
      ratio: whole.perSecond / peer.perSecond,
      ...named,
    },
  ];
}
