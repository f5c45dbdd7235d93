import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { readTlsOptions } from '../../nodes/shared/tls';
import { throwsWith } from '../../testkit/expect-error';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

/** Node-RED with one node of the core type `tls-config`, as far as it is asked. */
function redWith(definition: object): NodeAPI {
  const nodes = {
    getNode: () => ({ addTLSOptions: (options: object) => options }),
    eachNode: (visit: (found: object) => void) => {
      visit({ id: 'tls', type: 'tls-config', ...definition });
    },
  };
  return { nodes } as unknown as NodeAPI;
}

describe('files of a TLS configuration', () => {
  it('that are pipes or devices are refused, and may be right later', () => {
    const folder = temporaryFolder('tls-files');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', folder]) {
      const error = throwsWith(
        () => readTlsOptions(redWith({ ca: path }), 'influx-target', 'tls', 'CONFIG_INVALID'),
        'CONFIG_INVALID',
      );
      assert.match(error.message, /cannot be read \(it is no regular file\)/);
      assert.ok(error.retryable);
    }
    removeFolder(folder);
  });
});
