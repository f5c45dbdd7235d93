import assert from 'node:assert/strict';
import { MeterNames, MeterNotes } from '../../src/acquisition/meter-names';

describe('names of meters', () => {
  it('finds what is noted under any name, until it is taken back', () => {
    const names = new MeterNames();
    const notes = new MeterNotes<string>(names);
    notes.add('10.0.0.5', 'by address');
    notes.add('incomer.plant', 'by name');
    notes.add('10.0.0.6', 'another');
    assert.deepEqual(notes.of('incomer.plant'), ['by name']);
    assert.equal(names.unite('incomer.plant', '10.0.0.5'), true);
    for (const name of ['10.0.0.5', 'incomer.plant']) {
      assert.deepEqual(notes.of(name), ['by address', 'by name']);
      assert.equal(names.nameOf(name), '10.0.0.5');
    }
    notes.delete('incomer.plant', 'by name');
    notes.delete('incomer.plant', 'by name');
    assert.deepEqual(notes.of('incomer.plant'), ['by address']);
  });

  it('follows a name that has got another address', () => {
    const names = new MeterNames();
    const notes = new MeterNotes<string>(names);
    names.unite('incomer.plant', '10.0.0.5');
    notes.add('incomer.plant', 'claim');
    assert.equal(names.unite('incomer.plant', '10.0.0.5'), false, 'it is known');
    assert.equal(names.unite('incomer.plant', '10.0.0.6'), true);
    assert.deepEqual([notes.of('10.0.0.5'), notes.of('10.0.0.6')], [[], ['claim']]);
    assert.equal(names.unite('10.0.0.6', '10.0.0.6'), false);
  });
});
