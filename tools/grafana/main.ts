import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Dashboard } from '@grafana/schema';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import type { Metric } from '../../src/metrics/measurement';
import { dashboardOf } from './dashboard';
import { energyAndCost } from './dashboards/energy';
import { fleetHealth } from './dashboards/fleet';
import { leadershipKpis } from './dashboards/leadership';
import { meterDetail } from './dashboards/meter';
import { powerQuality } from './dashboards/quality';
import { siteOverview } from './dashboards/site';
import { Influx } from './influx';
import { dashboardsFile, datasourcesFile } from './provisioning';

const ROOT = resolve(__dirname, '../..');
/** Folder of the files, from the root of the repository. */
export const GRAFANA_FOLDER = 'deploy/grafana';

/**
 * Every dashboard.
 * @param metrics what a telemetry can hold; another table only in tests
 * @throws Error for a metric that the table lacks, or a figure of it that no tier keeps
 */
export function dashboards(metrics: readonly Metric[] = ALL_METRICS): readonly Dashboard[] {
  const influx = new Influx(metrics);
  return [
    siteOverview(influx),
    meterDetail(influx),
    energyAndCost(influx),
    powerQuality(influx),
    fleetHealth(),
    leadershipKpis(influx),
  ].map((spec) => dashboardOf(spec));
}

/** Every generated file for Grafana but the alert rules: path in the repository, and text. */
export function grafanaFiles(metrics: readonly Metric[] = ALL_METRICS): ReadonlyMap<string, string> {
  return new Map([
    ...dashboards(metrics).map((dashboard): [string, string] => [
      `${GRAFANA_FOLDER}/dashboards/${dashboard.uid ?? ''}.json`,
      `${JSON.stringify(dashboard, undefined, 2)}\n`,
    ]),
    [`${GRAFANA_FOLDER}/provisioning/datasources/pm500.yaml`, datasourcesFile()],
    [`${GRAFANA_FOLDER}/provisioning/dashboards/pm500.yaml`, dashboardsFile()],
  ]);
}

if (require.main === module) {
  const files = grafanaFiles();
  for (const [path, text] of files) {
    const file = join(ROOT, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  console.log(`Wrote ${[...files.keys()].join(', ')}.`);
}
