import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { PM500 } from '../../src/meters/pm500';
import { findCatalogNumber } from '../../src/simulator/model/supply';
import { SimulatedMeter } from '../../src/simulator/model/simulated-meter';
import { FakeClock } from '../../testkit/fake-clock';
import { ROOT } from '../../testkit/root';
import { mixedProfile } from '../../testkit/simulator/models';
import { CODESYS_FOLDER, listenerFiles, LISTENERS_PAGE } from '../../tools/listeners/main';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** One row of a table or a file, as who has only that text understands it. */
interface Place {
  readonly name: string;
  readonly byte: number;
  readonly type: string;
  readonly unit: string;
  readonly label: string;
}

/** Rows of the mapping of an assembly, by the columns that its heading names. */
function mappingOf(instance: number): readonly Place[] {
  const [version, heading = '', note = '', ...rows] = read(`${CODESYS_FOLDER}/pm500-${instance}.csv`).split('\r\n');
  assert.equal(version, '//CoDeSys Mapping Export V1.2');
  assert.ok(note.startsWith('//Important'));
  const columns = heading.split(';').map((column) => column.replace('//', ''));
  assert.equal(rows.pop(), '');
  return rows.map((row) => {
    const cells = row.split(';');
    assert.equal(cells.length, columns.length, row);
    const cell = (column: string): string => cells[columns.indexOf(column)] ?? assert.fail(column);
    const [, byte = '', type = '', label = ''] = /^byte (\d+), ([A-Z]+), (.*)$/.exec(cell('Description')) ?? [];
    assert.equal(cell('Device name'), `PM500_${instance}`);
    assert.equal(cell('IEC address'), '');
    const name = cell('Parameter name @ counter in device');
    assert.equal(cell('Mapped variable'), `pm500_${name}`);
    return { name, byte: Number(byte), type, unit: cell('Unit'), label };
  });
}

/** Rows of the table of an assembly on the page. */
function tableOf(instance: number): readonly Place[] {
  const [, section = ''] = read(LISTENERS_PAGE).split(`### ${instance}: `);
  const lines = (section.split('\n### ')[0] ?? '').split('\n').filter((line) => /^\| \d/.test(line));
  return lines.map((line) => {
    const [, , byte = '', type = '', name = '', unit = '', label = ''] = line.split('|').map((cell) => cell.trim());
    return { name: name.replaceAll('`', ''), byte: Number(byte), type, unit, label };
  });
}

/** Members of the type of an assembly: their places follow from the sizes of those before, as nothing lies between. */
function typeOf(instance: number): readonly Pick<Place, 'name' | 'type' | 'byte'>[] {
  const [, body = ''] =
    new RegExp(`TYPE PM500_${instance} :\nSTRUCT\n([\\s\\S]*?)END_STRUCT`).exec(read(`${CODESYS_FOLDER}/pm500.st`)) ??
    [];
  const sizes: Readonly<Record<string, number>> = { REAL: 4, UINT: 2, WORD: 2, ULINT: 8 };
  let byte = 0;
  return [...body.matchAll(/^ {4}(\w+) : (\w+);/gm)].map(([, name = '', type = '']) => {
    const member = { name, type, byte };
    byte += sizes[type] ?? assert.fail(type);
    return member;
  });
}

const numberAt = (bytes: Buffer, { type, byte }: Pick<Place, 'type' | 'byte'>): number =>
  type === 'REAL' ? bytes.readFloatLE(byte) : bytes.readUInt16LE(byte);

/** What the places say of these bytes: values by metric in its unit. */
function valuesBy(places: readonly Place[], bytes: Buffer): ReadonlyMap<string, number | boolean> {
  const values = new Map<string, number | boolean>();
  for (const place of places) {
    const number = numberAt(bytes, place);
    for (const [, bit = '', metric = ''] of place.label.matchAll(/bit (\d+) (\w+)/g))
      values.set(metric, ((number >> Number(bit)) & 1) === 1);
    const step = Number(/^(\d+) /.exec(place.unit)?.[1] ?? 1);
    const name = place.name.replace(/_(?:high|low)$/, '');
    const before = values.get(name);
    values.set(name, (typeof before === 'number' && name !== place.name ? before : 0) + number * step);
  }
  return values;
}

