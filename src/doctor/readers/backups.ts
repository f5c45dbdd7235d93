import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupFacts } from '../facts';
import { namesIn } from './user-directory';

/** Names that the scripts of `deploy/backup` give; what is not whole yet has another. */
const MADE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(-files\.tar\.gz)?$/;

/** Where backups are looked for. */
export interface BackupFolders {
  readonly files: readonly string[];
  readonly database: readonly string[];
}

/** Those of the documentation. */
export const BACKUP_FOLDERS: BackupFolders = {
  files: ['/var/backups/pm500'],
  database: ['/var/backups/influxdb', '/var/lib/pm500-backup', '/var/backups/victoria-metrics'],
};

const deviceOf = (path: string): number | undefined => {
  try {
    return statSync(path).dev;
  } catch {
    return undefined;
  }
};

function newestIn(folder: string, isFiles: boolean): number | undefined {
  const times = namesIn(folder).flatMap((name) => {
    const [, year, month, day, hour, minute, second, files] = MADE.exec(name) ?? [];
    if (year === undefined || (files !== undefined) !== isFiles) return [];
    const [years = 0, months = 1, days = 1, hours = 0, minutes = 0, seconds = 0] = [
      ...[year, month, day],
      ...[hour, minute, second],
    ].map(Number);
    return [Date.UTC(years, months - 1, days, hours, minutes, seconds)];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

function lookFor(of: BackupFacts['of'], folders: readonly string[], userDirectory: string): BackupFacts {
  const found = folders.map((folder) => ({ folder, newestMs: newestIn(join(folder), of === 'files') }));
  const best = found.reduce<(typeof found)[number] | undefined>(
    (newest, each) => ((each.newestMs ?? -1) > (newest?.newestMs ?? -1) ? each : newest),
    undefined,
  );
  const folder = best?.folder ?? folders.join(', ');
  const isElsewhere = best === undefined || deviceOf(best.folder) !== deviceOf(userDirectory);
  return { folder, of, ...(best?.newestMs === undefined ? {} : { newestMs: best.newestMs }), isElsewhere };
}

/** The newest backup of files and of the database. @throws Error where a folder cannot be read */
export function readBackups({ files, database }: BackupFolders, userDirectory: string): readonly BackupFacts[] {
  return [lookFor('files', files, userDirectory), lookFor('database', database, userDirectory)];
}
