import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scriptOf } from '../nodes/shared/dashboard';
import type { NodeType, WidgetType } from '../nodes/shared/forms';
import { formOf, shippedCatalog, sidebarOf, widgetOf } from './forms/form';
import { LANGUAGES } from './forms/languages';

/** Everything that must stand in the sources for one node type. */
function sourcesOf(type: NodeType): readonly string[] {
  const texts = LANGUAGES.flatMap((language) => [`${language}.json`, `help.${language}.html`]);
  const own = ['index.ts', 'settings.ts', 'form.ts', ...texts];
  return [...own.map((name) => `nodes/${type}/${name}`), `icons/${type}.svg`];
}

/** The paths, relative to `root`, that a node type lacks. */
export function missingSources(root: string, types: readonly NodeType[]): readonly string[] {
  return types.flatMap(sourcesOf).filter((path) => !existsSync(join(root, path)));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Puts the editor's files where Node-RED looks for them: named like the file of the node and beside it, icons in `icons/`
 * and texts in `locales/` there.
 */
export function buildEditor(root: string, types: readonly NodeType[]): void {
  for (const type of types) {
    const target = join(root, 'dist/nodes', type);
    write(join(target, 'index.html'), formOf(root, type));
    copy(join(root, `icons/${type}.svg`), join(target, `icons/${type}.svg`));
    for (const language of LANGUAGES) {
      const catalog = { [type]: shippedCatalog(root, type, language) };
      write(join(target, `locales/${language}/index.json`), `${JSON.stringify(catalog, null, 2)}\n`);
      copy(join(root, `nodes/${type}/help.${language}.html`), join(target, `locales/${language}/index.html`));
    }
  }
}

/** The same for the sidebar, which is a plugin and belongs to no type. */
export function buildSidebar(root: string): void {
  const target = join(root, 'dist/nodes/sidebar');
  write(join(target, 'index.html'), sidebarOf(root));
  for (const language of LANGUAGES)
    copy(join(root, `nodes/sidebar/${language}.json`), join(target, `locales/${language}/index.json`));
}

/** The scripts of the widgets, where Node-RED serves what belongs to a package. git does not keep them. */
export function buildWidgets(root: string, types: readonly WidgetType[]): void {
  for (const type of types) write(join(root, 'resources', scriptOf(type)), widgetOf(root, type));
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
