import { sentences, type Sentence } from '../../support/sentence';
import { sightEach, sightOne, type DoctorCheck } from '../check';
import type { BackupFacts, SiteFacts } from '../facts';
import { LOOK_WORDS, lookFurther, unseen } from '../looked';

const MS_PER_DAY = 86_400_000;
const BACKUP_DAYS = 7;

/** What is found of backups. */
export const BACKUP_FINDINGS = sentences('doctorBackups', {
  files: 'the files',
  database: 'the database',
  none: 'No backup of {what} was found in {folder}.',
  future: 'The newest backup of {what} in {folder} is from {time}, which is still to come: one of the clocks is wrong.',
  old: 'The newest backup of {what} in {folder} is {days} days old.',
  sameDisk: 'The backups in {folder} are on the disk of the user directory.',
});
const { say } = BACKUP_FINDINGS;

function backup(
  of: BackupFacts['of'],
  facts: SiteFacts,
  find: (found: BackupFacts) => Sentence | undefined,
): ReturnType<DoctorCheck['look']> {
  return sightOne(
    lookFurther(facts.backups, (all) => all.filter((each) => each.of === of)),
    (found) => found.flatMap((each) => find(each) ?? []),
    (found) => found.map(({ folder }) => folder).join(', '),
  );
}

function ageOf({ of, folder, newestMs }: BackupFacts, nowMs: number): Sentence | undefined {
  const what = say(of);
  if (newestMs === undefined) return say('none', { what, folder });
  const ageDays = (nowMs - newestMs) / MS_PER_DAY;
  // It would be the newest for years, whatever fails meanwhile.
  if (ageDays < -1) {
    return say('future', { what, folder, time: new Date(newestMs).toISOString() });
  }
  return ageDays > BACKUP_DAYS ? say('old', { what, folder, days: Math.floor(ageDays) }) : undefined;
}

/** What can be brought back after a loss. */
export const BACKUP_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'backup-files',
    area: 'delivery',
    severity: 'warning',
    title: `flows and outboxes were backed up within ${BACKUP_DAYS} days`,
    looksAt: 'names of the backups that deploy/backup/backup-files.sh makes',
    remedy: 'Run deploy/backup/backup-files.sh every night, and see that its folder is named by --backup-files.',
    docs: 'docs/backup.md',
    look: (facts) => backup('files', facts, (found) => ageOf(found, facts.nowMs)),
  },
  {
    id: 'backup-database',
    area: 'delivery',
    severity: 'warning',
    title: `the database was backed up within ${BACKUP_DAYS} days`,
    looksAt: 'names of the backups that the scripts of deploy/backup make',
    remedy:
      'Run the script of deploy/backup for your database every night, and see that its folder is named by --backup-database.',
    docs: 'docs/backup.md',
    look: (facts) => backup('database', facts, (found) => ageOf(found, facts.nowMs)),
  },
  {
    id: 'backup-elsewhere',
    area: 'delivery',
    severity: 'notice',
    title: 'backups are on another disk',
    looksAt: 'devices of the folder of backups and of the user directory',
    remedy: 'Copy backups to another computer: one disk that fails takes both.',
    docs: 'docs/backup.md',
    look: ({ backups }) =>
      sightEach(
        backups,
        ({ folder, newestMs, isElsewhere }) => {
          if (newestMs === undefined) return unseen(LOOK_WORDS.say('noBackup', { folder }));
          return isElsewhere ? [] : [say('sameDisk', { folder })];
        },
        ['folder', 'folders'],
      ),
  },
];
