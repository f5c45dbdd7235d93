import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployedPolicy } from '../../../testkit/aws-iot/policy';
import { deployedTemplate } from '../../../testkit/aws-iot/provisioning';
import { NAMES } from '../lib/documents';
import { arnText, policyFindings, statementsOf } from '../lib/policy-check';
import { HOME } from '../lib/settings';
import { WILDCARDS } from '../lib/wildcards';
import { resourceWith, SETTINGS, synthesizeStack, type Synthesized } from './synth';

/** A template with one statement in a policy of a type. */
const alone = (type: string, statement: object): Readonly<Record<string, unknown>> => ({
  It: { Type: type, Properties: { PolicyDocument: { Statement: [{ Effect: 'Allow', ...statement }] } } },
});

describe('policies that the stack deploys', function () {
  this.timeout(120_000);
  let stack: Synthesized;
  before(() => {
    stack = synthesizeStack();
  });

  for (const [policy, name] of [
    ['edge', NAMES.edgePolicy],
    ['claim', NAMES.claimPolicy],
    ['sparkplug', NAMES.sparkplugPolicy],
  ] as const)
    it(`${name} is the one that the double of AWS IoT enforces`, () => {
      const { Properties } = resourceWith(stack, 'AWS::IoT::Policy', ['PolicyName', name]);
      assert.deepEqual(Properties['PolicyDocument'], deployedPolicy(policy));
    });

  it('the templates of provisioning are those that the double executes, and give the policy of Sparkplug where it is on', () => {
    const without = synthesizeStack({ ...SETTINGS, sparkplugGroup: undefined });
    const { Resources, ...rest } = deployedTemplate('provision');
    const policy2 = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: NAMES.sparkplugPolicy } };
    for (const name of [NAMES.claimTemplate, NAMES.rotationTemplate])
      for (const [made, expected] of [
        [without, Resources],
        [stack, { ...Resources, policy2 }],
      ] as const) {
        const { Properties } = resourceWith(made, 'AWS::IoT::ProvisioningTemplate', ['TemplateName', name]);
        assert.deepEqual(JSON.parse(String(Properties['TemplateBody'])), { ...rest, Resources: expected });
      }
  });

  it('every policy that a certificate of an edge can have may be given, and taken off again before it is deleted', () => {
    for (const name of [NAMES.edgePolicy, NAMES.sparkplugPolicy])
      for (const action of ['iot:AttachPolicy', 'iot:DetachPolicy']) {
        const found = statementsOf(stack.resources).filter(({ statement: { Action, Resource } }) => {
          const resources = (Array.isArray(Resource) ? Resource : [Resource]).map(arnText);
          return [Action].flat().includes(action) && resources.some((each) => each.endsWith(`:policy/${name}`));
        });
        assert.equal(found.length, 1, `${action} ${name}`);
      }
  });

  it('policies of devices fit into the size that AWS IoT takes', () => {
    for (const { Type, Properties } of Object.values(stack.resources))
      // 2048 characters without white space (AWS General Reference, AWS IoT Core quotas).
      if (Type === 'AWS::IoT::Policy')
        assert.ok(JSON.stringify(Properties['PolicyDocument']).length <= 2048, String(Properties['PolicyName']));
  });

  it('no statement allows more than it should', () => {
    assert.ok(statementsOf(stack.resources).length > 30);
    assert.deepEqual(policyFindings(stack.resources), []);
  });

  it('every wildcard that is accepted stands in some statement', () => {
    const resources = statementsOf(stack.resources)
      .filter(({ type }) => type !== 'AWS::KMS::Key')
      .flatMap(({ statement: { Resource } }) => (Array.isArray(Resource) ? Resource : [Resource]).map(arnText));
    for (const { resource } of WILDCARDS)
      assert.ok(
        resources.some((each) => resource.test(each)),
        resource.source,
      );
  });

  it('the check finds what is too much', () => {
    const role = (statement: object): readonly string[] => policyFindings(alone('AWS::IAM::Policy', statement));
    const device = (statement: object): readonly string[] => policyFindings(alone('AWS::IoT::Policy', statement));
    assert.deepEqual(role({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/b' }), []);
    assert.equal(role({ Action: 's3:Get*', Resource: 'arn:aws:s3:::a/b' }).length, 1);
    assert.equal(role({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::*' }).length, 1);
    assert.equal(role({ Action: 's3:GetObject', Resource: '*' }).length, 1);
    assert.deepEqual(role({ Action: 'iot:RegisterThing', Resource: '*' }), []);
    assert.equal(role({ Action: ['iot:RegisterThing', 'iot:DeleteThing'], Resource: '*' }).length, 1);
    assert.equal(role({ NotAction: 's3:GetObject', Resource: 'arn:aws:s3:::a' }).length, 1);
    assert.equal(role({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::a', Principal: { AWS: '*' } }).length, 1);
    assert.equal(role({ Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::1:root' } }).length, 2);
    const topic = 'arn:aws:iot:eu-central-1:123456789012:topic';
    assert.equal(device({ Action: 'iot:*', Resource: `${topic}/a` }).length, 1);
    assert.equal(device({ Action: 'iot:Publish', Resource: `${topic}/*` }).length, 1);
    assert.equal(device({ Action: 'iot:Publish', Resource: `${topic}/pm500/*` }).length, 1);
    assert.equal(device({ Action: 'iot:Publish', Resource: `${topic}/pm500/\${iot:ClientId}*` }).length, 1);
    assert.equal(device({ Action: 'iot:Publish', Resource: `${topic}/spBv1.0/*/DDATA/x` }).length, 1);
    assert.equal(device({ Action: 'iot:Publish', Resource: `${topic}/spBv1.0/g/DCMD/\${iot:ClientId}/*` }).length, 1);
  });

  it('the files name no account', () => {
    for (const name of ['edge', 'claim', 'sparkplug'])
      assert.doesNotMatch(readFileSync(join(HOME, `policies/${name}.json`), 'utf8'), /\d{12}/);
  });
});
