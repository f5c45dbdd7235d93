import { LineSerializer } from './line-protocol';
import { DERIVED_METRICS } from '../meter/derived-metrics';
import type { Mapping } from './mapping';
import { parsePoints, type PointDefaults } from './message-points';
import { PointMapper } from './points';

/** The lines of one message, and how many values it had that could not become fields. */
export interface MappedLines {
  readonly lines: readonly string[];
  /** NaN, infinities, integers beyond 64 bits, and values that are not of the type of their field. */
  readonly leftOut: number;
}

/** Turns message payloads into line protocol. */
export class LineMapper {
  private readonly serializer = new LineSerializer();
  private readonly pointMapper: PointMapper;

  constructor(mapping?: Mapping) {
    this.pointMapper = new PointMapper(mapping, DERIVED_METRICS);
  }

  /**
   * Lines of a payload; none when nothing in it has a value.
   * @throws Pm500Error MESSAGE_INVALID or LINE_PROTOCOL_INVALID in one sentence
   */
  map(payload: unknown, defaults: PointDefaults): MappedLines {
    const { points, mistyped } = parsePoints(payload, defaults, this.pointMapper);
    const skippedBefore = this.serializer.skipped;
    const lines: string[] = [];
    for (const point of points) {
      const line = this.serializer.serialize(point);
      if (line !== undefined) lines.push(line);
    }
    return { lines, leftOut: mistyped + this.serializer.skipped - skippedBefore };
  }
}
