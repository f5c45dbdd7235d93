import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { DEFAULTS, type NodeType } from '../../nodes/shared/forms';
import { catalogOf, formOf } from '../../tools/forms/form';
import { LANGUAGES, type Language } from '../../tools/forms/languages';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

/** What docs, help and sentences call a setting exists, and can be set. */

const TYPES = Object.keys(DEFAULTS) as NodeType[];
const PROPERTIES: ReadonlySet<string> = new Set(TYPES.flatMap((type) => Object.keys(DEFAULTS[type])));
/** A name as programs write it, of two words at least. No unit (kWh), no path and no version begins so. */
const NAME = /(?<![\w/])[a-z]{2,}(?:[A-Z][a-z]+)+\b/g;

/** Settings of Node-RED itself, of which the readiness checklist and the pages about operating speak. */
const OF_NODE_RED: ReadonlySet<string> = new Set([
  'adminAuth',
  'allowInstall',
  'credentialSecret',
  'dataTracker',
  'externalModules',
  'functionExternalModules',
  'httpAdminRoot',
  'httpNodeAuth',
  'httpNodeMiddleware',
  'httpNodeRoot',
  'nodesExcludes',
  'sessionExpiryTime',
  'uiHost',
]);
/** Pages about Node-RED itself; elsewhere its settings would be taken for those of this package. */
const OF_OPERATING: readonly string[] = [
  'docs/incident-response.md',
  'docs/live-dashboard.md',
  'docs/operating.md',
  'docs/security/hardening.md',
];
/** What another process runs is no sentence. */
const PROGRAM = /\brequire\('/;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Vocabulary {
  /** Names that code reads or writes as text. */
  readonly quoted: ReadonlySet<string>;
  /** Names of members and functions, but for what a part of the code is only set up with: no user can reach that. */
  readonly members: ReadonlySet<string>;
  /** Texts that are more than a name, with their file. */
  readonly sentences: readonly (readonly [file: string, text: string])[];
}

const SET_UP = /(Settings|Limits|Options|Dependencies)$/;

function isSetUp(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node.parent) && SET_UP.test(node.parent.name.text);
}

function isNamed(node: ts.Node): node is ts.Node & { readonly name: ts.Node } {
  const isMember = ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
  return (isMember && node.name !== undefined) || (ts.isPropertySignature(node) && !isSetUp(node));
}

function readCode(files: readonly string[]): Vocabulary {
  const [quoted, members] = [new Set<string>(), new Set<string>()];
  const sentences: (readonly [string, string])[] = [];
  for (const file of files) {
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) {
        if (/^\w+$/.test(node.text)) quoted.add(node.text);
        else if (!ts.isImportDeclaration(node.parent) && !PROGRAM.test(node.text)) sentences.push([file, node.text]);
      }
      if (isNamed(node)) members.add(node.name.getText());
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  }
  return { quoted, members, sentences };
}

/** In the browser every text is a key of a catalog. */
const isForm = (path: string): boolean => path.endsWith('/form.ts') || path.includes('/editor/');
const code = readCode([...filesBelow('src', '.ts'), ...filesBelow('nodes', '.ts').filter((path) => !isForm(path))]);
const PAGES = ['README.md', ...filesBelow('docs', '.md'), ...filesBelow('nodes', '.html', '.json')].filter(
  (path) => path !== 'nodes/tsconfig.json',
);

