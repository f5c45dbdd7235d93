import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeType } from '../nodes/shared/defaults';
import { injectFacts } from './build-facts';

const LOCALE = 'en-US';

/** Everything that must stand in the sources for one node type. */
function sourcesOf(type: NodeType): readonly string[] {
  return [
    `nodes/${type}.ts`,
    `nodes/${type}.html`,
    `nodes/locales/${LOCALE}/${type}.json`,
    `nodes/locales/${LOCALE}/${type}.html`,
    `icons/${type}.svg`,
  ];
}

/** The paths, relative to `root`, that a node type lacks. */
export function missingSources(root: string, types: readonly NodeType[]): readonly string[] {
  return types.flatMap(sourcesOf).filter((path) => !existsSync(join(root, path)));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/**
 * Puts the editor's files where Node-RED looks for them: beside the built node files, icons in `icons/` there.
 * The meter's facts go into the forms on the way.
 */
export function buildEditor(root: string, types: readonly NodeType[]): void {
  const target = join(root, 'dist/nodes');
  for (const type of types) {
    const html = readFileSync(join(root, `nodes/${type}.html`), 'utf8');
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, `${type}.html`), injectFacts(type, html));
    copy(join(root, `icons/${type}.svg`), join(target, `icons/${type}.svg`));
    for (const ending of ['json', 'html']) {
      const path = `locales/${LOCALE}/${type}.${ending}`;
      copy(join(root, 'nodes', path), join(target, path));
    }
  }
}

/**
 * Offers the reference flows under Import > Examples. Node-RED lists the real files below `examples/` of the package
 * and nothing else (no manifest entry, no links), so copies are made there; git does not keep them.
 */
export function offerFlows(root: string): void {
  const target = join(root, 'examples/reference-flows');
  rmSync(target, { recursive: true, force: true });
  for (const name of readdirSync(join(root, 'flows')).filter((file) => file.endsWith('.json'))) {
    copy(join(root, 'flows', name), join(target, name));
  }
}
