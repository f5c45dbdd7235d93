import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { readSettings, settingsOfFile } from '../lib/settings';

const GOOD = {
  alarmEmail: 'operator@example.com',
  monthlyBudgetUsd: 200,
  withStream: false,
  silentMinutes: 30,
  keepRevokedDays: 30,
};
const ACCOUNT = { account: '1'.repeat(12), region: 'eu-central-1' };
const PIPELINE = {
  ...ACCOUNT,
  connectionArn: 'arn:aws:codeconnections:eu-central-1:111111111111:connection/0',
  repository: 'owner/name',
  branch: 'main',
  staging: ACCOUNT,
  production: ACCOUNT,
};

describe('settings.json', () => {
  it('is good as it is delivered', () => {
    assert.ok(settingsOfFile().monthlyBudgetUsd > 0);
  });

  const wrong: readonly (readonly [RegExp, object])[] = [
    [/alarmEmail/, { alarmEmail: 'nobody' }],
    [/monthlyBudgetUsd/, { monthlyBudgetUsd: 0 }],
    [/monthlyBudgetUsd/, { monthlyBudgetUsd: '200' }],
    [/withStream/, { withStream: 'yes' }],
    [/silentMinutes/, { silentMinutes: 2.5 }],
    [/keepRevokedDays/, { keepRevokedDays: 0 }],
    [/sparkplugGroup/, { sparkplugGroup: 'a/b' }],
    [/sparkplugGroup/, { sparkplugGroup: "x' OR 1" }],
    [/sparkplugGroup/, { sparkplugGroup: 'x'.repeat(33) }],
    [/witStream/, { witStream: true }],
    [/account must be the 12 digits/, { pipeline: { ...PIPELINE, staging: { ...ACCOUNT, account: '12' } } }],
    [/region/, { pipeline: { ...PIPELINE, production: { ...ACCOUNT, region: 'Frankfurt' } } }],
    [/repository/, { pipeline: { ...PIPELINE, repository: 'name' } }],
    [/connectionArn/, { pipeline: { ...PIPELINE, connectionArn: 'x' } }],
  ];
  for (const [name, change] of wrong)
    it(`says what is wrong: ${JSON.stringify(change)}`, () => {
      assert.throws(() => readSettings({ ...GOOD, ...change }), name);
    });

  it('takes requests and certificates from files, and never a key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-aws-'));
    try {
      const key = makeKey();
      const request = makeRequest(key, 'claim');
      writeFileSync(join(folder, 'request.pem'), request);
      writeFileSync(join(folder, 'both.pem'), request + key);
      const read = (claimRequest: string): unknown => readSettings({ ...GOOD, claimRequest }, folder).claimRequest;
      assert.equal(read('request.pem'), request.trim());
      assert.throws(() => read('both.pem'), /without a private key/);
      assert.throws(() => readSettings({ ...GOOD, ownAuthority: 'request.pem' }, folder), /PEM CERTIFICATE\./);
      assert.throws(() => read('missing.pem'), /ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
