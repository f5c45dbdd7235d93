import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { ROOT } from '../../testkit/root';

const FOLDER = join(ROOT, 'test/vectors/saved-flows');

/** A flow as an earlier version of this package saved it; no later version may refuse it. */
export interface SavedFlow {
  readonly name: string;
  readonly flow: readonly FlowEntry[];
}

/** Every flow that is kept, by the name of its file. */
export function savedFlows(): readonly SavedFlow[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, flow: JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as readonly FlowEntry[] }));
}
