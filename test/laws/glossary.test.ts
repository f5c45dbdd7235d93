import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/root';

/** The words of `docs/glossary.md` are those that a German operator reads in forms, help, sidebar and widgets. */

/** Files of German texts: catalogs and help pages. */
const GERMAN = readdirSync(join(ROOT, 'nodes'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /(^|\/)(?:help\.de\.html|de\.json)$/.test(name))
  .map((name) => readFileSync(join(ROOT, 'nodes', name), 'utf8').replaceAll(/\s+/g, ' '));
const TEXT = GERMAN.join('\n').toLowerCase();

const CELLS = /^\| (.+?) +\| (.+?) +\| .+ \|$/;
const ROWS = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, word, german] = CELLS.exec(line) ?? [];
    return word === undefined || german === undefined || /^(?:word|-+)$/.test(word) ? [] : [{ word, german }];
  });

/** Without the ending that a sentence gives it. */
const stemOf = (word: string): string => word.toLowerCase().replace(/(?:en|er|es|e|n|s)$/, '');

/** Other words for what the glossary has a word for: a reader would look for the difference. */
const OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  outbox: /postausgang|zwischenspeicher/,
  unbalance: /ungleichgewicht|asymmetrie|unwucht/,
  'load factor': /lastfaktor|auslastungsgrad/,
  'phase sequence': /phasenfolge|drehrichtung/,
  demand: /messintervall|mittelungszeit|spitzenlast/,
  'power factor': /cos ?phi|wirkfaktor/,
  'birth, death': /geburtsnachricht|sterbenachricht/,
  'active energy import, export': /rückspeisung|einspeisung/,
  'report by exception': /ausnahmemeldung/,
};

describe('the glossary', () => {
  it('has a German word beside each', () => {
    assert.ok(ROWS.length > 20);
  });

  for (const { word, german } of ROWS) {
    it(`calls ${word} in German what forms, help and sidebar call it`, () => {
      for (const term of german.split(/[,;:] */)) {
        const stems = term.split(' ').map(stemOf);
        const isThere = stems.every((stem) => TEXT.includes(stem));
        assert.ok(isThere, `nothing in German says "${term}"`);
      }
      const other = OTHER_WORDS[word]?.exec(TEXT);
      assert.equal(other?.[0], undefined, `say "${german}"`);
    });
  }

  it('is about words that there are', () => {
    const words = ROWS.map(({ word }) => word);
    assert.deepEqual(
      Object.keys(OTHER_WORDS).filter((word) => !words.includes(word)),
      [],
    );
  });
});
