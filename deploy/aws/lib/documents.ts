import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { HOME } from './settings';

/** Names that the policies and the edges know. */
export const NAMES = {
  edgePolicy: 'pm500-edge',
  claimPolicy: 'pm500-claim',
  sparkplugPolicy: 'pm500-sparkplug',
  claimTemplate: 'pm500-claim',
  rotationTemplate: 'pm500-rotation',
  ownAuthorityTemplate: 'pm500-own-authority',
  thingType: 'pm500-edge',
  thingGroup: 'pm500-edges',
} as const;

type PolicyName = 'edge' | 'claim' | 'sparkplug';

const read = (path: string): string => readFileSync(join(HOME, path), 'utf8');

/**
 * A policy of policies/ in the account and region of a stack: the files are the one place where policies are written.
 * @param group of Sparkplug, in the policy about it
 */
export function policyDocument(stack: Stack, name: PolicyName, group = ''): unknown {
  const put = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replaceAll('REGION', stack.region).replaceAll('ACCOUNT', stack.account).replaceAll('GROUP', group);
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, put(each)]));
  };
  return put(JSON.parse(read(`policies/${name}.json`)));
}

interface TemplateBody {
  readonly Resources: Readonly<Record<string, unknown>>;
}

/**
 * Text of a provisioning template of templates/.
 * @param further policies that a certificate gets beside that of edges
 */
export function provisioningTemplate(name: 'provision' | 'own-authority', further: readonly string[] = []): string {
  const body = JSON.parse(read(`templates/${name}.json`)) as TemplateBody;
  const policies = further.map((policy, place) => [
    `policy${place + 2}`,
    { Type: 'AWS::IoT::Policy', Properties: { PolicyName: policy } },
  ]);
  return JSON.stringify({ ...body, Resources: { ...body.Resources, ...(Object.fromEntries(policies) as object) } });
}

/** Document of the job by which an operator has certificates replaced; `pm500 cloud rotate` knows it. */
export const ROTATION_JOB = { operation: 'rotate-certificate' } as const;
