import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { context, type BuildContext, type PluginBuild } from 'esbuild';
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
function complaints({ generatedTexts: texts, aliases: aliasesOf, misfits: misfitsOf }: Generators): readonly string[] {
  const old = [...texts()].filter(([path, text]) => {
    try {
      return readFileSync(join(ROOT, path), 'utf8') !== text;
    } catch {
      return true;
    }
  });
  const recorded = JSON.parse(readFileSync(join(ROOT, 'test/vectors/sparkplug-aliases.json'), 'utf8')) as object;
  const unknown = Object.keys(aliasesOf()).filter((name) => !(name in recorded));
  return [...old.map(([path]) => path), ...unknown, ...misfitsOf()];
}

/** The generators, made of sources that may be changed. */
class ChangedGenerators {
  private constructor(private readonly bundler: BuildContext) {}

  /**
   * @param filter which sources may be
   * @param contentsOf the text of such a source, asked anew each time
   */
  static async create(filter: RegExp, contentsOf: (path: string) => string): Promise<ChangedGenerators> {
    const setup = (build: PluginBuild): void => {
      build.onLoad({ filter }, ({ path }) => ({ contents: contentsOf(path), loader: 'ts' }));
    };
    return new ChangedGenerators(
      await context({
        entryPoints: [join(ROOT, 'test/mutants/generated-texts.ts')],
        bundle: true,
        write: false,
        platform: 'node',
        packages: 'external',
        format: 'cjs',
        logLevel: 'silent',
        plugins: [{ name: 'mutant', setup }],
      }),
    );
  }

  /** What checks have against what they make now. */
  async complaints(): Promise<readonly string[]> {
    const { outputFiles } = await this.bundler.rebuild();
    const folder = join(ROOT, 'test/mutants');
    const module = { exports: {} };
    const globals = { module, exports: module.exports, __dirname: folder, __filename: '', process, Buffer, console };
    const require = createRequire(join(folder, 'generated-texts.ts'));
    const more = { require, URL, TextEncoder, TextDecoder, performance };
    try {
      runInNewContext(outputFiles?.[0]?.text ?? '', { ...globals, ...more });
      return complaints(module.exports as Generators);
    } catch (thrown) {
      // A table that cannot be used is red, too.
      return [String(thrown)];
    }
  }

  dispose(): Promise<void> {
    return this.bundler.dispose();
  }
}

/** Where something has to become another when a row does that all of them show. */
const EVERYWHERE = [
  ...['deploy/alerts/', 'deploy/codesys/', 'deploy/grafana/dashboards/', 'deploy/grafana/provisioning/alerting/'],
  ...['deploy/influxdb/v1', 'deploy/influxdb/v2/', 'deploy/influxdb/v3/', 'deploy/telegraf/', 'docs/'],
];

describe('mutants of the tables of metrics, KPIs and rules', function () {
  this.timeout(600_000);

  it('all turn a generator check red', async () => {
    const mutants = TABLES.flatMap(([file, nameKey]) => rowMutants(file, nameKey));
    assert.ok(mutants.length >= LEAST_MUTANTS, `${mutants.length} mutants`);
    let mutant: RowMutant | undefined;
    const generators = await ChangedGenerators.create(/(catalog|derived-metrics|rules[\\/][a-z-]+)\.ts$/, (path) =>
      mutant?.file === path ? mutant.text : readFileSync(path, 'utf8'),
    );
    assert.deepEqual(await generators.complaints(), [], 'the generators run, and nothing is old');
    const survivors: string[] = [];
    for (mutant of mutants) if ((await generators.complaints()).length === 0) survivors.push(mutant.what);
    await generators.dispose();
    console.log(`      ${mutants.length} mutants, ${survivors.length} unseen`);
    assert.deepEqual(survivors, []);
  });

  it('a row that has another name changes dashboards, alerts, tiers, Telegraf, listeners and documents together', async () => {
    const generators = await ChangedGenerators.create(/(src|tools|nodes)[\\/].*\.ts$/, (path) =>
      readFileSync(path, 'utf8').replaceAll(/\bfrequency\b/g, 'mains_frequency'),
    );
    const changed = await generators.complaints();
    await generators.dispose();
    for (const place of EVERYWHERE)
      assert.ok(
        changed.some((path) => path.startsWith(place)),
        `nothing of ${place} among ${changed.join(', ')}`,
      );
  });
});
