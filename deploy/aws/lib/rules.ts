import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ROW_SCHEMAS } from '../lambda/row';
import { deadLetterQueue, handler, serviceRole } from './functions';
import { useOfKey } from './key';
import type { Lake } from './lake';
import type { Settings } from './settings';

const SQL_VERSION = '2016-03-23';
/** Listens to everything that edges publish under their names. */
export const RECORDS_RULE = 'pm500_records';
const BATCH_SCHEMA = 'pm500.iot-batch/1';
const isOneOf = (schemas: readonly string[]): string => schemas.map((each) => `schema = '${each}'`).join(' OR ');

type Actions = CfnTopicRule.ActionProperty[];

/** What happens to messages of edges: into the lake, into the stream, and the commit of a rotation. */
export class Rules extends Construct {
  /** What no action took, with the reason. */
  readonly deadLetters: Queue;
  readonly commit: LambdaFunction;
  readonly names: string[] = [];
  private readonly errorRoleArn: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly key: Key,
    lake: Lake,
    settings: Settings,
  ) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', key);
    this.errorRoleArn = serviceRole(this, 'ErrorRole', 'iot.amazonaws.com', [
      new PolicyStatement({ sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
      useOfKey(key, 'kms:Decrypt', 'kms:GenerateDataKey'),
    ]).roleArn;
    this.lakeRules(lake);
    if (settings.withStream) this.streamRule();
    this.commit = this.commitFunction();
    this.commitRule();
  }

  /** A rule whose actions that fail leave their message in the dead letters. */
  rule(name: string, description: string, sql: string, actions: Actions): CfnTopicRule {
    this.names.push(name);
    return new CfnTopicRule(this, name, {
      ruleName: name,
      topicRulePayload: {
        awsIotSqlVersion: SQL_VERSION,
        ruleDisabled: false,
        description,
        sql,
        actions,
        errorAction: {
          sqs: { queueUrl: this.deadLetters.queueUrl, roleArn: this.errorRoleArn, useBase64: false },
        },
      },
    });
  }

  private lakeRules({ delivery }: Lake): void {
    const roleArn = serviceRole(this, 'LakeRole', 'iot.amazonaws.com', [
      new PolicyStatement({
        sid: 'Deliver',
        actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
        resources: [delivery.attrArn],
      }),
    ]).roleArn;
    const deliveryStreamName = delivery.ref;
    this.rule(
      RECORDS_RULE,
      'Records, one in a message, into the lake',
      `SELECT * FROM 'pm500/#' WHERE ${isOneOf(ROW_SCHEMAS)}`,
      [{ firehose: { deliveryStreamName, roleArn, separator: '\n', batchMode: false } }],
    );
    this.rule(
      'pm500_batches',
      'Records, several in a message, one by one into the lake',
      `SELECT VALUE records FROM 'pm500/#' WHERE ${isOneOf([BATCH_SCHEMA])}`,
      [{ firehose: { deliveryStreamName, roleArn, separator: '\n', batchMode: true } }],
    );
  }

  /** Messages as they are, with their topic, in the order of an edge. */
  private streamRule(): void {
    const stream = new Stream(this, 'Stream', {
      streamName: 'pm500-messages',
      streamMode: StreamMode.PROVISIONED,
      shardCount: 1,
      retentionPeriod: Duration.days(1),
      encryption: StreamEncryption.KMS,
      encryptionKey: this.key,
    });
    const roleArn = serviceRole(this, 'StreamRole', 'iot.amazonaws.com', [
      new PolicyStatement({ sid: 'Put', actions: ['kinesis:PutRecord'], resources: [stream.streamArn] }),
      useOfKey(this.key, 'kms:GenerateDataKey'),
    ]).roleArn;
    this.rule(
      'pm500_stream',
      'Messages as they are into the stream',
      `SELECT *, topic() AS topic FROM 'pm500/#' WHERE ${isOneOf([...ROW_SCHEMAS, BATCH_SCHEMA])}`,
      [{ kinesis: { streamName: stream.streamName, partitionKey: '${topic(2)}', roleArn } }],
    );
  }

  private commitFunction(): LambdaFunction {
    const iotArn = `arn:aws:iot:${Stack.of(this).region}:${Stack.of(this).account}`;
    return handler(this, 'Commit', {
      folder: 'commit',
      description: 'Ends a rotation: revokes the certificates of before',
      key: this.key,
      timeout: 30,
      memoryMiB: 256,
      deadLetters: this.deadLetters,
      statements: [
        new PolicyStatement({
          sid: 'ReadThings',
          actions: ['iot:ListThingPrincipals'],
          resources: [`${iotArn}:thing/*`],
        }),
        new PolicyStatement({ sid: 'Revoke', actions: ['iot:UpdateCertificate'], resources: [`${iotArn}:cert/*`] }),
        new PolicyStatement({
          sid: 'Answer',
          actions: ['iot:Publish'],
          resources: ['accepted', 'rejected'].map((end) => `${iotArn}:topic/pm500/*/certificate/commit/${end}`),
        }),
        useOfKey(this.key, 'kms:Decrypt', 'kms:GenerateDataKey'),
      ],
    });
  }

  private commitRule(): void {
    const { functionArn } = this.commit;
    const rule = this.rule(
      'pm500_certificate_commit',
      'The connection proves that an edge has its new certificate',
      "SELECT certificateId, clientToken, principal() AS principal, topic(2) AS thing FROM 'pm500/+/certificate/commit'",
      [{ lambda: { functionArn } }],
    );
    this.commit.addPermission('AskedByTheRule', {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: rule.attrArn,
    });
  }
}
