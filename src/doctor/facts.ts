import type { MeterTest } from '../acquisition/meter-test/test-meter';
import type { TiersStatus } from '../influx/tiers/tier-status';
import type { MeterModel } from '../meters/meter-model';
import type { Sentence } from '../support/sentence';
import type { Looked } from './looked';
import type { SavedSite } from './flows/saved-site';

/** The computer that Node-RED runs on. */
export interface HostFacts {
  /** Of Node.js, without the v. */
  readonly nodeVersion: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Of the disk of the user directory. */
  readonly disk: Looked<DiskFacts>;
  readonly memory: Looked<{ readonly totalBytes: number; readonly availableBytes: number }>;
  /** Whether the clock is kept by a time service. */
  readonly isClockSynchronized: Looked<boolean>;
  /** How many files and connections one process may have open. */
  readonly openFiles: Looked<number>;
}

export interface DiskFacts {
  readonly path: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  /** 0 on file systems that have no fixed number of files. */
  readonly files: number;
  readonly freeFiles: number;
}

/** The systemd unit that runs Node-RED: value of each key, of a list all of them; sections do not share keys here. */
export interface ServiceUnit {
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
  readonly isEnabled: boolean;
  /** Number of its User=; absent where it has none, or this computer does not know it. */
  readonly user?: number;
}

/** What of a file matters beside its text. */
export interface FileAccess {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly owner: number;
}

export interface UnwritableFolder {
  readonly path: string;
  readonly owner: number;
  /** True where nobody can: its disk is mounted read-only. */
  readonly isReadOnly: boolean;
}

export interface DirectoryFacts {
  readonly path: string;
  readonly access: FileAccess;
  /** Settings, credentials and generated keys, as far as they are there. */
  readonly secretFiles: readonly FileAccess[];
  /** Folder of this package, with what is in it. */
  readonly ownFiles: readonly FileAccess[];
  /** Folders of it in which the user of this process can write nothing. */
  readonly unwritable: readonly UnwritableFolder[];
  /** States that were set aside because they could not be read. */
  readonly damagedStates: readonly string[];
  /** Of its files, the newest change, epoch milliseconds. */
  readonly newestMs: number;
}

/** What Node-RED remembers of installed nodes. */
export interface Palette {
  /** Version of Node-RED itself. */
  readonly nodeRed: string;
  /** Of this package as Node-RED loaded it; absent where it did not. */
  readonly own?: string;
  /** Types that can be used, and those that are switched off. */
  readonly types: ReadonlySet<string>;
  readonly disabledTypes: ReadonlySet<string>;
}

/** What settings.js says, without any secret. */
export interface NodeRedSettings {
  readonly uiHost: string;
  readonly uiPort: number;
  readonly hasHttps: boolean;
  readonly hasAdminAuth: boolean;
  /** Whoever comes without a login may do this; empty: nothing. */
  readonly anonymousPermissions: string;
  readonly hasHttpNodeAuth: boolean;
  readonly hasHttpNodes: boolean;
  readonly credentialSecret: 'own' | 'generated' | 'off';
  /** Characters of the own secret. */
  readonly credentialSecretLength: number;
  readonly allowsInstall: boolean;
  readonly logLevel: string;
}

/** How the file with credentials is kept. */
export interface CredentialsFile {
  readonly path: string;
  readonly isEncrypted: boolean;
  /** False where the key of the settings does not open it. */
  readonly isOpened: boolean;
}

export interface OutboxFolder {
  /** Id of its node. */
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  /** Records that wait, as far as was remembered. */
  readonly waiting: number;
  /** When the oldest segment that waits began, epoch milliseconds; absent where nothing waits. */
  readonly oldestMs?: number;
  /** Who has it open, a name each. */
  readonly owners: readonly string[];
}

/** A file of refused records. */
export interface LetterFile {
  readonly path: string;
  readonly bytes: number;
}

export interface CertificateFile {
  readonly path: string;
  /** Name of the settings that name it. */
  readonly of: string;
  readonly part: 'certificate' | 'authority' | 'key';
  /** Why it cannot be used; absent where it can. */
  readonly problem?: string;
  /** Why it was not looked at; absent where it was. */
  readonly unseen?: Sentence;
  /** Epoch milliseconds. */
  readonly validFromMs?: number;
  readonly validToMs?: number;
  /** Of a key. */
  readonly mode?: number;
  /** Of a certificate with a key: whether they belong together. */
  readonly fitsKey?: boolean;
}

export interface BackupFacts {
  readonly folder: string;
  /** What is backed up there. */
  readonly of: 'files' | 'database';
  /** When the newest whole one was made, epoch milliseconds; absent where there is none. */
  readonly newestMs?: number;
  /** False where it is the disk of what it saves. */
  readonly isElsewhere: boolean;
}

/** How a connection of MQTT or HTTP went. */
export interface ServerAnswer {
  /** What kept it from working; absent where it did. */
  readonly problem?: Sentence;
  /** Why it was not asked at all; absent where it was. */
  readonly unseen?: Sentence;
  /** True where the server was there and said no. */
  readonly isRefused: boolean;
  /** True where it is reached by TLS: it has a certificate to show. */
  readonly hasTls?: boolean;
}

export interface BrokerFacts extends ServerAnswer {
  /** Id of the node that uses it. */
  readonly id: string;
  readonly server: string;
  /** Whether somebody without a login gets in; absent where that was not found out. */
  readonly takesAnybody?: boolean;
  /** When the certificate that it shows ends, epoch milliseconds. */
  readonly certificateEndMs?: number;
}

/** A configuration file of Mosquitto on this computer. */
export interface BrokerConfiguration {
  readonly path: string;
  readonly isPersistent: boolean;
}

export interface DatabaseFacts extends ServerAnswer {
  readonly id: string;
  readonly server: string;
  /** What its clock is ahead of this computer's, ms; absent where it does not tell. */
  readonly clockAheadMs?: number;
  /** True of an InfluxDB 1, which alone may be without users, and has tiers that are told of. */
  readonly isInflux1?: boolean;
  readonly takesAnybody?: boolean;
  readonly certificateEndMs?: number;
  /** Of an InfluxDB 1 that answered. */
  readonly tiers?: Looked<TiersStatus>;
}

/** Everything that checks judge. */
export interface SiteFacts {
  /** Epoch milliseconds UTC. */
  readonly nowMs: number;
  readonly model: MeterModel;
  readonly packageVersion: string;
  /** Number of the user that looks; absent where users have none. */
  readonly ownUser?: number;
  /** Addresses and names of this computer. */
  readonly ownHosts: readonly string[];
  readonly host: HostFacts;
  readonly unit: Looked<ServiceUnit>;
  readonly directory: Looked<DirectoryFacts>;
  readonly palette: Looked<Palette>;
  readonly settings: Looked<NodeRedSettings>;
  readonly credentials: Looked<CredentialsFile | undefined>;
  readonly site: Looked<SavedSite>;
  readonly outboxes: Looked<readonly OutboxFolder[]>;
  readonly letters: Looked<readonly LetterFile[]>;
  readonly certificates: Looked<readonly CertificateFile[]>;
  readonly backups: Looked<readonly BackupFacts[]>;
  readonly brokers: Looked<readonly BrokerFacts[]>;
  readonly brokerConfiguration: Looked<BrokerConfiguration>;
  readonly databases: Looked<readonly DatabaseFacts[]>;
  /** By the address of the meter. */
  readonly meters: Looked<readonly TestedMeter[]>;
}

export interface TestedMeter {
  /** Host and port, or the serial port. */
  readonly address: string;
  readonly name: string;
  readonly test: Looked<MeterTest>;
}
