import assert from 'node:assert/strict';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { Services } from '../../../testkit/aws-iot/services';
import { Authority } from '../../../testkit/aws-iot/authority';
import { mayClaim, mayRotate, type HookEvent, type Registry } from '../lambda/hook';

const AUTHORITY = new Authority('Amazon');
const SPAN = { fromMs: Date.now() - 60_000, toMs: Date.now() + 60_000 };

function event(thing: string, change: Partial<HookEvent> = {}, commonName = thing): HookEvent {
  return {
    claimCertificateId: 'c',
    certificateId: 'n',
    certificatePem: AUTHORITY.issue(makeRequest(makeKey(), commonName), SPAN),
    clientId: `${thing}.claim`,
    parameters: { ThingName: thing },
    ...change,
  };
}

const registry = (expected: boolean, active: boolean): Registry => ({
  isExpected: () => Promise.resolve(expected),
  hasActiveCertificate: () => Promise.resolve(active),
});
const FRESH = registry(true, false);

describe('pre-provisioning hooks', () => {
  it('a claim is for a thing that is expected and has no certificate', async () => {
    assert.equal(await mayClaim(event('mill-1'), FRESH), true);
    assert.equal(await mayClaim(event('mill-1'), registry(false, false)), false);
    assert.equal(await mayClaim(event('mill-1'), registry(true, true)), false);
  });

  it('a certificate is for the thing that is its common name, asked for by that thing', async () => {
    const rotates = (thing: string, change: Partial<HookEvent> = {}, name = thing): boolean =>
      mayRotate(event(thing, { clientId: `${thing}.identity`, ...change }, name));
    assert.equal(rotates('mill-1'), true);
    assert.equal(rotates('mill-1', {}, 'mill-2'), false);
    assert.equal(rotates('mill-1', { clientId: 'mill-2.identity' }), false);
    assert.equal(rotates('mill-1', { clientId: 'mill-1' }), false);
    assert.equal(rotates('mill-1', { clientId: 'mill-1.claim' }), false);
    assert.equal(await mayClaim(event('mill-1', {}, 'mill-2'), FRESH), false);
    assert.equal(await mayClaim(event('mill-1', { clientId: 'mill-2.claim' }), FRESH), false);
    assert.equal(await mayClaim(event('mill-1', { clientId: 'mill-1.identity' }), FRESH), false);
  });

  it('odd words are refused, not thrown', async () => {
    for (const thing of ['', 'a/b', 'a+', '#', 'x'.repeat(65), 'a b', 'mill-1\nCN=mill-2'])
      assert.equal(
        await mayClaim(event('mill-1', { parameters: { ThingName: thing }, clientId: `${thing}.claim` }), FRESH),
        false,
      );
    assert.equal(await mayClaim(event('mill-1', { parameters: {} }), FRESH), false);
    assert.equal(await mayClaim(event('mill-1', { certificatePem: 'none' }), FRESH), false);
  });

  it('judge as the hooks of the double do, in which edges enroll and rotate in other tests', async () => {
    const names = ['mill-1', 'mill-2'];
    for (const thing of names)
      for (const commonName of names)
        for (const clientId of ['mill-1.claim', 'mill-1.identity', 'mill-2.identity', 'mill-1'])
          for (const isExpected of [true, false])
            for (const isActive of [true, false]) {
              const { account, provisioning } = new Services();
              if (isExpected) provisioning.expected.add(thing);
              if (isActive) account.issue(makeRequest(makeKey(), thing)).thing = thing;
              for (const certificate of account.certificates.values()) certificate.status = 'ACTIVE';
              const asked = event(thing, { clientId }, commonName);
              const of = (template: string): boolean =>
                provisioning.templates.get(template)?.hook(asked) ?? assert.fail();
              assert.equal(mayRotate(asked), of('pm500-rotation'));
              // The function looks at the client ID as well, which the double leaves to the policy of the claim.
              const isOwn = clientId === `${thing}.claim`;
              assert.equal(await mayClaim(asked, registry(isExpected, isActive)), isOwn && of('pm500-claim'));
            }
  });
});
