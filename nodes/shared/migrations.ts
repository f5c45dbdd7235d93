import { Pm500Error } from '../../src/support/errors';
import { describeValue, isRecord, plainText, type UnknownRecord } from '../../src/support/expect';
import { DEFAULTS, type NodeType } from './forms';

/** Turns the properties of one configuration version into those of the next. */
export type Migration = (properties: UnknownRecord) => UnknownRecord;

/**
 * Per node type the steps from version 1 on: the first one leads to version 2. A saved flow never breaks: whoever
 * renames or reinterprets a property adds a step here and raises `configVersion` in the defaults.
 */
const MIGRATIONS: Readonly<Partial<Record<NodeType, readonly Migration[]>>> = {};

/**
 * The properties of a node as the current version knows them, with defaults where the flow has none. A flow without
 * `configVersion` (written by hand) counts as current.
 * @throws Pm500Error CONFIG_INVALID when the flow was saved by a later version of this package
 */
export function migrateConfig(type: NodeType, definition: unknown, steps = MIGRATIONS[type] ?? []): UnknownRecord {
  const current = steps.length + 1;
  const saved = isRecord(definition) ? definition : {};
  const { configVersion = current } = saved;
  const version = Number(plainText(configVersion));
  if (!Number.isInteger(version) || version < 1 || version > current) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `This ${type} node was saved with configuration version ${plainText(configVersion) ?? describeValue(configVersion)}, but only versions up to ${current} are known; update @pm500/node-red-powermonitor.`,
    );
  }
  const migrated = steps.slice(version - 1).reduce<UnknownRecord>((properties, step) => step(properties), saved);
  return { ...DEFAULTS[type], ...migrated, configVersion: current };
}
