import { LineSerializer, type Point, type PointColumns } from './line-protocol';
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
   * The same in parts of so many points or so much text, one each time the next is asked for; the last one is returned.
   * @throws Pm500Error as `map` does, when the part with the fault is asked for
   */
  *mapParts(
    payload: unknown,
    defaults: PointDefaults,
    { points, characters }: { readonly points: number; readonly characters: number },
  ): Generator<MappedLines, MappedLines> {
    const elements = pointElements(payload);
    if (elements === undefined) return this.map(payload, defaults);
    let part: { lines: string[]; leftOut: number; characters: number } = { lines: [], leftOut: 0, characters: 0 };
    for (let at = 0; at < elements.length; at += 1) {
      const { lines, leftOut } = this.serialize({ points: parseElements(elements, defaults, at, at + 1), mistyped: 0 });
      part.leftOut += leftOut;
      for (const line of lines) {
        part.lines.push(line);
        part.characters += line.length;
      }
      if (at + 1 < elements.length && ((at + 1) % points === 0 || part.characters >= characters)) {
        yield part;
        part = { lines: [], leftOut: 0, characters: 0 };
      }
    }
    return part;
  }

  private serialize({ points, mistyped }: TelemetryPoints<Point | PointColumns>): MappedLines {
    const skippedBefore = this.serializer.skipped;
    const lines: string[] = [];
    for (const point of points) {
      const line = this.serializer.serialize(point);
      if (line !== undefined) lines.push(line);
    }
    return { lines, leftOut: mistyped + this.serializer.skipped - skippedBefore };
  }
}
