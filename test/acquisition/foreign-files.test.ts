import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFleet } from '../../src/acquisition/fleet/fleet';
import { fleetFileReader } from '../../src/acquisition/fleet/fleet-file';
import { loadLayout } from '../../src/acquisition/layout-file';
import { loadCsvProfile } from '../../src/simulator/model/csv-profile';
import { Pm500Error } from '../../src/support/errors';
import { excessiveGrowth, FACTOR } from '../../testkit/growth';
import { PM500 } from '../../src/meters/pm500';

const DEFAULTS = { groups: new Map([['realtime', undefined]]), intervalMs: 1000 };
const SECRET = 'hunter2';
/** The most that is read of a meter list. */
const MOST_BYTES = 4_000_000;

/** Files that somebody may name by mistake, or on purpose to see what is in them. */
const FOREIGN: Readonly<Record<string, string>> = {
  'a list of users': `root:${SECRET}:0:0:root:/root:/bin/sh\ndaemon:*:1:1::/:/bin/false\n`,
  'a private key': `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`,
  'an environment': `PASSWORD=${SECRET}\nTOKEN="${SECRET}"\n`,
  'one word': SECRET,
  'a JSON text': `"${SECRET}"`,
  'a JSON object': `{"password": "${SECRET}", "${SECRET}": 1}`,
  'a JSON list': `["${SECRET}", {"${SECRET}": "${SECRET}"}]`,
  'broken JSON': `{"password": "${SECRET}" "next": 1}`,
  'broken JSON at once': `{${SECRET}`,
  'another CSV': `user;${SECRET}\na;b\n`,
  'a CSV with quotes': `"${SECRET}","${SECRET}\n${SECRET}"\n1,2\n`,
  YAML: `password: ${SECRET}\n- ${SECRET}\n`,
  'an archive': `PK\u0003\u0004\u0000${SECRET}\u0000`,
};

describe('a file that is another than was meant', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pm500-foreign-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const readers: Readonly<Record<string, (path: string) => unknown>> = {
    'the meter list': (path) => parseFleet(PM500, fleetFileReader(path).text(), path, DEFAULTS).problems,
    'the layout file': (path) => loadLayout(PM500, path),
    'the load file': (path) => loadCsvProfile(path),
  };

  for (const [reader, read] of Object.entries(readers)) {
    for (const [name, content] of Object.entries(FOREIGN)) {
      it(`tells nothing of ${name} that is read as ${reader}`, () => {
        const path = join(folder, 'file');
        writeFileSync(path, content);
        let said: string;
        try {
          said = JSON.stringify(read(path));
        } catch (thrown) {
          assert.ok(thrown instanceof Pm500Error);
          // A cause is printed with the error that it belongs to.
          const { cause } = thrown;
          said = `${thrown.message} ${JSON.stringify(thrown.details)} ${cause instanceof Error ? cause.message : ''}`;
        }
        assert.notEqual(said, '[]', 'something is wrong with it');
        assert.match(said, /file|list/i);
        assert.ok(!said.includes(SECRET), said);
      });
    }
  }

  it('is refused by its size before it is opened, where no plant has such a list', () => {
    const path = join(folder, 'large.csv');
    writeFileSync(path, Buffer.alloc(6_000_000, 'name,host\n'));
    assert.throws(() => fleetFileReader(path).text(), { code: 'CONFIG_INVALID', message: /it has 6000000 bytes/ });
  });
});

describe('a meter list as large as is read', function () {
  // Computing time is what counts: a busy computer takes several times as long.
  this.timeout(90_000);
  const repeat = (unit: string, bytes: number): string => unit.repeat(Math.ceil(bytes / unit.length));
  const shapes: Readonly<Record<string, (bytes: number) => string>> = {
    'one word': (bytes) => repeat('a', bytes),
    'one line of commas': (bytes) => repeat(',', bytes),
    'columns without end': (bytes) => repeat('name,host,', bytes),
    'other columns each': (bytes) => Array.from({ length: bytes / 8 }, (_, index) => `c${index}`).join(','),
    'blank cells': (bytes) => `name,host\n${repeat(' ', bytes)}`,
    'a quote that never ends': (bytes) => `name,host\n"${repeat('x""\n', bytes)}`,
    'quotes within a cell': (bytes) => `name,host\n${repeat('a"', bytes)}`,
    'quotes everywhere': (bytes) => `name,host\n${repeat(' "', bytes)}`,
    'empty lines': (bytes) => repeat('\r\n', bytes),
    remarks: (bytes) => repeat('# x\n', bytes),
    'meters too many': (bytes) => `name,host\n${repeat('a,b\n', bytes)}`,
    'one cell of many groups': (bytes) => `name,host,groups\na,b,${repeat('realtime ', bytes)}`,
    'one long name twice': (bytes) => `name,host\n${repeat('n', bytes / 2)},h\n${repeat('n', bytes / 2)},h\n`,
    'brackets without end': (bytes) => repeat('[', bytes),
    'a JSON list of numbers': (bytes) => `[${repeat('1,', bytes)}1]`,
    'one JSON meter of many names': (bytes) =>
      `[{"name":"a",${Array.from({ length: bytes / 12 }, (_, index) => `"n${index}":1`).join(',')}}]`,
    'spaces before nothing': (bytes) => repeat(' \n', bytes),
  };

  const parse = (text: string): void => {
    try {
      parseFleet(PM500, text, 'meters.csv', DEFAULTS);
    } catch (thrown) {
      assert.ok(thrown instanceof Pm500Error);
    }
  };

  for (const [name, make] of Object.entries(shapes)) {
    it(`costs no more than in proportion: ${name}`, () => {
      const [small, large] = [make(MOST_BYTES / FACTOR), make(MOST_BYTES)];
      const growth = excessiveGrowth(
        () => {
          parse(small);
        },
        () => {
          parse(large);
        },
      );
      assert.equal(growth, undefined);
    });
  }
});
