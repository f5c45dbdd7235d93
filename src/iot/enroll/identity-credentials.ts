import { join } from 'node:path';
import { statSync } from 'node:fs';
import { Pm500Error } from '../../support/errors';
import type { ReplaceableIdentity } from '../connection';
import type { CredentialFiles } from '../credentials';
import { EdgeIdentity, usablePairs } from './identity';
import { certificateFile, folderFiles, IDENTITY_FILE, keyFile } from './identity-files';
import type { IdentityState, PairNumber } from './state';
import { tokenKeyUri } from './token-keys';

/**
 * What the folder of an identity holds. @throws Pm500Error MQTT_CREDENTIALS_INVALID where it holds none, IDENTITY_INVALID
 * where it is damaged
 */
export function readIdentity(folder: string): IdentityState {
  const found = EdgeIdentity.read(folderFiles(folder));
  if (found !== undefined) return found.state;
  throw new Pm500Error(
    'MQTT_CREDENTIALS_INVALID',
    `The folder ${folder} holds no identity; run pm500 cloud enroll --folder ${folder}, or correct the path.`,
    { retryable: true },
  );
}

/** Key and certificate of a folder for one connection after another, also while somebody else rotates them. */
export class IdentityCredentials implements ReplaceableIdentity {
  private used: PairNumber | undefined;
  /** Pairs that were tried since a connection stood. */
  private readonly tried = new Set<PairNumber>();
  /** The last pair of which was said that another one came before it. */
  private replaced: PairNumber | undefined;
  /** When the state was written that the pair in use was looked up in. */
  private seen = '';

  /** @param ca path of a PEM file with authorities; empty: that of the identity */
  constructor(
    private readonly folder: string,
    private readonly ca: string,
  ) {}

  /**
   * What the next connection is made with. While a rotation is not finished nobody knows which of the two certificates the
   * cloud still takes: they are tried in turn.
   * @throws Pm500Error MQTT_CREDENTIALS_INVALID where there is none
   */
  next(): CredentialFiles {
    const state = readIdentity(this.folder);
    const pairs = usablePairs(state);
    // Which of them are usable, and in which order, changes while they are tried.
    if (pairs.every((each) => this.tried.has(each))) this.tried.clear();
    const number = pairs.find((each) => !this.tried.has(each));
    if (number === undefined)
      throw new Pm500Error(
        'MQTT_CREDENTIALS_INVALID',
        `The identity in ${this.folder} has no certificate yet; run pm500 cloud enroll --folder ${this.folder}.`,
        { retryable: true },
      );
    this.used = number;
    this.tried.add(number);
    return this.filesOf(number, state);
  }

  get version(): string {
    try {
      return this.writtenAt();
    } catch {
      return 'unreadable';
    }
  }

  isReplaced(): boolean {
    const { used } = this;
    // Once for each pair: a connection that goes on being ended with it is ended over something else.
    if (used === undefined || used === this.replaced) return false;
    try {
      const [first = used] = usablePairs(readIdentity(this.folder));
      if (first === used) return false;
    } catch {
      return false;
    }
    this.replaced = used;
    return true;
  }

  hasAnother(): boolean {
    try {
      return usablePairs(readIdentity(this.folder)).some((each) => each !== this.used && !this.tried.has(each));
    } catch {
      return false;
    }
  }

  /** What is current, whatever the cloud takes; undefined where nothing is. @throws Pm500Error as `next` */
  current(): CredentialFiles | undefined {
    const state = readIdentity(this.folder);
    return state.current === undefined ? undefined : this.filesOf(state.current.number, state);
  }

  /** Of the pair that was used last; empty where none was. */
  get certificate(): string {
    return this.used === undefined ? '' : join(this.folder, certificateFile(this.used));
  }

  isOutdated(): boolean {
    this.tried.clear();
    try {
      const now = this.writtenAt();
      if (now === this.seen) return false;
      const pairs = usablePairs(readIdentity(this.folder));
      this.seen = now;
      return this.used !== undefined && !pairs.includes(this.used);
    } catch {
      // A folder that cannot be read says nothing against a connection that stands.
      return false;
    }
  }

  private filesOf(number: PairNumber, { place, token, thing }: IdentityState): CredentialFiles {
    const path = (name: string): string => join(this.folder, name);
    const ca = this.ca === '' ? place.caFile : this.ca;
    const key = token === undefined ? path(keyFile(number)) : tokenKeyUri(token, thing, number);
    return { certificate: path(certificateFile(number)), key, ca };
  }

  private writtenAt(): string {
    const stats = statSync(join(this.folder, IDENTITY_FILE), { throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs}`;
  }
}
