import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { ROOT } from '../../testkit/root';

/**
 * British spellings, each as it stands inside of a word (`colour` finds `colourOf`), in lower case. A hyphen stands for
 * where a word begins or ends.
 */
const BRITISH = `
  catalogue dialogue- analogue -prologue- -epilogue-
  colour behaviour neighbour honour favour flavour labour- rumour vapour humour endeavour harbour armour rigour-
  judgement acknowledgement -ageing-
  -afterwards- -towards- -backwards- -upwards- -downwards- -inwards- -outwards- -whilst- -amongst-
  cancelled cancelling labelled labelling travelled travelling modelled modelling signalled signalling levelled
  channelled tunnelled fuelled totalled marshalled unravelled dialled dialling
  -fulfil- fulfils fulfilment enrolment- instalment- skilful- -wilful-
  -centre centred -metres- kilometre -litre fibre- theatre calibre -meagre- spectre-
  analyse- analysed analysing -catalyse -paralyse
  organis recognis normalis initialis serialis optimis minimis maximis synchronis authoris categoris characteris
  summaris emphasis- emphasise utilis visualis standardis customis generalis specialis finalis realis- realise
  realising apologis prioritis memoris randomis capitalis centralis localis- localise initialise materialis neutralis
  penalis stabilis symbolis sanitis tokenis finaliser
  defence- offence- -pretence- licence -practise artefact- sceptic
  -learnt- -burnt- -spelt- -misspelt- -spoilt- -dreamt- -leapt-
  -grey- -greys- -aluminium- -mould- -plough -tyre- -kerb- -cheque -programme- -programmes- -maths- -cosy- -storey-
  queueing- manoeuvre
`;

/** What a word above is part of by right: names that others gave. */
const GIVEN_BY_OTHERS = [
  // The fill of a status, as Node-RED calls it.
  /fill: 'grey'|\bfill === 'grey'|'grey not read yet'/g,
  // Units and programs.
  /fibre channel/gi,
];

const WORDS = new RegExp(
  BRITISH.trim()
    .split(/\s+/)
    .map((word) => word.replace(/^-/, '(?<![a-z])').replace(/-$/, '(?![a-z])'))
    .join('|'),
  'gi',
);

/** Where words are those of others, or made: packages, what a build writes, vectors. This file holds the words. */
const PASSED_OVER = [
  '.git',
  '.demo',
  '.bench',
  'node_modules',
  'cdk.out',
  'dist',
  'coverage',
  'vectors',
  'reference-flows',
];
const NO_TEXT = new Set(['.png', '.csv', '.pem', '.svg', '.tgz', '.log']);

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return PASSED_OVER.includes(entry.name) ? [] : filesOf(path);
    const isText = !NO_TEXT.has(extname(entry.name)) && entry.name !== 'package-lock.json' && path !== __filename;
    return entry.isFile() && isText ? [path] : [];
  });
}

/** Texts of the editor in other languages than English. */
const IN_OTHER_LANGUAGES = /^nodes\/(?:[^/]+\/)+(?:help\.)?(?!en-US)[a-z]{2}(?:-[A-Z]{2})?\.(?:json|html)$/;

/** The British spellings of a text. */
function britishIn(text: string): string[] {
  const own = GIVEN_BY_OTHERS.reduce((rest, given) => rest.replace(given, ''), text);
  return own.match(WORDS) ?? [];
}

describe('words', () => {
  it('files and their names are American English', () => {
    const strays = filesOf(ROOT).flatMap((path) => {
      const file = relative(ROOT, path);
      if (IN_OTHER_LANGUAGES.test(file)) return [];
      return britishIn(`${file}\n${readFileSync(path, 'utf8')}`).map((word) => `${file}: ${word}`);
    });
    assert.deepEqual(strays, []);
  });

  it('finds a spelling inside of an identifier, and passes over words that only look like one', () => {
    assert.deepEqual(britishIn('const CATALOGUE = colourOf(neighbours); // afterwards'), [
      'CATALOGUE',
      'colour',
      'neighbour',
      'afterwards',
    ]);
    assert.deepEqual(britishIn("parameters of a perimeter, hours, tours, noise, promise; { fill: 'grey' }"), []);
  });
});
