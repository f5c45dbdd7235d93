import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_TYPES } from '../../nodes/shared/forms';
import { STATUS_TEXT_LIMIT } from '../../nodes/shared/status';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { ROOT } from '../../testkit/root';
import { catalogOf } from '../../tools/forms/form';
import type { Catalog } from '../../tools/forms/html';
import { LANGUAGES, type Language } from '../../tools/forms/languages';
import { SENTENCE_TABLES, toldCatalog } from '../../tools/forms/told';

/** Every text of the editor exists in every language, with the same places for values; help pages say the same things. */

const [SOURCE, ...OTHERS] = LANGUAGES;

/** Paths of TypeScript files below folders. */
function sourcesBelow(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
}

const METRIC_NAMES: ReadonlySet<string> = new Set(ALL_METRICS.map(({ name }) => name));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Keys with their texts, plural forms by themselves. */
function flatten(value: string | Catalog, path = ''): readonly (readonly [key: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value).flatMap(([key, below]) => flatten(below, path === '' ? key : `${path}.${key}`));
}

/** Catalogs that the editor loads, by the folder of their sources. */
const CATALOGS: Readonly<Record<string, (language: Language) => ReadonlyMap<string, string>>> = {
  ...Object.fromEntries(
    NODE_TYPES.map((type) => [type, (language: Language) => new Map(flatten(catalogOf(ROOT, type, language)))]),
  ),
  widgets: (language) => new Map(flatten(JSON.parse(read(`nodes/shared/widgets/${language}.json`)) as Catalog)),
  told: (language) => new Map(flatten(toldCatalog(ROOT, language))),
  sidebar: (language) => new Map(flatten(JSON.parse(read(`nodes/sidebar/${language}.json`)) as Catalog)),
};

const placesOf = (text: string): readonly string[] => [...new Set(text.match(/__\w+?__|\{\w+\}/g) ?? [])].sort();

/** What is the same word in German: names that others gave, terms of a standard, and words that both languages have. */
const SAME_IN_GERMAN: ReadonlySet<string> = new Set([
  // names
  'AWS IoT Core',
  'InfluxDB',
  'InfluxDB 2, VictoriaMetrics, Telegraf',
  'InfluxDB 3',
  'InfluxDB out',
  'IoT out',
  'MQTT',
  'MQTT 3.1.1',
  'MQTT 5',
  'Modbus TCP',
  'PM 500',
  'PowerMonitor 500',
  'Sparkplug 2.2',
  'Sparkplug 3.0',
  'Sparkplug out',
  'camelCase',
  'L1-L2-L3',
  'L1-L3-L2',
  'influx-out',
  'iot-out',
  'snake_case',
  'ui-pm500-meter',
  'ui-pm500-phasor',
  // terms of protocols and products
  '443 (ALPN)',
  'Broker',
  'Bucket',
  'Measurement',
  'TLS',
  'Token',
  'Topic',
  'URL',
  // words of both languages
  'Host',
  'Name',
  'Port',
  'Proxy',
  'Revision',
  'Server',
  'offline',
]);
const SAME: Readonly<Record<string, ReadonlySet<string>>> = { de: SAME_IN_GERMAN };
/** No words at all: places for values, units, numbers, names of the message. */
const WORDLESS = /^(?:__\w+?__|\{\w+\}|[\d.\s:+/,()"%–-]|k?Wh?|MWh?|ms|min|[smhdV]|kW)*$/;

/** Places that only other languages have: what to enter stands before a sentence of the server, which is English. */
const FURTHER_PLACES: Readonly<Record<string, readonly string[]>> = { inDetail: ['__enter__'] };

/** What stands in the places of a status mostly. */
const USUAL: Readonly<Record<string, string>> = {
  records: '12 345',
  messages: '12 345',
  count: '54',
  read: '8',
  live: '49',
  bad: '12',
  uncertain: '32',
  problems: '2',
  milliseconds: '120',
  group: 'realtime',
  time: '12:34',
  port: '44818',
  power: '441.3',
  name: 'phase-loss',
  more: '2',
};

function shownStatus(text: string): string {
  return text.replaceAll(/__(\w+?)__/g, (_place, name: string) => {
    const value = USUAL[name];
    assert.ok(value !== undefined, `say above what ${name} is mostly`);
    return value;
  });
}

/** What a sentence about a field begins and ends with. */
const ASKS: Readonly<Record<Language, RegExp>> = {
  'en-US': /^(Enter|Choose) .+\.$/,
  de: /^(Geben|Wählen) Sie .+\.$/,
};

/** Words in a help page that say what kind a setting is, where it is no type of JavaScript. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  de: { button: 'Taste', choice: 'Auswahl', password: 'Passwort' },
};

interface Block {
  /** Its tag with attributes. */
  readonly tag: string;
  /** What reads the same in every language: code, places of links, types. */
  readonly fixed: readonly string[];
}

const BLOCK = /<(\/?(?:script|p|h3|h4|dl|dt|dd|ol|ul|li)\b[^>]*)>/;

/** A help page as a row of blocks. */
function blocksOf(page: string, kinds: Readonly<Record<string, string>> = {}): readonly Block[] {
  const parts = page.split(BLOCK);
  return parts.flatMap((part, index) => {
    if (index % 2 === 0) return [];
    const body = parts[index + 1] ?? '';
    const code = [...body.matchAll(/<code\s*>([\s\S]*?)<\/code\s*>/g)].map(([, text = '']) => text.trim());
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link);
    const types = [...body.matchAll(/<span class="property-type">([^<]*)</g)].map(([, type = '']) =>
      type.replaceAll(/\w+/g, (word) => kinds[word] ?? word),
    );
    return [{ tag: part.replaceAll(/\s+/g, ' '), fixed: [...code, ...links, ...types].sort() }];
  });
}

