import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concernOf, readCredentials } from '../../src/iot/credentials';
import { throwsWith } from '../../testkit/expect-error';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('files of certificates over MQTT', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('iot-credentials');
  });
  afterEach(() => {
    removeFolder(folder);
  });

  it('that are pipes, devices, folders or far too large are refused, and not read for ever', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const large = join(folder, 'large');
    writeFileSync(large, Buffer.alloc(5_000_001));
    const nobody = (): undefined => undefined;
    for (const [path, why] of [
      [pipe, /cannot be read \(it is no regular file\)/],
      ['/dev/zero', /cannot be read \(it is no regular file\)/],
      [folder, /cannot be read \(it is no regular file\)/],
      [large, /cannot be read \(it has 5000001 bytes, and 5000000 are the most/],
    ] as const) {
      for (const files of [
        { certificate: '', key: '', ca: path },
        { certificate: path, key: path, ca: '' },
      ])
        assert.match(throwsWith(() => readCredentials(files, nobody), 'MQTT_CREDENTIALS_INVALID').message, why);
      assert.equal(concernOf(path, 0), '');
    }
  });
});
