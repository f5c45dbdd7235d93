import { statSync, type Stats } from 'node:fs';
import { Pm500Error } from '../support/errors';

const OTHERS = 0o077;
const PERMISSIONS = 0o777;

const invalid = (sentence: string, cause?: unknown): Pm500Error =>
  new Pm500Error('MQTT_CREDENTIALS_INVALID', sentence, { cause, retryable: true });

/**
 * @param what is in the file, such as `private key`
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID where somebody else can read a secret, or could have written it
 */
export function checkAccess(path: string, what: string, ownId: number | undefined): void {
  if (ownId === undefined) return;
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid(`The ${what} ${path} cannot be read (${reason}); correct its path in the settings.`, thrown);
  }
  const { mode, uid } = stats;
  if ((mode & OTHERS) !== 0) {
    const found = (mode & PERMISSIONS).toString(8).padStart(4, '0');
    throw invalid(
      `The ${what} ${path} has the mode ${found}, so others than its owner can use it; set it to 0600 (chmod 600), and have a new one made if somebody may have read it.`,
    );
  }
  if (uid !== ownId)
    throw invalid(
      `The ${what} ${path} belongs to the user ${uid}, and this program runs as ${ownId}; make it its owner (chown).`,
    );
}
