import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsOf, linksOf } from '../../testkit/markdown-pages';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

const INDEX = 'docs/README.md';
const ROOT_PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const DOCS = filesBelow('docs', '.md');
const PAGES = [...ROOT_PAGES, ...DOCS, ...filesBelow('nodes', 'README.md'), 'data/README.md', 'deploy/aws/README.md'];
const LINKS = PAGES.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
const PICTURES = LINKS.filter(({ isPicture }) => isPicture);
/** A word or two, such as the name of a file, tell nothing to whoever does not see a picture. */
const LEAST_WORDS = 5;
/** What a build, a demo or a user makes, and no checkout has. */
const MADE = /^(dist|node_modules|\.demo|\.bench|deploy\/aws\/(cdk\.out|node_modules))(\/|$)/;
/** The first screen, a table of nodes and one of flows: more belongs to a page of docs/. */
const README_LINES = 200;

/** Files that a page links. */
function linkedFrom(page: string): ReadonlySet<string | undefined> {
  return new Set(linksOf(page).map(({ path }) => path));
}

describe('pages that a person reads', () => {
  it('every link leads to a file that exists, and every anchor to a heading of its page', () => {
    assert.ok(LINKS.length > 300 && LINKS.some(({ anchor }) => anchor !== undefined));
    const dead = LINKS.filter(({ path, anchor }) => {
      if (path === undefined) return false;
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor);
    });
    assert.deepEqual(
      dead.map(({ page, target }) => `${page}: ${target}`),
      [],
    );
  });

  it('every page of docs/ is in the index, but for the runbooks, which stand in the list of alerts', () => {
    const [index, alerts] = [linkedFrom(INDEX), linkedFrom('docs/alert-rules.md')];
    const missing = DOCS.filter((page) => {
      const isRunbook = page.startsWith('docs/runbooks/') && !page.endsWith('README.md');
      return page !== INDEX && !index.has(page) && !(isRunbook && alerts.has(page));
    });
    assert.deepEqual(missing, []);
    assert.ok(linkedFrom('README.md').has(INDEX), 'README.md links the index');
  });

  it('every picture is there, is shown by a page, and has words for whoever does not see it', () => {
    const shown = new Set(PICTURES.map(({ path }) => path));
    assert.deepEqual(
      filesBelow('docs/images', '').filter((picture) => !shown.has(picture)),
      [],
      'no page shows it',
    );
    assert.deepEqual(
      PICTURES.filter(({ words }) => words.split(' ').length < LEAST_WORDS).map(
        ({ page, target }) => `${page}: ${target}`,
      ),
      [],
      'its words say too little',
    );
  });

  it('every path that the pages for contributors name exists', () => {
    const folders = 'src|nodes|test|testkit|tools|docs|deploy|bench|flows|examples|data|dist';
    const named = [...ROOT_PAGES.slice(0, 3), 'nodes/README.md'].flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, 'g'))].map(
        ([, path = '']) => ({ page, path }),
      ),
    );
    assert.ok(named.length > 60);
    assert.deepEqual(
      named
        .filter(({ path }) => !MADE.test(path) && !existsSync(join(ROOT, path)))
        .map(({ page, path }) => `${page}: ${path}`),
      [],
    );
  });

  it('every npm script that a page names is one of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const own = [...ROOT_PAGES, ...DOCS].filter((page) => !page.includes('runbooks'));
    const missing = own.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/npm run (?:--silent )?([\w:]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !(name in scripts))
        .map((name) => `${page}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  it(`README.md is a page of at most ${README_LINES} lines, whose picture comes before its first heading of a part`, () => {
    const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
    assert.ok(text.split('\n').length <= README_LINES);
    assert.ok(text.indexOf('![') < text.indexOf('\n## '));
    for (const command of ['npm ci && npm run demo', 'npm ci && npm test']) assert.ok(text.includes(command), command);
  });
});
