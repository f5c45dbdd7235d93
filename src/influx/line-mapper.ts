import { LineSerializer } from './line-protocol';
import { DERIVED_METRICS } from '../metrics/derived-metrics';
import type { Mapping } from './mapping';
import { parseElements, parsePoints, pointElements, type PointDefaults } from './message-points';
import { PointMapper, type TelemetryPoints } from './points';

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
    return this.serialize(parsePoints(payload, defaults, this.pointMapper));
  }

  /**
   * The same in parts of so many points, one each time the next is asked for.
   * @throws Pm500Error as `map` does, when the part with the fault is asked for
   */
  *mapParts(payload: unknown, defaults: PointDefaults, size: number): Generator<MappedLines, void> {
    const elements = pointElements(payload);
    if (elements === undefined) yield this.map(payload, defaults);
    else {
      for (let from = 0; from < elements.length; from += size) {
        yield this.serialize({ points: parseElements(elements, defaults, from, from + size), mistyped: 0 });
      }
    }
  }

  private serialize({ points, mistyped }: TelemetryPoints): MappedLines {
    const skippedBefore = this.serializer.skipped;
    const lines: string[] = [];
    for (const point of points) {
      const line = this.serializer.serialize(point);
      if (line !== undefined) lines.push(line);
    }
    return { lines, leftOut: mistyped + this.serializer.skipped - skippedBefore };
  }
}
