import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { UNIT_OF } from '../../src/metrics/measurement';
import { alertFiles } from '../../tools/alerts/main';
import { grafanaFiles } from '../../tools/grafana/main';
import { deployFiles } from '../../tools/influxdb/main';
import { sizePage } from '../../tools/influxdb/size-page';
import { listenerFiles } from '../../tools/listeners/main';
import { telegrafFiles } from '../../tools/telegraf/main';
import { valuesPage } from '../../tools/values/main';

function* below(folder: string, files: ReadonlyMap<string, string>): Generator<readonly [string, string]> {
  for (const [name, text] of files) yield [`${folder}/${name}`, text];
}

/**
 * Every file that follows from the tables, as the generators give it: path in the repository, and text. What is quickly
 * made comes first, for those who look for one that is another.
 */
export function* generatedTexts(): Generator<readonly [string, string]> {
  yield ['docs/values.md', valuesPage()];
  yield* listenerFiles();
  yield* grafanaFiles();
  yield* below('deploy/telegraf', telegrafFiles());
  yield* below('deploy/influxdb', deployFiles());
  yield* alertFiles();
  yield ['docs/database-size.md', sizePage()];
}

/** Names and aliases of all metrics, which are on record. */
export function aliases(): Readonly<Record<string, number>> {
  return Object.fromEntries(ALL_METRICS.map(({ name, sparkplugAlias = 0 }) => [name, sparkplugAlias]));
}

/** Names of metrics whose unit is not that of their quantity. */
export function misfits(): readonly string[] {
  return ALL_METRICS.filter(({ quantity, unit }) => UNIT_OF[quantity] !== unit).map(({ name }) => name);
}
