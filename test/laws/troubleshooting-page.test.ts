import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { STATUS_EXPLANATIONS } from '../../tools/troubleshooting/statuses';
import { statusTexts, TROUBLESHOOTING_PAGE, writeTroubleshootingPage } from '../../tools/troubleshooting/page';

const NODES = resolve(__dirname, '../../nodes');
const DOCS = resolve(__dirname, '../../docs');

describe('docs/troubleshooting.md', () => {
  it('is what the catalogs and explanations say', () => {
    assert.equal(
      readFileSync(TROUBLESHOOTING_PAGE, 'utf8'),
      writeTroubleshootingPage(),
      'run npx tsx tools/troubleshooting/main.ts',
    );
  });

  it('explains every status of every node, and none that there is not', () => {
    const nodes = readdirSync(NODES).filter((name) => Object.keys(statusTexts(name)).length > 0);
    assert.ok(nodes.length > 8);
    assert.deepEqual(Object.keys(STATUS_EXPLANATIONS).sort(), nodes.sort());
    for (const node of nodes) {
      assert.deepEqual(
        Object.keys(STATUS_EXPLANATIONS[node] ?? {}).sort(),
        Object.keys(statusTexts(node)).sort(),
        node,
      );
    }
  });

  it('is named in the help of every node', () => {
    for (const node of readdirSync(NODES)) {
      const help = join(NODES, node, 'help.en-US.html');
      if (!existsSync(help)) continue;
      const isNamed = readFileSync(help, 'utf8').includes('docs/troubleshooting.md');
      assert.ok(isNamed, `nodes/${node}/help.en-US.html: name docs/troubleshooting.md under References`);
    }
  });

  it('has no link that leads nowhere', () => {
    for (const [, target = ''] of readFileSync(TROUBLESHOOTING_PAGE, 'utf8').matchAll(/\]\(([^)#]+)/g)) {
      assert.ok(existsSync(join(DOCS, target)), target);
    }
  });
});
