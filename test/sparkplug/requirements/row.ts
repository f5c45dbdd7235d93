import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../../../testkit/root';

/** One or more requirements of Sparkplug 3.0.0 that ask for the same thing, by their ids (without `tck-id-`). */
export interface RequirementRow {
  readonly ids: readonly string[];
  /** `sender` and `host`: what others have to do, and this software relies on. */
  readonly duty: 'MUST' | 'SHOULD' | 'MAY' | 'sender' | 'host';
  /** Where it is fulfilled, paths from the root of the repository. */
  readonly files: readonly string[];
  readonly proofs: readonly Proof[];
  /** Why there is nothing to fulfill or to prove, or what stands instead. */
  readonly remark?: string;
}

/** A test: its file and its title, or the part before what a loop fills in. */
export interface Proof {
  readonly file: string;
  readonly title: string;
}

export interface Chapter {
  readonly title: string;
  readonly rows: readonly RequirementRow[];
}

/** Where each file of Sparkplug and of MQTT is, by its name without the ending. */
const PATHS: ReadonlyMap<string, string> = new Map(
  ['src/mqtt', 'src/sparkplug'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (path) => [basename(path, '.ts'), `${folder}/${path}`] as const,
    ),
  ),
);

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/**
 * A requirement that is fulfilled.
 * @param ids separated by spaces
 * @param files below src/sparkplug/ or src/mqtt/ by their names without the ending, separated by spaces; others from the root
 */
export function row(duty: RequirementRow['duty'], ids: string, files: string, ...proofs: Proof[]): RequirementRow {
  const paths = words(files).map((file) => PATHS.get(file) ?? file);
  return { ids: words(ids), duty, files: paths, proofs };
}

/** A requirement that asks nothing of this software, or cannot be proved by it. */
export function without(duty: RequirementRow['duty'], ids: string, remark: string): RequirementRow {
  return { ids: words(ids), duty, files: [], proofs: [], remark };
}
