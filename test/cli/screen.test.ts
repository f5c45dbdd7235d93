import assert from 'node:assert/strict';
import { runCommand as runInProcess } from '../../src/cli/command';
import { freePort } from '../../testkit/servers/ports';
import { runCommand } from './run-command';

describe('what a command shows on a screen', () => {
  it('says nothing to a terminal that moves its cursor', async () => {
    const { code, stderr } = await runCommand('fly\u001b[2J');
    assert.deepEqual([code, stderr.startsWith('Command fly [2J is not known; use one of ')], [2, true]);
  });

  it('leaves no value on the screen of a watch when the meter is away, and says why below', async () => {
    const shown: string[] = [];
    const ending = new AbortController();
    await runInProcess(['read', '127.0.0.1', '--port', String(await freePort()), '--watch', '--interval', '200'], {
      isScreen: true,
      print: (text) => {
        shown.push(text);
        return true;
      },
      complain: (sentence) => {
        shown.push(sentence);
        ending.abort();
      },
      ended: ending.signal,
    });
    assert.match(shown[0]!, /^\u001b\[H\u001b\[2J127\.0\.0\.1.*, no values\n$/);
    assert.match(shown[1]!, /127\.0\.0\.1/);
  });
});
