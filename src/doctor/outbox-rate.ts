import type { MeterModel } from '../meters/meter-model';
import type { SavedMeter } from './flows/saved-meters';

/** A line of InfluxDB: measurement, tags and time of one reading, then name and value of each field. */
const BYTES_PER_READING = 160;
const BYTES_PER_VALUE = 26;
const MS_PER_S = 1000;

/** Values that reading these assemblies gives. */
function valuesOf({ layout }: MeterModel, assemblies: readonly number[]): number {
  return layout.assemblies
    .filter(({ instance }) => assemblies.includes(instance))
    .reduce((sum, { measurements }) => sum + measurements.length, 0);
}

/**
 * About how many bytes a second the schedules of the meters make where nothing is reported by exception. An estimate: real
 * lines have a fifth more or less, by the names of tags.
 */
export function bytesPerSecond(meters: readonly SavedMeter[], model: MeterModel): number {
  return meters
    .flatMap(({ readers }) => readers.flatMap(({ schedules }) => schedules))
    .reduce((sum, { intervalMs, groups }) => {
      const read = model.groups.filter(({ name }) => groups.includes(name)).flatMap(({ assemblies }) => assemblies);
      const bytes = BYTES_PER_READING + BYTES_PER_VALUE * valuesOf(model, read);
      return sum + (bytes * MS_PER_S) / intervalMs;
    }, 0);
}
