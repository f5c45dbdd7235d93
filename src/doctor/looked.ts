import { toPm500Error } from '../support/errors';
import { sentences, type Sentence } from '../support/sentence';

/** A fact, or why it could not be looked at: never a fact that somebody made up for it. */
export type Looked<Fact> = { readonly seen: Fact } | Unseen;

export interface Unseen {
  readonly unseen: Sentence;
  /** True where it was looked at, and is of no use to Node-RED either: that is a finding of its check. */
  readonly isBroken?: true;
}

/** Why something could not be looked at, each a clause without a period; and what that was. */
export const LOOK_WORDS = sentences('doctorLook', {
  unreadable: '{what} cannot be read ({why})',
  disk: 'The disk of {path}',
  memory: 'The memory',
  flows: 'The flows',
  credentials: 'The credentials',
  unit: 'The unit of Node-RED',
  directory: 'The user directory {path}',
  palette: '.config.nodes.json of the user directory',
  outboxes: 'The outboxes',
  letters: 'The refused records',
  backups: 'The backups',
  file: '{path}',
  attestations: 'The attestations in {path}',
  flowFile: 'Flow file {path}',
  notRun: '{path} cannot be run ({why})',
  noSettings: 'There is no {path}; name the file by --settings, or the folder by --user-dir',
  notAsked: '{whom} were not asked, as the options say',
  unaskable: '{whom} cannot be asked ({why})',
  brokers: 'brokers',
  databases: 'databases',
  meters: 'meters',
  clock: 'timedatectl does not tell whether the clock is synchronized',
  container: 'in a container the unit or the policy that starts it is not to be seen from inside',
  noUnit: 'no systemd unit of Node-RED was found; name it by --unit',
  noBrokerFile: 'no configuration of Mosquitto was found on this computer; name it by --broker-file',
  accessLists:
    'this system has access lists in place of modes of files; see that Node-RED and administrators alone are in them',
  person: 'no program can see it',
  failed: 'the check itself failed ({why}); please report it',
  brokerLogins: 'the logins of brokers are in credentials that cannot be opened',
  databaseLogins: 'tokens and passwords of databases are in credentials that cannot be opened',
  logins: 'the credentials of {label} cannot be opened',
  late: '{label} did not answer in time',
  identity: '{label} connects with the identity in {folder}, which only one client may use',
  token: 'the key of {label} lies in a token, which only Node-RED uses',
  onlyClient: 'a second connection to {host} would end that of {label}',
  noWriter: 'no influx-out writes to {label}',
  renewed: 'the certificate in {folder} is renewed by itself; pm500 cloud status tells of it',
  unusable: '{path} cannot be used',
  otherUser:
    'user {user} has looked at {path}, and the user directory belongs to user {owner}: run the command as that one',
  noCertificate: '{server} showed no certificate',
  noBackup: 'there is no backup in {folder}',
  noTiers: '{server} does not tell of its tiers',
  noTime: '{server} does not tell its time',
  brokerDoor: 'it was not found out whether {server} lets in somebody without a login',
  databaseDoor: 'it was not found out whether {server} answers without a login',
  manyMeters: '{meter} comes after the first {most} meters, which are all that are asked',
  overModbus:
    '{meter} is read over Modbus, which one more client would disturb; use pm500 test in a maintenance window',
  serial: '{meter} is on a serial line, which its reader alone may use; use pm500 test while Node-RED is stopped',
  readByMessages: '{meter} is read by {label} whenever a message comes, and one more read could come within its limit',
  readOften: '{meter} is read every {interval} ms already, and one more read could come within the limit of {limit} ms',
});
const { say } = LOOK_WORDS;

export const seen = <Fact>(fact: Fact): Looked<Fact> => ({ seen: fact });

/** @param reason a clause without a period, or a sentence */
export const unseen = (reason: Sentence): Unseen => ({ unseen: reason });

/** @param reason a clause without a period */
export const broken = (reason: Sentence): Unseen => ({ unseen: reason, isBroken: true });

/** The same of what is worked out from a fact. */
export function lookFurther<Fact, Further>(looked: Looked<Fact>, further: (fact: Fact) => Further): Looked<Further> {
  return 'unseen' in looked ? looked : seen(further(looked.seen));
}

/** What looking gives; why not, where it fails. @param what of the words above */
export function attemptLook<Fact>(what: Sentence, look: () => Fact): Looked<Fact> {
  try {
    return seen(look());
  } catch (thrown) {
    return unseen(say('unreadable', { what, why: toPm500Error(thrown).message }));
  }
}
