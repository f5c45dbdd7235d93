import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { siteJsonOf } from '../../src/domain/shapes/camel-case';
import { flattenTelemetry } from '../../src/domain/shapes/flat';
import { messagesOf } from '../../src/domain/shapes/per-metric';
import { UnitConverter, type ShapedTelemetry } from '../../src/domain/shapes/units';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { PointMapper } from '../../src/influx/points';
import { pointsShape } from '../../src/influx/points-shape';
import { DEFAULT_MAPPING } from '../../src/influx/mapping';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import { metricsShape } from '../../src/sparkplug/metrics/metrics-shape';
import type { ConfigReader } from '../shared/config';
import { jsonataMapping } from './mapping/jsonata-mapping';

/** Puts telemetry onto a message as the receiver wants it; undefined when there is nothing to send. */
export type Shaper = (
  telemetry: Telemetry,
  message: NodeMessage,
) => NodeMessage | NodeMessage[] | undefined | Promise<NodeMessage | undefined>;

/**
 * The shape that a node is set up for. Telemetry itself keeps the units of the table: the nodes of this package rely on
 * them.
 * @throws Pm500Error CONFIG_INVALID
 */
export function readShape(RED: NodeAPI, node: Node, config: ConfigReader<'pm500-normalize'>, currency: string): Shaper {
  const shape = config.choice('shape');
  const converter = new UnitConverter({
    power: config.choice('powerUnit'),
    energy: config.choice('energyUnit'),
    currency,
  });
  const payload =
    (make: (telemetry: ShapedTelemetry) => unknown): Shaper =>
    (telemetry, message) =>
      Object.assign(message, { payload: make(converter.convert(telemetry)) });
  switch (shape) {
    case 'telemetry':
      return (telemetry, message) => Object.assign(message, { payload: telemetry });
    case 'flat':
      // Names and values alone have lost the time of the read, which a database needs.
      return (telemetry, message) =>
        Object.assign(message, {
          payload: flattenTelemetry(converter.convert(telemetry)),
          timestamp: telemetry.timestamp,
        });
    case 'perMetric':
      return (telemetry, message) =>
        messagesOf(converter.convert(telemetry)).map((one): NodeMessage => ({ ...message, ...one }));
    case 'influx': {
      const mapper = new PointMapper(DEFAULT_MAPPING, DERIVED_METRICS);
      const influxMeasurement = config.text('influxMeasurement');
      return payload((telemetry) => pointsShape(telemetry, mapper, influxMeasurement));
    }
    case 'sparkplug':
      return payload(metricsShape);
    case 'camelCase':
      return payload(siteJsonOf);
    case 'jsonata': {
      const map = jsonataMapping(RED, node, config.text('mapping'));
      return async (telemetry, message) => {
        const result = await map({ ...message, payload: converter.convert(telemetry) });
        return result === undefined ? undefined : Object.assign(message, { payload: result });
      };
    }
  }
}