describe('docs/listeners.md and deploy/codesys', () => {
  const catalogEntry = findCatalogNumber(PM500, '1420-V2-ENT');
  const options = { catalogEntry, serialNumber: 940_000_001, seed: 5, load: mixedProfile(), startKwh: 4_321_987.6 };
  const meter = new SimulatedMeter(PM500, options, new FakeClock(), 1);
  const instances = PM500.layout.assemblies.map(({ instance }) => instance);

  it('are what the meter table says now, and no other files', () => {
    const files = listenerFiles();
    for (const [path, text] of files)
      assert.equal(read(path), text, `${path} is old; run npx tsx tools/listeners/main.ts`);
    const found = readdirSync(join(ROOT, CODESYS_FOLDER)).map((name) => `${CODESYS_FOLDER}/${name}`);
    assert.deepEqual([...found, LISTENERS_PAGE].sort(), [...files.keys()].sort());
  });

  it('read back by themselves, from the bytes of a simulated meter, they give its values', () => {
    let compared = 0;
    for (const instance of instances) {
      const sent = meter.read(instance);
      assert.ok(sent);
      const bytes = Buffer.from(sent);
      const plan = workingLayout(PM500).blocks.get(instance);
      assert.ok(plan);
      const expected = decodeBlock(plan, sent).values;
      for (const places of [mappingOf(instance), tableOf(instance)]) {
        const values = valuesBy(places, bytes);
        for (const [metric, value] of Object.entries(expected)) {
          if (typeof value === 'string') continue;
          const found = values.get(metric);
          if (typeof value === 'number' && typeof found === 'number')
            assert.ok(Math.abs(found - value) <= Math.abs(value) * 1e-12, `${instance} ${metric}: ${found}, ${value}`);
          else assert.equal(found, value, `${instance} ${metric}`);
          compared += 1;
        }
      }
    }
    assert.ok(compared > 200, String(compared));
    // Values that differ from each other: a wrong place would show.
    const voltages = valuesBy(mappingOf(101), Buffer.from(meter.read(101) ?? []));
    assert.equal(new Set(voltages.values()).size, voltages.size);
  });

  it('texts are words with the first letter in the low byte, as the words of the product information say', () => {
    const bytes = Buffer.from(meter.read(100) ?? []);
    const letters = mappingOf(100)
      .filter(({ name }) => name.startsWith('identification_letters'))
      .map((place) => bytes.toString('latin1', place.byte, place.byte + 2));
    assert.equal(letters.length, 7);
    assert.match(letters.join(''), /^[\x20-\x7e\0]+$/);
  });

  it('file, table and type have the same places, one after the other, up to the length of the assembly', () => {
    for (const { instance, sizeBytes, elementCount } of PM500.layout.assemblies) {
      const places = mappingOf(instance).map(({ name, type, byte }) => ({ name, type, byte }));
      assert.equal(places.length, elementCount);
      assert.deepEqual(
        tableOf(instance).map(({ name, type, byte }) => ({ name, type, byte })),
        places,
      );
      assert.deepEqual(typeOf(instance), places);
      assert.equal(new Set(places.map(({ name }) => name)).size, places.length, 'names are unique');
      assert.ok((places.at(-1)?.byte ?? 0) < sizeBytes);
      assert.equal(meter.read(instance)?.length, sizeBytes);
    }
  });

  it('say of every place how well it is known, and change with the table', () => {
    for (const { instance, measurements } of PM500.layout.assemblies) {
      for (const { provenance } of measurements)
        assert.ok(read(`${CODESYS_FOLDER}/pm500-${instance}.csv`).includes(`, ${provenance};`), String(instance));
    }
    const [first, ...others] = PM500.layout.assemblies;
    assert.ok(first);
    const now = JSON.stringify([...listenerFiles()]);
    const [row, ...rows] = first.measurements;
    assert.ok(row);
    for (const measurements of [
      rows,
      [{ ...row, element: 2 }, ...rows],
      [{ ...row, provenance: 'assumed' as const }, ...rows],
    ])
      assert.notEqual(JSON.stringify([...listenerFiles([{ ...first, measurements }, ...others])]), now);
  });
});
