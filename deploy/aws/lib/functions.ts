import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import { HOME } from './settings';

/** A role for a service of AWS, which takes it for this account alone (the confused deputy of the IAM User Guide). */
export function serviceRole(
  scope: Construct,
  id: string,
  service: string,
  statements: readonly PolicyStatement[],
): Role {
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal(service, {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    inlinePolicies: { work: new PolicyDocument({ statements: [...statements] }) },
  });
}

/** What a function needs beside its code. */
export interface FunctionNeeds {
  /** Folder in lambda/. */
  readonly folder: string;
  readonly description: string;
  readonly key: IKey;
  readonly statements: readonly PolicyStatement[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout: number;
  readonly memoryMiB: number;
  /** Where what was asked without waiting and failed is kept. */
  readonly deadLetters?: Queue;
}

/** Lambda decrypts the environment of a function as its role; for nothing else it may use the key. */
function readEnvironment(scope: Construct, key: IKey): PolicyStatement {
  const { region, account } = Stack.of(scope);
  return new PolicyStatement({
    sid: 'ReadEnvironment',
    actions: ['kms:Decrypt'],
    resources: [key.keyArn],
    conditions: {
      ArnLike: { 'kms:EncryptionContext:aws:lambda:FunctionArn': `arn:aws:lambda:${region}:${account}:function:*` },
    },
  });
}

/** A function of lambda/, with a log and a role of its own that allow nothing else. */
export function handler(scope: Construct, id: string, needs: FunctionNeeds): LambdaFunction {
  const { folder, key, deadLetters } = needs;
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/pm500/${folder}`,
    retention: RetentionDays.THREE_MONTHS,
    encryptionKey: key,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // The key belongs to another stack; its policy lets the log service use it.
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      work: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'WriteLog',
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [
              `arn:aws:logs:${Stack.of(scope).region}:${Stack.of(scope).account}:log-group:/pm500/${folder}:*`,
            ],
          }),
          ...(needs.environment === undefined ? [] : [readEnvironment(scope, key)]),
          ...needs.statements,
        ],
      }),
    },
  });
  return new NodejsFunction(scope, id, {
    entry: join(HOME, 'lambda', folder, 'index.ts'),
    description: needs.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    role,
    logGroup,
    timeout: Duration.seconds(needs.timeout),
    memorySize: needs.memoryMiB,
    environment: { ...needs.environment },
    environmentEncryption: key,
    ...(deadLetters === undefined ? {} : { deadLetterQueue: deadLetters }),
    projectRoot: HOME,
    depsLockFilePath: join(HOME, 'package-lock.json'),
    bundling: { externalModules: ['@aws-sdk/*'], target: 'node24', sourceMap: false, keepNames: true },
  });
}

/** Keeps what could not be handed on, for the longest time that a queue has. */
export function deadLetterQueue(scope: Construct, id: string, key: IKey): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    retentionPeriod: Duration.days(14),
    enforceSSL: true,
  });
}
