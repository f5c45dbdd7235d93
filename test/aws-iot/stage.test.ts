import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles, IDENTITY_FILE } from '../../src/iot/enroll/identity-files';
import { DEFAULT_PLACE, newIdentity } from '../../src/iot/enroll/state';
import { stagedFiles } from '../../src/iot/enroll/staged';
import { isOfRealCloud } from '../../testkit/aws-iot/stage';
import { temporaryFolder } from '../../testkit/temporary-folder';

describe('the folder that the double of AWS IoT clears', () => {
  it('is no one of a real cloud, whose key would be gone', () => {
    const folder = temporaryFolder('stage');
    const begin = (host: string): void => {
      EdgeIdentity.begin(
        folderFiles(folder),
        newIdentity('mill-1', { host, port: 8883, caFile: '', ...DEFAULT_PLACE }),
      );
    };
    assert.equal(isOfRealCloud(join(folder, 'missing')), false);
    assert.equal(isOfRealCloud(folder), false);
    begin('a1-ats.iot.eu-central-1.amazonaws.com');
    assert.equal(isOfRealCloud(folder), true);
    begin('127.0.0.1');
    assert.equal(isOfRealCloud(folder), false);
    writeFileSync(join(folder, IDENTITY_FILE), '{');
    assert.throws(() => isOfRealCloud(folder), { code: 'IDENTITY_INVALID' });
    rmSync(join(folder, IDENTITY_FILE));
    const { certificate, ca } = stagedFiles(folder);
    writeFileSync(certificate, '');
    assert.equal(isOfRealCloud(folder), true);
    writeFileSync(ca, '');
    assert.equal(isOfRealCloud(folder), false);
  });
});
