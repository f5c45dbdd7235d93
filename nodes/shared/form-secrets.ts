import type { NodeAPI } from 'node-red';
import { Pm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';
import { DEFAULTS, fieldsOf, type CredentialsOf, type NodeType } from './forms';
import { deployedOf } from './form-values';
import { secretsIn } from './field';
import { FORM_SENTENCES } from './test-turns';

/** What the editor shows in place of a password that is stored. */
const STORED = '__PWRD__';

/**
 * The secrets of a form: what was typed, and what is stored where nothing was. A stored one goes only where its node is
 * deployed to, so that a form cannot have it sent elsewhere; it never goes back to the browser.
 * @param where properties that decide where secrets are sent
 * @throws Pm500Error CONFIG_INVALID where a stored one would go elsewhere
 */
export function givenSecrets<Type extends NodeType>(
  RED: NodeAPI,
  type: Type,
  form: UnknownRecord,
  typed: unknown,
  where: readonly string[],
): CredentialsOf<Type> {
  const given = isRecord(typed) ? typed : {};
  const id = String(form['id']);
  const stored: unknown = RED.nodes.getCredentials(id);
  const kept = isRecord(stored) ? stored : {};
  const deployed = deployedOf(RED, id);
  const byDefault: UnknownRecord = { ...DEFAULTS[type] };
  const isElsewhere = where.some(
    (name) => String(form[name] ?? byDefault[name]) !== String(deployed[name] ?? byDefault[name]),
  );
  const secrets = Object.keys(secretsIn(fieldsOf(type))).map((name) => {
    const value = given[name];
    if (typeof value === 'string' && value !== STORED) return [name, value];
    if (value !== STORED || typeof kept[name] !== 'string') return [name, ''];
    if (!isElsewhere) return [name, kept[name]];
    throw new Pm500Error('CONFIG_INVALID', FORM_SENTENCES.say('storedSecret', { name }));
  });
  return Object.fromEntries(secrets) as CredentialsOf<Type>;
}
