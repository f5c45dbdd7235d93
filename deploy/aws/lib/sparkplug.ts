import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import table from '../lake/sparkplug.json';
import { parquetDelivery } from './delivery';
import { handler, serviceRole } from './functions';
import { DATABASE, FOLDERS, type Lake } from './lake';
import { parquetTable } from './parquet-table';
import type { Rules } from './rules';
import { HOME } from './settings';

/** The descriptor set of Sparkplug B; `npx tsx tools/lake/main.ts` in the repository makes it of the fields of the codec. */
const FOLDER = join(HOME, 'sparkplug');
const FILE = 'sparkplug_b.desc';
/** What the set calls the definition, and the message in it. */
const DEFINITION = 'sparkplug_b';
const MESSAGE = 'Payload';
const RULES = { DBIRTH: 'pm500_sparkplug_births', DDATA: 'pm500_sparkplug_data' } as const;
const UPLOAD_LOG = '/pm500/sparkplug-upload';

/**
 * Sparkplug B of one group into the lake: rules decode births and data of devices by a descriptor set in S3, a function
 * makes a row of each value, Firehose writes them as Parquet beside the records.
 */
export class Sparkplug extends Construct {
  readonly transform: LambdaFunction;
  readonly delivery: CfnDeliveryStream;
  readonly ruleNames: readonly string[] = Object.values(RULES);

  constructor(
    scope: Construct,
    id: string,
    private readonly key: Key,
    { lake, rules, group }: { readonly lake: Lake; readonly rules: Rules; readonly group: string },
  ) {
    super(scope, id);
    const bucket = this.descriptorBucket(lake);
    // Another set gets another name: AWS IoT may use one of a name it knows for 15 minutes (Developer Guide).
    const version = createHash('sha256')
      .update(readFileSync(join(FOLDER, FILE)))
      .digest('hex')
      .slice(0, 16);
    const upload = this.upload(bucket, version);
    this.transform = handler(this, 'Rows', {
      folder: 'sparkplug-rows',
      description: 'Makes rows of the lake of messages of Sparkplug B',
      key,
      statements: [],
      timeout: 60,
      memoryMiB: 512,
    });
    this.delivery = this.deliveryOf(lake);
    const descriptor = `'${bucket.bucketName}', '${version}/${FILE}', '${DEFINITION}', '${MESSAGE}'`;
    for (const made of this.lakeRules(rules, group, descriptor)) made.node.addDependency(upload);
  }

  /** Holds the definition of messages and nothing else, so that AWS IoT needs no key for it. */
  private descriptorBucket({ accessLogs }: Lake): Bucket {
    const { account, region } = Stack.of(this);
    const bucket = new Bucket(this, 'Descriptors', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'descriptors/',
      removalPolicy: RemovalPolicy.RETAIN,
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'RulesDecode',
        principals: [new ServicePrincipal('iot.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects(`*/${FILE}`)],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: {
            'aws:SourceArn': Object.values(RULES).map((name) => `arn:aws:iot:${region}:${account}:rule/${name}`),
          },
        },
      }),
    );
    return bucket;
  }

  /** The function that uploads is one of CDK; its role is this one, and CDK may add nothing to it. */
  private upload(bucket: Bucket, version: string): BucketDeployment {
    const { account, region } = Stack.of(this);
    const asset = new Asset(this, 'Files', { path: FOLDER });
    const logGroup = new LogGroup(this, 'UploadLog', {
      logGroupName: UPLOAD_LOG,
      retention: RetentionDays.THREE_MONTHS,
      encryptionKey: this.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'UploadRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    for (const statement of [
      new PolicyStatement({
        sid: 'ReadFiles',
        actions: ['s3:GetObject'],
        resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)],
      }),
      new PolicyStatement({ sid: 'Look', actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
      new PolicyStatement({
        sid: 'Upload',
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${version}/${FILE}`)],
      }),
      new PolicyStatement({
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [`arn:aws:logs:${region}:${account}:log-group:${UPLOAD_LOG}:*`],
      }),
    ])
      role.addToPolicy(statement);
    const deployment = new BucketDeployment(this, 'Upload', {
      sources: [Source.bucket(asset.bucket, asset.s3ObjectKey)],
      destinationBucket: bucket,
      destinationKeyPrefix: version,
      prune: false,
      role: role.withoutPolicyUpdates(),
      logGroup,
    });
    deployment.node.addDependency(role);
    NagSuppressions.addStackSuppressions(Stack.of(this), [
      {
        id: 'AwsSolutions-L1',
        reason: 'The function that uploads the descriptor set is one of CDK, which says its runtime.',
      },
    ]);
    return deployment;
  }

  private deliveryOf({ bucket }: Lake): CfnDeliveryStream {
    const glue = parquetTable(this, {
      ...{ bucket, folder: FOLDERS.sparkplug, database: DATABASE, name: 'sparkplug', table },
      description: 'A row for each value of a metric of a device. Keep one of edge, device, metric and time_ms',
    });
    const delivery = parquetDelivery(this, {
      ...{ key: this.key, bucket, transform: this.transform },
      ...{ name: 'pm500-sparkplug', logGroupName: '/pm500/firehose-sparkplug' },
      ...{ database: DATABASE, table: 'sparkplug', partitions: ['day'] },
      ...{ folder: FOLDERS.sparkplug, errors: FOLDERS.errors },
    });
    delivery.addResourceDependency(glue);
    return delivery;
  }

  /** A rule for births and one for data, without conditions: what matches one and is not handed on is a fault. */
  private lakeRules(rules: Rules, group: string, descriptor: string): readonly CfnTopicRule[] {
    const roleArn = serviceRole(this, 'RuleRole', 'iot.amazonaws.com', [
      new PolicyStatement({ sid: 'Deliver', actions: ['firehose:PutRecord'], resources: [this.delivery.attrArn] }),
    ]).roleArn;
    const select = `SELECT topic() AS topic, timestamp() AS received_ms, decode(*, 'proto', ${descriptor}) AS payload`;
    return Object.entries(RULES).map(([message, name]) =>
      rules.rule(name, `${message} of Sparkplug B into the lake`, `${select} FROM 'spBv1.0/${group}/${message}/+/+'`, [
        { firehose: { deliveryStreamName: this.delivery.ref, roleArn, separator: '\n', batchMode: false } },
      ]),
    );
  }
}
