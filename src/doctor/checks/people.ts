import type { DoctorCheck } from '../check';
import { LOOK_WORDS } from '../looked';

type PeopleCheck = Pick<DoctorCheck, 'id' | 'severity' | 'title' | 'looksAt' | 'remedy' | 'docs'> & {
  readonly attestedDays: number;
};

/** Something that no program can see. */
const row = (check: PeopleCheck): DoctorCheck => ({
  ...check,
  area: 'people',
  look: () => ({ findings: [], unseen: [LOOK_WORDS.say('person')], seen: '' }),
});

/** What a person says, with name and date. */
export const PEOPLE_CHECKS: readonly DoctorCheck[] = [
  row({
    id: 'plc-engineer-agreed',
    severity: 'critical',
    title: 'who answers for the PLC knows what reads beside it',
    looksAt: 'the word of a person',
    remedy: 'Show the PLC engineer which meters are read by which transport, and let them agree.',
    docs: 'docs/transports.md',
    attestedDays: 730,
  }),
  row({
    id: 'display-compared',
    severity: 'critical',
    title: 'values were compared with the display of each meter',
    looksAt: 'the word of a person',
    remedy: 'Compare voltage, current, power and energy of each meter with its display.',
    docs: 'docs/layout-check.md',
    attestedDays: 730,
  }),
  row({
    id: 'restore-drilled',
    severity: 'warning',
    title: 'a restore from the backup was tried',
    looksAt: 'the word of a person',
    remedy: 'Restore the newest backup on another computer, and note how long it took.',
    docs: 'docs/backup.md',
    attestedDays: 365,
  }),
  row({
    id: 'backup-away',
    severity: 'warning',
    title: 'backups are copied to another place',
    looksAt: 'the word of a person',
    remedy: 'Copy backups to another computer, away from this one, and watch that it happens.',
    docs: 'docs/backup.md',
    attestedDays: 365,
  }),
  row({
    id: 'alerts-arrive',
    severity: 'warning',
    title: 'an alert reached a person',
    looksAt: 'the word of a person',
    remedy: 'Take a meter away for some minutes, and see that somebody was told.',
    docs: 'docs/alerting.md',
    attestedDays: 180,
  }),
  row({
    id: 'firewall-closed',
    severity: 'warning',
    title: 'the network lets through what is needed and no more',
    looksAt: 'the word of a person',
    remedy:
      'Compare the rules of the firewall with the ports of the documentation; meters are reached from this computer and from the PLC only.',
    docs: 'docs/security/ports.md',
    attestedDays: 365,
  }),
  row({
    id: 'meter-passwords',
    severity: 'warning',
    title: 'meters do not have the password of the factory',
    looksAt: 'the word of a person',
    remedy: 'Change the password at the front panel of each meter.',
    docs: 'docs/device-knowledge.md',
    attestedDays: 730,
  }),
  row({
    id: 'on-call-known',
    severity: 'notice',
    title: 'somebody is on call, and knows the runbooks',
    looksAt: 'the word of a person',
    remedy: 'Name who is called at night, and go through docs/runbooks with them.',
    docs: 'docs/runbooks/README.md',
    attestedDays: 180,
  }),
  row({
    id: 'incident-roles',
    severity: 'notice',
    title: 'everybody knows what to do in an incident',
    looksAt: 'the word of a person',
    remedy: 'Fill in the roles of the page about incidents, print it, and tell each person.',
    docs: 'docs/incident-response.md',
    attestedDays: 180,
  }),
  row({
    id: 'incident-drilled',
    severity: 'notice',
    title: 'an incident was practiced',
    looksAt: 'the word of a person',
    remedy: 'Practice one of the drills, and note how long it took and what was lost.',
    docs: 'docs/incident-response.md',
    attestedDays: 365,
  }),
  row({
    id: 'release-verified',
    severity: 'notice',
    title: 'the installed package is the one that was released',
    looksAt: 'the word of a person',
    remedy: 'Verify sums and signature of the package before it is installed, and again after each update.',
    docs: 'docs/security/verify-a-release.md',
    attestedDays: 365,
  }),
];
