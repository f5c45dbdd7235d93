import type { Stack } from 'aws-cdk-lib';
import { NagSuppressions } from 'cdk-nag';

/** A resource with a wildcard that a statement may have, and why. No action has any. */
export interface Wildcard {
  /** Of the whole ARN, with `<...>` for what CloudFormation puts in. */
  readonly resource: RegExp;
  /** The only actions that it is for; any where absent. */
  readonly actions?: readonly string[];
  readonly reason: string;
}

/** What AWS IoT lets nobody narrow to a resource (Service Authorization Reference, AWS IoT). */
export const WITHOUT_RESOURCE = [
  'iot:AttachThingPrincipal',
  'iot:ListPrincipalThings',
  'iot:RegisterCertificate',
  'iot:RegisterThing',
] as const;
/** The same, for what deletes revoked certificates. */
export const CLEANING_WITHOUT_RESOURCE = [
  'iot:DetachThingPrincipal',
  'iot:ListCertificates',
  'iot:ListPrincipalThings',
] as const;

/** All of them; the tests find one that is not here, and one that is here and stands nowhere. */
export const WILDCARDS: readonly Wildcard[] = [
  {
    resource: /^arn:aws:iot:(?:<[^>]+>|[^:<]+):(?:<[^>]+>|[^:<]+):thing\/\*$/,
    reason: 'Things get their names when edges are installed.',
  },
  {
    resource: /^arn:aws:iot:(?:<[^>]+>|[^:<]+):(?:<[^>]+>|[^:<]+):cert\/\*$/,
    reason:
      'A certificate gets its ID when it is issued; which one may be touched is decided by the things it is attached to.',
  },
  {
    resource:
      /^arn:aws:iot:(?:<[^>]+>|[^:<]+):(?:<[^>]+>|[^:<]+):topic\/pm500\/\*\/certificate\/commit\/(?:accepted|rejected)$/,
    reason: 'Answers go to the thing that asked.',
  },
  {
    resource: /^arn:aws:logs:(?:<[^>]+>|[^:<]+):(?:<[^>]+>|[^:<]+):log-group:\/pm500\/[a-z-]+:\*$/,
    reason: 'Streams of its own log; Lambda gives them their names.',
  },
  {
    resource: /^<[^>]+\.Arn>\/(?:records|sparkplug|errors)\/\*$/,
    reason: 'Firehose names the objects in its own folder of the bucket.',
  },
  {
    resource: /^<[^>]+\.Arn>\/(?:lake|descriptors)\/\*$/,
    reason: 'S3 names the objects of its access logs, in their own bucket.',
  },
  {
    resource: /^<[^>]+\.Arn>\/\*\/sparkplug_b\.desc$/,
    reason: 'Each version of the descriptor set has a folder of its own; it holds no secret.',
  },
  {
    resource: /^\*$/,
    actions: [...WITHOUT_RESOURCE, ...CLEANING_WITHOUT_RESOURCE],
    reason:
      'These actions of AWS IoT know no resource (Service Authorization Reference); the roles are those of AWS IoT and of one function.',
  },
];

/** Tells cdk-nag of them, and of what else is meant to be as it is. */
export function acceptFindings(stack: Stack): void {
  NagSuppressions.addStackSuppressions(stack, [
    ...WILDCARDS.map(({ resource, reason }) => ({
      id: 'AwsSolutions-IAM5',
      reason,
      appliesTo: [{ regex: `/^Resource::${resource.source.slice(1)}/` }],
    })),
    {
      id: 'AwsSolutions-SMG4',
      reason: 'The secret is the key of a certificate: rotating it means a new request, which a person makes.',
    },
  ]);
}
