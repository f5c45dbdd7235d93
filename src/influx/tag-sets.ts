import type { Quality } from '../domain/quality/quality';
import type { Telemetry } from '../domain/messages/telemetry';
import type { Point } from './line-protocol';
import { METER_TAG, PHASE_TAG, QUALITY_TAG } from './mapping';
import type { MetricPlace } from './metric-places';

type Meter = Telemetry['meter'];

interface KnownMeter {
  /** A copy: a flow may change the object that it came from. */
  readonly tags: Meter['tags'];
  readonly tagCount: number;
  /** By quality and group. */
  readonly sets: (Point['tags'] | undefined)[];
}

/** Meters that are remembered; beyond it they are forgotten together, so memory stays flat. */
const CACHE_SIZE = 1000;
/** Stands beside the qualities for points that have no quality tag. */
const PLACES: readonly (Quality | undefined)[] = ['good', 'uncertain', 'bad', undefined];

/** The tag sets of points, each made once and then the same frozen object, by which a serializer knows it again. */
export class TagSets {
  private readonly meters = new Map<string, KnownMeter>();

  of(meter: Meter, place: Pick<MetricPlace, 'phase' | 'group'>, quality: Quality | undefined): Point['tags'] {
    const { sets } = this.known(meter);
    const index = place.group * PLACES.length + PLACES.indexOf(quality);
    return (sets[index] ??= Object.freeze({
      ...meter.tags,
      [METER_TAG]: meter.name,
      ...(quality === undefined ? {} : { [QUALITY_TAG]: quality }),
      ...(place.phase === undefined ? {} : { [PHASE_TAG]: place.phase }),
    }));
  }

  private known(meter: Meter): KnownMeter {
    const found = this.meters.get(meter.name);
    if (found !== undefined && hasTags(found, meter.tags)) return found;
    if (this.meters.size >= CACHE_SIZE) this.meters.clear();
    const known = { tags: { ...meter.tags }, tagCount: Object.keys(meter.tags).length, sets: [] };
    this.meters.set(meter.name, known);
    return known;
  }
}

function hasTags({ tags, tagCount }: KnownMeter, given: Meter['tags']): boolean {
  let count = 0;
  for (const name in given) {
    if (tags[name] !== given[name]) return false;
    count += 1;
  }
  return count === tagCount;
}
