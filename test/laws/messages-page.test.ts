import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRACTS } from '../../tools/messages/contracts';
import { MESSAGES_PAGE, messagesPage } from '../../tools/messages/page';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

describe('docs/messages.md', () => {
  it('is what the message contracts say now', () => {
    assert.equal(readFileSync(MESSAGES_PAGE, 'utf8'), messagesPage(), 'run npx tsx tools/messages/main.ts');
  });

  it('tells of every schema that the package names', () => {
    const told = CONTRACTS.map(({ name }) => name);
    const sources = filesBelow('src', '.ts').map((path) => readFileSync(join(ROOT, path), 'utf8'));
    const named = sources
      .flatMap((source) => [...source.matchAll(/_SCHEMA = '(pm500\.[\w-]+\/\d+)'/g)])
      .map(([, name]) => name);
    assert.deepEqual([...named].sort(), [...told].sort());
  });
});
