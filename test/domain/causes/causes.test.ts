import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CAUSE_ROWS } from '../../../src/domain/causes/cause-rows';
import { diagnose } from '../../../src/domain/causes/diagnose';
import type { Evidence } from '../../../src/domain/causes/evidence';
import { CAUSES_PAGE, writeCausesPage } from '../../../tools/causes/page';
import { plain } from '../../../src/support/sentence';

const WORDS = {
  where: '10.0.0.5:44818',
  host: '10.0.0.5',
  port: 44_818,
  unit: 7,
  model: 'METER',
  device: 'DEVICE',
  announced: 44_819,
  detail: plain('What the transport said.'),
};

/** Evidence with nothing but what a row wants. */
const evidenceOf = (when: object): Evidence => ({
  way: 'ethernet-ip',
  ...(Object.fromEntries(
    Object.entries(when).map(([fact, values]) => [fact, (values as unknown[])[0]]),
  ) as Partial<Evidence>),
});

describe('the causes', () => {
  it('are found by what they want to see: no row is hidden behind another cause', () => {
    for (const { code, when } of CAUSE_ROWS) assert.equal(diagnose(evidenceOf(when), WORDS)?.code, code);
  });

  it('are each found by every value that they name', () => {
    for (const { code, when } of CAUSE_ROWS) {
      for (const [fact, values] of Object.entries(when)) {
        for (const value of values) {
          const evidence = { ...evidenceOf(when), [fact]: value as unknown };
          assert.equal(diagnose(evidence, WORDS)?.code, code, `${code} by ${fact} ${String(value)}`);
        }
      }
    }
  });

  it('say in sentences what is the matter and what to do, with words that exist', () => {
    for (const { code, when, sentence } of CAUSE_ROWS) {
      const cause = diagnose(evidenceOf(when), WORDS);
      for (const text of [cause?.sentence.text ?? '', cause?.remedy.text ?? '']) {
        assert.match(text, /^[A-Z0-9].*\.$/s, code);
        assert.doesNotMatch(text, /undefined|[{}]/, code);
      }
      assert.equal(cause?.detail, sentence.includes('{detail}') ? undefined : WORDS.detail);
      assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    }
  });

  it('are none where the right meter was read', () => {
    for (const device of ['model', 'unknown', undefined] as const) {
      const evidence = { way: 'ethernet-ip', ...(device === undefined ? {} : { device }) } as const;
      assert.equal(diagnose(evidence, WORDS), undefined);
    }
  });

  it('of what nobody foresaw tell what the transport said', () => {
    const cause = diagnose({ way: 'ethernet-ip', error: 'INTERNAL' }, WORDS);
    assert.deepEqual([cause?.code, cause?.sentence, cause?.detail], ['NOT_KNOWN', WORDS.detail, undefined]);
  });

  it('are what docs/connection-test.md says', () => {
    assert.equal(readFileSync(CAUSES_PAGE, 'utf8'), writeCausesPage(), 'run npx tsx tools/causes/main.ts');
  });
});