/** Where a person writes a text. Labels of metrics are told to every form. */
function homeOf(catalog: string, key: string, language: Language): string {
  const last = key.split('.').at(-1) ?? '';
  if (catalog !== 'told' && key.startsWith('choice.') && METRIC_NAMES.has(last))
    return `metric.${last} (nodes/shared/told/${language}.json)`;
  const folder = { told: 'shared/told', widgets: 'shared/widgets' }[catalog] ?? catalog;
  return `${key} (nodes/${folder}/${language}.json)`;
}

for (const language of OTHERS) {
  describe(`the language ${language}`, () => {
    for (const [name, catalog] of Object.entries(CATALOGS)) {
      it(`has every text of ${name}, with its places, in words of its own`, () => {
        const [source, other] = [catalog(SOURCE), catalog(language)];
        const missing = [...source.keys()].filter((key) => !other.has(key)).map((key) => homeOf(name, key, language));
        assert.deepEqual(missing, [], `add in ${language}: ${missing.join(', ')}`);
        const idle = [...other.keys()].filter((key) => !source.has(key)).map((key) => homeOf(name, key, language));
        assert.deepEqual(idle, [], `no text in English has this key, take it away: ${idle.join(', ')}`);
        for (const [key, text] of source) {
          const translated = other.get(key) ?? '';
          assert.deepEqual(placesOf(translated), [...placesOf(text), ...(FURTHER_PLACES[key] ?? [])].sort(), key);
          assert.equal(translated.trim(), translated, key);
          const isSame = translated === text && !WORDLESS.test(text) && SAME[language]?.has(text) !== true;
          assert.ok(!isSame, `${key} is "${text}" in both languages`);
        }
      });
    }

    it('asks in one style for what a field wants', () => {
      for (const type of NODE_TYPES)
        for (const [key, text] of CATALOGS[type]?.(language) ?? [])
          if (/^error\.(?!forbidden|noAnswer)/.test(key)) assert.match(text, ASKS[language], `${type} ${key}`);
    });

    it('calls nothing the same that is not', () => {
      const texts = Object.values(CATALOGS).flatMap((catalog) => [...catalog(SOURCE).values()]);
      const idle = [...(SAME[language] ?? [])].filter((text) => !texts.includes(text));
      assert.deepEqual(idle, []);
    });

    for (const type of NODE_TYPES) {
      it(`has the help of ${type}, block by block, with the same names and code`, () => {
        const source = blocksOf(read(`nodes/${type}/help.${SOURCE}.html`), KINDS[language]);
        const other = blocksOf(read(`nodes/${type}/help.${language}.html`));
        assert.deepEqual(other, source);
      });

      it(`calls the settings of ${type} in its help what its form calls them`, () => {
        const page = read(`nodes/${type}/help.${language}.html`);
        const labels = new Set(CATALOGS[type]?.(language).values());
        const terms = [...page.matchAll(/<dt[^>]*>([^<]*)<span class="property-type">/g)].flatMap(([, term = '']) =>
          term.split(',').map((each) => each.replaceAll(/\s+/g, ' ').trim()),
        );
        const known = terms.join(', ');
        for (const term of terms)
          assert.ok(/^[a-z.]+$/.test(term) || labels.has(term) || isPart(term, known, labels), term);
      });
    }
  });
}

/** True for a part of a label that has a comma in it. */
function isPart(term: string, terms: string, labels: ReadonlySet<string>): boolean {
  return [...labels].some((label) => label.includes(',') && label.includes(term) && terms.includes(label));
}

describe('what the server says in the editor', () => {
  it('stands in tables that the catalogs are made of, each once', () => {
    const declared = sourcesBelow('src', 'nodes').flatMap((path) =>
      [...read(path).matchAll(/\bsentences(?:<string>)?\(\s*'(\w+)'/g)].map(([, subject = '']) => subject),
    );
    assert.ok(declared.length > 15);
    assert.deepEqual(declared.sort(), SENTENCE_TABLES.map(({ subject }) => subject).sort());
  });

  it('names the same numbers of a check of the doctor in every language', () => {
    const numbers = (text: string): readonly string[] => text.match(/(?<![\w-])\d+(?:\.\d+)*/g) ?? [];
    const source = new Map(flatten(toldCatalog(ROOT, SOURCE)));
    for (const language of OTHERS)
      for (const [key, text] of flatten(toldCatalog(ROOT, language)))
        if (key.startsWith('doctorCheck.'))
          assert.deepEqual([...numbers(text)].sort(), [...numbers(source.get(key) ?? '')].sort(), key);
  });

  it('says nothing in English in other languages, but the words of other programs after saying so', () => {
    for (const language of OTHERS)
      for (const [key, text] of flatten(toldCatalog(ROOT, language)))
        assert.doesNotMatch(text, /(?<![-\w./{])(?:the|and|of|with|not|from|when|which|meter|check)(?![-\w}])/i, key);
  });
});

describe('statuses', () => {
  for (const language of LANGUAGES) {
    it(`fit under a node with what usually stands in them (${language})`, () => {
      for (const type of NODE_TYPES)
        for (const [key, text] of CATALOGS[type]?.(language) ?? [])
          if (key.startsWith('status.'))
            assert.ok(shownStatus(text).length <= STATUS_TEXT_LIMIT, `${type} ${key}: ${shownStatus(text)}`);
    });
  }
});
