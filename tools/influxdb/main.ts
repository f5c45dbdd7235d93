import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SUMMARY_TIERS, WINDOW_TIERS } from '../../src/influx/tiers/plan';
import { bootstrapV2, fluxRepair, fluxTask, repairFile, taskFile } from './flux';
import { influxQl } from './influxql';
import { SOURCES } from './plan';
import { repairV2 } from './repair-script';
import { sizePage } from './size-page';
import { queryFile, sqlQuery } from './sql';

export const DEPLOY_FOLDER = resolve(__dirname, '../../deploy/influxdb');
export const SIZE_PAGE = resolve(__dirname, '../../docs/database-size.md');

/** Files of that folder that a person writes: they name no metric. */
export const WRITTEN_BY_HAND: readonly string[] = ['bootstrap-v1.sh'];

/** Every generated file of deploy/influxdb: path and text. */
export function deployFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    ['v1.influxql', influxQl()],
    ['bootstrap-v2.sh', bootstrapV2(SOURCES)],
    ['repair-v2.sh', repairV2(SOURCES)],
  ]);
  for (const source of SOURCES) {
    for (const tier of SUMMARY_TIERS) {
      files.set(taskFile(source, tier), fluxTask(source, tier));
      files.set(queryFile(source, tier), sqlQuery(source, tier));
    }
    for (const tier of WINDOW_TIERS) files.set(repairFile(source, tier), fluxRepair(source, tier));
  }
  return files;
}

if (require.main === module) {
  for (const [path, text] of deployFiles()) {
    const file = join(DEPLOY_FOLDER, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  }
  writeFileSync(SIZE_PAGE, sizePage());
  console.log(`Wrote ${deployFiles().size} files to ${DEPLOY_FOLDER}, and ${SIZE_PAGE}.`);
}
