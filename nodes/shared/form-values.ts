import type { Node, NodeAPI } from 'node-red';
import { Pm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';

const VARIABLE = /^\s*\$\{[^}]+\}\s*$/;

/** True for an environment variable in place of a value. */
export const isVariable = (value: unknown): value is string => typeof value === 'string' && VARIABLE.test(value);

/** What the flow that runs has of a node, with variables as they are written. */
export function deployedOf(RED: NodeAPI, id: unknown): UnknownRecord {
  let found: UnknownRecord = {};
  if (typeof id !== 'string') return found;
  RED.nodes.eachNode((definition) => {
    if (definition.id === id && isRecord(definition)) found = definition;
  });
  return found;
}

/**
 * What a form holds, with the values of its environment variables. Only a variable that this node has deployed in the same
 * property is looked up: a form must not read out others.
 * @throws Pm500Error CONFIG_INVALID for any other
 */
export function knownValues(RED: NodeAPI, form: UnknownRecord): UnknownRecord {
  const deployed = deployedOf(RED, form['id']);
  const valueOf = (name: string, value: unknown): unknown => {
    if (!isVariable(value)) return value;
    const node = RED.nodes.getNode(String(form['id'])) as Node | null;
    if (deployed[name] === value && node !== null) {
      return RED.util.evaluateNodeProperty(value, 'env', node, {}) as unknown;
    }
    throw new Pm500Error(
      'CONFIG_INVALID',
      `${name} is ${value.trim()}, whose value is known once it is deployed; deploy and try again.`,
    );
  };
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, valueOf(name, value)]));
}
