import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { readRecording, type Recorded } from './recorded-frames';

const AT = 1_767_600_000_000;
const PORT = 20_000;
const REGISTER_SESSION = `65000400${'00'.repeat(20)}01000000`;
/** Not on the closed list: List Services over TCP. */
const STRANGE = `04000000${'00'.repeat(20)}`;

describe('frames that were recorded', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('recorded');
  });
  afterEach(() => {
    removeFolder(folder);
  });

  const recorded = (files: Readonly<Record<string, readonly object[]>>): Recorded => {
    for (const [name, lines] of Object.entries(files))
      writeFileSync(join(folder, `${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return readRecording(folder);
  };
  const opened = { kind: 'meter', protocol: 'ethernet-ip', port: PORT, at: AT };
  const sent = (hex: string, afterMs: number, role = 'other'): object => {
    return { kind: 'tcp', socket: 1, role, port: PORT, hex, at: AT + afterMs };
  };

  it('are judged while a meter listens, whoever sent them', () => {
    const meter = [opened, { kind: 'alive', at: AT + 60_000 }];
    assert.deepEqual(
      [...recorded({ meter, sender: [sent(REGISTER_SESSION, 50_000)] }).names],
      [['Register Session', 1]],
    );
    assert.equal(recorded({ meter, sender: [sent(STRANGE, 50_000)] }).violations.length, 1);
  });

  it('are those of another server after the meter was closed, or its process killed', () => {
    const closed = [opened, { kind: 'meter closed', port: PORT, at: AT + 1000 }, { kind: 'alive', at: AT + 90_000 }];
    const killed = [opened, { kind: 'alive', at: AT + 1000 }];
    for (const meter of [closed, killed]) {
      const { names, violations, processes } = recorded({ meter, sender: [sent(STRANGE, 50_000)] });
      assert.deepEqual([names.size, violations.length, processes], [0, 0, 1]);
    }
  });

  it('of our transports are judged wherever they go', () => {
    const { violations } = recorded({ sender: [sent(STRANGE, 50_000, 'ethernet-ip')] });
    assert.equal(violations.length, 1);
  });
});
