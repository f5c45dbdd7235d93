import assert from 'node:assert/strict';
import { complaintOf } from '../../nodes/shared/editor/check';
import { settingsIn } from '../../nodes/shared/field';
import { fieldsOf, NODE_TYPES } from '../../nodes/shared/forms';
import { wrongInputOf } from '../../testkit/node-red/wrong-inputs';

/** form-complaints.test.ts tries each of them in a browser. */
describe('laws of wrong inputs', () => {
  for (const type of NODE_TYPES) {
    it(`every field of ${type} has one that is refused, or none because everything is right`, () => {
      for (const [name, field] of settingsIn(fieldsOf(type))) {
        const { setting, isChecked = false, check } = field;
        const isServed = isChecked || check !== undefined;
        const complain = (value: unknown): boolean => complaintOf(name, setting, value) !== undefined;
        const wrong = wrongInputOf(name, field);
        const what = `${type}.${name}: ${wrong.how}`;
        if (wrong.how === 'saved') assert.ok(complain(wrong.value), what);
        else if (wrong.how === 'left empty') assert.ok(complain(setting.kind === 'choices' ? [] : ''), what);
        else if (wrong.how === 'none') assert.ok(!isServed && !complain(setting.kind === 'choices' ? [] : ''), what);
        else if (wrong.how === 'typed')
          assert.ok(isServed || complain(setting.kind === 'numbers' ? { any: wrong.text } : wrong.text), what);
      }
    });
  }

  it('every column of a list is refused where it is wrong, unless every text of it is right', () => {
    const { fleet } = fieldsOf('pm500-poll');
    assert.ok(fleet?.setting?.kind === 'list');
    const wrong = wrongInputOf('fleet', { ...fleet, setting: fleet.setting });
    assert.ok(wrong.how === 'in a row');
    const free = ['site', 'area', 'line', 'asset'];
    const flags = Object.entries(fleet.setting.columns).flatMap(([name, { kind }]) => (kind === 'flag' ? [name] : []));
    const untried = Object.keys(fleet.setting.columns).filter((name) => !(name in wrong.columns));
    assert.deepEqual(untried.sort(), [...free, ...flags].sort());
    for (const [column, value] of Object.entries(wrong.columns)) {
      const row = { name: 'press', host: '10.0.0.5', [column]: value };
      const read = (): unknown => fleet.check?.([row], { valueOf: () => undefined, resolve: (path) => path });
      assert.throws(read, /\S/, `${column} ${value}`);
    }
  });
});
