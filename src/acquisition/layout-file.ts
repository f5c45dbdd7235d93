import { builtInLayout, withEnergy, workingLayout } from '../domain/codec/built-in-layouts';
import { compileLayout, type CompiledLayout } from '../domain/codec/layout';
import { parseLayout } from '../domain/codec/parse-layout';
import type { MeterModel } from '../meters/meter-model';
import { Pm500Error, toPm500Error } from '../support/errors';
import { isRecord } from '../support/expect';
import { describeJsonFault } from '../support/json-fault';
import { lineOf } from '../support/json-place';
import { readTextFile } from '../support/read-text-file';

/** Far more than every assembly and every metric of a meter need, in bytes. */
const MOST_BYTES = 1_000_000;

/** Where in the file a fault is: its line, and its path where the sentence does not begin with that. */
function placeOf({ details, message }: Pm500Error, text: string): string {
  const { path } = details;
  if (typeof path !== 'string') return '';
  const line = lineOf(text, path.replace(/^layout\.?/, ''));
  return `, line ${line}${message.startsWith('layout') ? '' : ` (${path})`}`;
}

function readLayoutFile(model: MeterModel, path: string): CompiledLayout {
  const text = readTextFile(path, 'Layout file', 'LAYOUT_INVALID', MOST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    const reason = describeJsonFault(thrown, text);
    throw new Pm500Error('LAYOUT_INVALID', `Layout file ${path} cannot be read: ${reason}; check the path.`);
  }
  // Not quoted: it may be another file.
  if (!isRecord(value)) throw new Pm500Error('LAYOUT_INVALID', `Layout file ${path} holds no layout; check the path.`);
  try {
    return parseLayout(model, value);
  } catch (thrown) {
    const error = toPm500Error(thrown, 'LAYOUT_INVALID');
    throw new Pm500Error(error.code, `Layout file ${path}${placeOf(error, text)}: ${error.message}`, { cause: thrown });
  }
}

/** A layout with the energy counters as one of the named candidates has them. */
function chooseEnergy(model: MeterModel, layout: CompiledLayout, name: string): CompiledLayout {
  const { instance, candidates } = model.energy;
  const candidate = candidates.find((each) => each.name === name);
  if (candidate === undefined) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `Layout of the energy counters is "${name}"; choose one of ${candidates.map((each) => each.name).join(', ')}.`,
    );
  }
  const rows = layout.blocks.get(instance)?.rows ?? [];
  if (rows.some(({ row }) => row.provenance === 'verified')) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `Layout "${layout.name}" has read in the manual what assembly ${instance} holds; leave the layout of the energy counters out.`,
    );
  }
  const assemblies = [...layout.blocks.values()].map(({ assembly }) => assembly);
  const changed = withEnergy(
    { format: 'pm500.layout/1', name: layout.name, assemblies, metrics: layout.definitions },
    candidate,
  );
  return builtInLayout(model, changed.name) ?? compileLayout(model, changed);
}

/**
 * The layout to use: the built-in one, or a site's own file.
 * @param path of a JSON file; empty for the built-in layout
 * @param energy name of the candidate that the energy counters are; empty for what the layout says of it
 * @throws Pm500Error LAYOUT_INVALID when the file cannot be read, is too large, is no JSON, or does not fit;
 * CONFIG_INVALID for a candidate that does not exist, or a file whose energy counters were read in the manual
 */
export function loadLayout(model: MeterModel, path: string, energy = ''): CompiledLayout {
  const layout = path === '' ? workingLayout(model) : readLayoutFile(model, path);
  return energy === '' ? layout : chooseEnergy(model, layout, energy);
}
