import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { transformSync } from 'esbuild';
import type { aliases, generatedTexts, misfits } from '../mutants/generated-texts';
import { rowMutants, type RowMutant } from '../mutants/row-mutants';
import { ROOT } from '../../testkit/root';

interface Generators {
  readonly generatedTexts: typeof generatedTexts;
  readonly aliases: typeof aliases;
  readonly misfits: typeof misfits;
}

const RULES = join(ROOT, 'tools/alerts/rules');
/** Every table whose rows name a metric, a KPI or a rule, and the property by which a row that is an object is named. */
const TABLES: readonly (readonly [file: string, nameKey: string])[] = [
  [join(ROOT, 'src/metrics/catalog.ts'), 'name'],
  [join(ROOT, 'src/metrics/derived-metrics.ts'), 'name'],
  ...readdirSync(RULES).map((name) => [join(RULES, name), 'id'] as const),
];
/** As many rows as these tables have at least; fewer say that rows are not found any more. */
const LEAST_MUTANTS = 200;

/** What a forgotten generator, the record of aliases, or a unit that is not that of its quantity, would have against these tables. */
function* complaints({ generatedTexts: texts, aliases: aliasesOf, misfits: misfitsOf }: Generators): Generator<string> {
  yield* misfitsOf();
  const recorded = JSON.parse(readFileSync(join(ROOT, 'test/vectors/sparkplug-aliases.json'), 'utf8')) as object;
  yield* Object.keys(aliasesOf()).filter((name) => !(name in recorded));
  for (const [path, text] of texts()) if (repositoryText(path) !== text) yield path;
}

const repositoryTexts = new Map<string, string | undefined>();

/** A file of the repository, read once; undefined where there is none. */
function repositoryText(path: string): string | undefined {
  if (!repositoryTexts.has(path)) {
    const file = join(ROOT, path);
    repositoryTexts.set(path, existsSync(file) ? readFileSync(file, 'utf8') : undefined);
  }
  return repositoryTexts.get(path);
}

type Load = (exports: object, require: (name: string) => unknown, module: object, path: string, folder: string) => void;

interface Loaded {
  readonly exports: object;
}

const GENERATORS = join(ROOT, 'test/mutants/generated-texts.ts');

/** The file that an import of a folder or of a file without its ending means. */
function sourceOf(path: string): string {
  const file = [path, `${path}.ts`, join(path, 'index.ts')].find((name) => existsSync(name) && statSync(name).isFile());
  assert.ok(file !== undefined, `no source is ${path}`);
  return file;
}

function compile(path: string, text: string): Load {
  if (path.endsWith('.json')) text = `module.exports = ${text}`;
  const { code } = transformSync(text, { loader: path.endsWith('.ts') ? 'ts' : 'js', format: 'cjs', sourcefile: path });
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
  return new Script(wrapped, { filename: path }).runInThisContext() as Load;
}

/** The generators, made of sources that may be changed: all modules are run anew each time, what did not change is compiled once. */
class ChangedGenerators {
  private readonly compiled = new Map<string, Load>();

  /** @param changed the text of a source where it is another, asked anew each time */
  constructor(private readonly changed: (path: string) => string | undefined) {}

  /**
   * What checks have against what they make now.
   * @param most ends the search after so many
   */
  complaints(most = Infinity): readonly string[] {
    try {
      const found: string[] = [];
      for (const complaint of complaints(this.load(GENERATORS, new Map()) as Generators))
        if (found.push(complaint) >= most) break;
      return found;
    } catch (thrown) {
      // A table that cannot be used is red, too.
      return [String(thrown)];
    }
  }

  private load(path: string, loaded: Map<string, Loaded>): object {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const foreign = createRequire(path);
    const require = (name: string): unknown =>
      name.startsWith('.') ? this.load(sourceOf(resolve(dirname(path), name)), loaded) : foreign(name);
    this.codeOf(path)(module.exports, require, module, path, dirname(path));
    return module.exports;
  }

  private codeOf(path: string): Load {
    const text = this.changed(path);
    if (text !== undefined) return compile(path, text);
    const known = this.compiled.get(path) ?? compile(path, readFileSync(path, 'utf8'));
    this.compiled.set(path, known);
    return known;
  }
}

/** Where something has to become another when a row does that all of them show. */
const EVERYWHERE = [
  ...['deploy/alerts/', 'deploy/codesys/', 'deploy/grafana/dashboards/', 'deploy/grafana/provisioning/alerting/'],
  ...['deploy/influxdb/v1', 'deploy/influxdb/v2/', 'deploy/influxdb/v3/', 'deploy/telegraf/', 'docs/'],
];

describe('mutants of the tables of metrics, KPIs and rules', function () {
  this.timeout(600_000);

  it('all turn a generator check red', () => {
    const mutants = TABLES.flatMap(([file, nameKey]) => rowMutants(file, nameKey));
    assert.ok(mutants.length >= LEAST_MUTANTS, `${mutants.length} mutants`);
    let mutant: RowMutant | undefined;
    const generators = new ChangedGenerators((path) => (mutant?.file === path ? mutant.text : undefined));
    assert.deepEqual(generators.complaints(), [], 'the generators run, and nothing is old');
    const survivors: string[] = [];
    for (mutant of mutants) if (generators.complaints(1).length === 0) survivors.push(mutant.what);
    console.log(`      ${mutants.length} mutants, ${survivors.length} unseen`);
    assert.deepEqual(survivors, []);
  });

  it('a row that has another name changes dashboards, alerts, tiers, Telegraf, listeners and documents together', () => {
    const changed = new ChangedGenerators((path) =>
      /(src|tools|nodes)[\\/].*\.ts$/.test(path)
        ? readFileSync(path, 'utf8').replaceAll(/\bfrequency\b/g, 'mains_frequency')
        : undefined,
    ).complaints();
    for (const place of EVERYWHERE)
      assert.ok(
        changed.some((path) => path.startsWith(place)),
        `nothing of ${place} among ${changed.join(', ')}`,
      );
  });
});