/** Names that a page sets in the type of code. */
function namesOf(page: string): readonly string[] {
  const spans = [...page.matchAll(/`([^`\n]+)`|<code>([^<]+)<\/code>/g)].map(([, ticks, tag]) => ticks ?? tag ?? '');
  return spans.flatMap((span) => span.match(NAME) ?? []);
}

/** Names that a page calls a setting: in so many words, or in the first column of a table of settings. */
function settingsOf(page: string): readonly string[] {
  const inWords = [...page.matchAll(/\bsettings?\s+(?:`|<code>)([^`<]+)/g)].map(([, name = '']) => name);
  const tables = [...page.matchAll(/^## Settings\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].map(([, table = '']) => table);
  const cells = tables.flatMap((table) => [...table.matchAll(/^\|([^|]+)\|/gm)].map(([, cell = '']) => cell));
  return [...inWords, ...cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))];
}

/** Rows of a form: what stands in one of them shares its label. */
function rowOf(html: string, property: string): string | undefined {
  return html
    .split('<div class="form-row"')
    .find((row) => new RegExp(`-input-${property}"|^ data-field="${property}"`).test(row));
}

/** A property that is edited in the list of another one. */
const BESIDE: Readonly<Record<string, string>> = { groupIntervals: 'groups' };

function labelsOf(type: NodeType): Readonly<Record<string, string>> {
  const catalog = JSON.parse(read(`nodes/${type}/en-US.json`)) as Record<
    string,
    { readonly label?: Readonly<Record<string, string>> }
  >;
  return catalog[type]?.label ?? {};
}

/** Tells whether words stand in a text of the catalogs of a language, alone or in it, with anything in the places for values. */
function shownIn(language: Language): (words: string) => boolean {
  const flatten = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(flatten);
  const ofSidebar: unknown = JSON.parse(read(`nodes/sidebar/${language}.json`));
  const texts = [...TYPES.map((type) => catalogOf(ROOT, type, language)), ofSidebar].flatMap(flatten);
  // What is all places fits everything.
  const told = texts.filter((text) => /\p{L}{2}/u.test(text.replaceAll(/__\w+?__/g, '')));
  const patterns = [...told, ...TYPES].map((text) => {
    const parts = text.split(/__\w+?__/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.+')}$`);
  });
  const inOne = [...told, ...filesBelow('flows', '.json').map((file) => basename(file, '.json'))]
    .join('\n')
    .toLowerCase();
  return (words) => inOne.includes(words.toLowerCase()) || patterns.some((pattern) => pattern.test(words));
}

/** The language that a page is written in. */
const languageOf = (path: string): Language =>
  LANGUAGES.find((language) => path.endsWith(`help.${language}.html`)) ?? 'en-US';

/** What a help page quotes from the editor: in italics, and the names of the properties. */
function quotesOf(path: string): readonly string[] {
  const page = read(path);
  const properties = /<h3>(?:Properties|Eigenschaften)<\/h3>([\s\S]*?)(?:<h3>|$)/.exec(page)?.[1] ?? '';
  const terms = [...properties.matchAll(/<dt[^>]*>([\s\S]*?)(?:<span|<\/dt)/g)].flatMap(([, term = '']) =>
    term.split(','),
  );
  const italics = [...page.matchAll(/<i\s*>([\s\S]*?)<\/i\s*>/g)].map(([, words = '']) => words);
  return [...terms, ...italics].map((words) => words.replaceAll(/\s+/g, ' ').trim());
}

describe('settings', () => {
  it('are recognized in the ways in which pages name them', () => {
    assert.deepEqual(settingsOf('so (setting `maxPower`), else <code>no</code>; the setting <code>x</code>'), [
      'maxPower',
      'x',
    ]);
    assert.deepEqual(settingsOf('## Settings\n\n| member |\n| --- |\n| `a` or `b` | `c` |\n\n## Next\n| `d` |'), [
      'a',
      'b',
    ]);
    assert.deepEqual(namesOf('`maxPower` of 5 `kWh`, `spBv1.0/x`, `/dev/ttyUSB0`, <code>{"sendAll": true}</code>'), [
      'maxPower',
      'sendAll',
    ]);
  });

  it('that a page calls so are properties of a node', () => {
    const found = PAGES.flatMap((path) => settingsOf(read(path)).map((name) => [path, name] as const));
    assert.ok(found.length > 10);
    assert.deepEqual(
      found.filter(([, name]) => !PROPERTIES.has(name)),
      [],
    );
  });

  it('and all other names in pages are known to code that a user can reach', () => {
    const found = PAGES.flatMap((path) => namesOf(read(path)).map((name) => [path, name] as const)).filter(
      ([path, name]) => !OF_OPERATING.includes(path) || !OF_NODE_RED.has(name),
    );
    assert.ok(found.length > 50);
    assert.deepEqual(
      found.filter(([, name]) => !PROPERTIES.has(name) && !code.quoted.has(name) && !code.members.has(name)),
      [],
    );
  });

  it('and names in sentences of the code are read or written somewhere', () => {
    const found = code.sentences.flatMap(([file, text]) =>
      (text.match(NAME) ?? []).map((name) => [file, name] as const),
    );
    assert.ok(found.length > 30);
    assert.deepEqual(
      found.filter(([, name]) => !PROPERTIES.has(name) && !OF_NODE_RED.has(name) && !code.quoted.has(name)),
      [],
    );
  });

  it('and what help pages quote from the editor stands there in these words', () => {
    const tests = new Map(LANGUAGES.map((language) => [language, shownIn(language)]));
    // Other pages quote other programs, and flows, too.
    const found = PAGES.filter((path) => path.endsWith('.html')).flatMap((path) =>
      quotesOf(path).map((words) => [path, words] as const),
    );
    assert.ok(found.length > 50);
    assert.deepEqual(
      found.filter(([path, words]) => tests.get(languageOf(path))?.(words) !== true),
      [],
    );
  });

  it('of the KPIs are what the form of pm500-normalize has, under the same names', () => {
    const { sentences } = readCode(['src/domain/kpis/settings.ts']);
    const names = [...read('src/domain/kpis/settings.ts').matchAll(/\bread(?:<[^>]+>)?\(\s*'(\w+)'/g)].map(
      ([, name = '']) => name,
    );
    assert.ok(names.includes('minimumAmperes') && names.length > 8);
    assert.deepEqual(
      names.filter((name) => !(name in DEFAULTS['pm500-normalize'])),
      [],
    );
    assert.deepEqual(
      sentences.filter(([, text]) => text.startsWith('kpis.')),
      [],
      'no setting is called so',
    );
  });

  for (const type of TYPES) {
    it(`of ${type} have a field in its form, with a label, and are read`, () => {
      const html = formOf(ROOT, type);
      const labels = labelsOf(type);
      for (const property of Object.keys(DEFAULTS[type])) {
        if (property === 'configVersion') continue;
        const row = rowOf(html, property);
        assert.ok(row !== undefined || html.includes(`${property}: open.`), `${property} has no field`);
        const isLabeled = property in labels || row?.includes('<label') === true || BESIDE[property] !== undefined;
        assert.ok(isLabeled, `the field of ${property} has no label`);
        assert.ok(code.quoted.has(property), `nothing reads ${property}`);
      }
    });
  }
});
