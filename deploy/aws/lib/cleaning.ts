import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaFunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { NAMES } from './documents';
import { handler } from './functions';
import type { Settings } from './settings';
import { CLEANING_WITHOUT_RESOURCE } from './wildcards';

/**
 * Edges may delete nothing; a certificate that a commit has revoked is deleted from here once it was kept for long enough.
 * @param policies that certificates of edges can have
 */
export function cleaning(
  scope: Construct,
  key: IKey,
  { keepRevokedDays }: Settings,
  policies: readonly string[],
): LambdaFunction {
  const { region, account } = Stack.of(scope);
  const iotArn = `arn:aws:iot:${region}:${account}`;
  const found = handler(scope, 'CleanUp', {
    folder: 'clean-up',
    description: 'Deletes certificates of edges that were revoked long ago',
    key,
    timeout: 900,
    memoryMiB: 256,
    environment: {
      THING_TYPE: NAMES.thingType,
      CERTIFICATE_ARN: `${iotArn}:cert/`,
      KEEP_DAYS: String(keepRevokedDays),
    },
    statements: [
      new PolicyStatement({
        sid: 'ReadThings',
        actions: ['iot:DescribeThing', 'iot:ListThingPrincipals'],
        resources: [`${iotArn}:thing/*`],
      }),
      new PolicyStatement({
        sid: 'Certificates',
        actions: ['iot:DescribeCertificate', 'iot:ListAttachedPolicies', 'iot:DeleteCertificate'],
        resources: [`${iotArn}:cert/*`],
      }),
      new PolicyStatement({
        sid: 'Policies',
        actions: ['iot:DetachPolicy'],
        resources: [`${iotArn}:cert/*`, ...policies.map((name) => `${iotArn}:policy/${name}`)],
      }),
      new PolicyStatement({
        sid: 'WithoutResource',
        actions: [...CLEANING_WITHOUT_RESOURCE],
        resources: ['*'],
      }),
    ],
  });
  new Rule(scope, 'CleanUpDaily', {
    description: 'Has revoked certificates of edges deleted',
    schedule: Schedule.rate(Duration.days(1)),
    targets: [new LambdaFunctionTarget(found)],
  });
  return found;
}
