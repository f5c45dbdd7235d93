import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_CHECKS } from '../../src/doctor/checks/settings-file';
import type { NodeRedSettings, SiteFacts } from '../../src/doctor/facts';
import { seen } from '../../src/doctor/looked';
import { openCredentials } from '../../src/doctor/readers/credentials';
import { loadSettings } from '../../src/doctor/readers/settings-file';
import { readDirectory } from '../../src/doctor/readers/user-directory';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('who may deploy, by the doctor', () => {
  const folder = temporaryFolder('doctor-permissions');
  after(() => {
    removeFolder(folder);
  });

  /** Findings where whoever comes without a login has these permissions, as settings.js has them. */
  async function findingsFor(permissions: string): Promise<readonly string[]> {
    const path = join(folder, 'settings.js');
    writeFileSync(path, `module.exports = { adminAuth: { default: { permissions: ${permissions} } } };`);
    const loaded = await loadSettings(path, new AbortController().signal);
    assert.ok('seen' in loaded);
    const settings = seen<NodeRedSettings>(loaded.seen.settings);
    const check = SETTINGS_CHECKS.find(({ id }) => id === 'admin-anonymous');
    assert.ok(check !== undefined);
    return check.look({ settings } as SiteFacts).findings.map(({ text }) => text);
  }

  const READ_ONLY = ["'read'", "'*.read'", "'flows.read'", "['flows.read', 'nodes.read']", '[]', 'undefined'];
  for (const permissions of READ_ONLY) {
    it(`${permissions} is to read`, async () => {
      assert.deepEqual(await findingsFor(permissions), []);
    });
  }

  const MORE = ["'*'", "'write'", "['flows.write', 'read']", "['*', 'read']", "['read', 'flows.write']", "'thread'"];
  for (const permissions of MORE) {
    it(`${permissions} is more than to read`, async () => {
      const [finding] = await findingsFor(permissions);
      assert.match(finding ?? '', /without a login has the permissions/);
    });
  }
});

describe('credentials of a flow file, as the doctor finds them', () => {
  const folder = temporaryFolder('doctor-credentials');
  after(() => {
    removeFolder(folder);
  });

  it('that are nothing but variables lay no secret open', () => {
    const userDirectory = join(folder, 'variables');
    mkdirSync(userDirectory);
    const isEncrypted = (password: string): boolean | undefined => {
      writeFileSync(join(userDirectory, 'flows_cred.json'), JSON.stringify({ influx: { password, token: '' } }));
      return openCredentials(userDirectory, 'flows.json', undefined).file?.isEncrypted;
    };
    assert.equal(isEncrypted('${INFLUX_PASSWORD}'), true);
    assert.equal(isEncrypted('$(INFLUX_PASSWORD)'), true);
    assert.equal(isEncrypted('$' + '{'), false);
    assert.equal(isEncrypted('a password and ${INFLUX_PASSWORD}'), false);
  });

  const rows = [
    ['flows.json', 'flows_cred.json'],
    ['plant/flows.json', 'flows_cred.json'],
    ['/srv/plant/line.json', 'line_cred.json'],
    ['flows.prod.json', 'flows.prod_cred.json'],
    ['flows', 'flows_cred'],
    ['/srv/flows.txt', 'flows_cred.txt'],
  ] as const;
  for (const [index, [flowFile, name]] of rows.entries()) {
    it(`of ${flowFile} are in ${name} of the user directory`, () => {
      const userDirectory = join(folder, `${index}`);
      mkdirSync(userDirectory);
      writeFileSync(join(userDirectory, name), JSON.stringify({ influx: { token: 'open to all' } }), { mode: 0o644 });
      const { file, secrets } = openCredentials(userDirectory, flowFile, undefined);
      assert.deepEqual(file, { path: join(userDirectory, name), isEncrypted: false, isOpened: true });
      assert.equal(secrets?.get('influx')?.['token'], 'open to all');
      const { secretFiles } = readDirectory(userDirectory, flowFile);
      assert.deepEqual(
        secretFiles.map(({ path }) => path),
        [join(userDirectory, name)],
      );
    });
  }
});
