import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, LogStream, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import table from '../lake/records.json';
import { FIRST_DAY } from '../lambda/row';
import { handler, serviceRole } from './functions';
import { useOfKey } from './key';
import { HOME } from './settings';

/** Names of database and table in Athena; the queries of lake/queries/ use them. */
export const DATABASE = 'pm500';
export const TABLE = 'records';
const WORKGROUP = 'pm500';
/** Folders of the bucket. */
const FOLDERS = { records: 'records', errors: 'errors', results: 'athena' } as const;
const LOG_GROUP = '/pm500/firehose';
/** Bytes that one query may read: 1 TiB, some dollars. */
const MOST_SCANNED = 1_099_511_627_776;

/** Where records are kept: Firehose writes them as Parquet, Athena reads them. */
export class Lake extends Construct {
  readonly bucket: Bucket;
  readonly transform: LambdaFunction;
  readonly delivery: CfnDeliveryStream;

  constructor(
    scope: Construct,
    id: string,
    private readonly key: Key,
  ) {
    super(scope, id);
    this.bucket = this.makeBucket();
    const glue = this.makeTable();
    this.transform = handler(this, 'Transform', {
      folder: 'transform',
      description: 'Makes rows of the lake of records of iot-out',
      key,
      statements: [],
      timeout: 60,
      memoryMiB: 512,
    });
    this.delivery = this.makeDelivery();
    this.delivery.addResourceDependency(glue);
    this.makeQueries();
  }

  private makeBucket(): Bucket {
    const logs = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'OldLogs', expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 'lake/',
      lifecycleRules: [
        {
          id: 'OldRecords',
          prefix: `${FOLDERS.records}/`,
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(0) }],
          noncurrentVersionExpiration: Duration.days(30),
        },
        {
          id: 'OldResults',
          prefix: `${FOLDERS.results}/`,
          expiration: Duration.days(30),
          noncurrentVersionExpiration: Duration.days(1),
        },
        { id: 'Unfinished', abortIncompleteMultipartUploadAfter: Duration.days(2) },
      ],
      // What was measured stays, also when the stack goes.
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private makeTable(): CfnTable {
    const { account } = Stack.of(this);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name: DATABASE, description: 'PowerMonitor 500: records of meters' },
    });
    const location = `s3://${this.bucket.bucketName}/${FOLDERS.records}/`;
    const glue = new CfnTable(this, 'Table', {
      catalogId: account,
      databaseName: DATABASE,
      tableInput: {
        name: TABLE,
        description:
          'A row for each record; units stand in the comments. Keep the first of meter, time_ms, sequence and part',
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: table.partitions,
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'parquet',
          // Athena works partitions out by itself, so that none has to be added, also for what comes late.
          'projection.enabled': 'true',
          'projection.kind.type': 'enum',
          'projection.kind.values': 'telemetry,alarm,event',
          'projection.day.type': 'date',
          'projection.day.format': 'yyyy-MM-dd',
          'projection.day.range': `${FIRST_DAY},NOW+1DAYS`,
          'storage.location.template': `${location}kind=\${kind}/day=\${day}/`,
        },
        storageDescriptor: {
          location,
          columns: table.columns,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });
    glue.addResourceDependency(database);
    return glue;
  }

  private deliveryRole(): Role {
    const { account, region } = Stack.of(this);
    return serviceRole(this, 'DeliveryRole', 'firehose.amazonaws.com', [
      new PolicyStatement({
        sid: 'Bucket',
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        resources: [this.bucket.bucketArn],
      }),
      new PolicyStatement({
        sid: 'Objects',
        actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        resources: [FOLDERS.records, FOLDERS.errors].map((folder) => `${this.bucket.bucketArn}/${folder}/*`),
      }),
      useOfKey(this.key, 'kms:Decrypt', 'kms:GenerateDataKey'),
      new PolicyStatement({
        sid: 'Schema',
        actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
        resources: ['catalog', `database/${DATABASE}`, `table/${DATABASE}/${TABLE}`].map(
          (each) => `arn:aws:glue:${region}:${account}:${each}`,
        ),
      }),
      new PolicyStatement({
        sid: 'Transform',
        actions: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
        resources: [this.transform.functionArn],
      }),
      new PolicyStatement({
        sid: 'Log',
        actions: ['logs:PutLogEvents'],
        resources: [`arn:aws:logs:${region}:${account}:log-group:${LOG_GROUP}:log-stream:delivery`],
      }),
    ]);
  }

  private makeDelivery(): CfnDeliveryStream {
    const logGroup = new LogGroup(this, 'DeliveryLog', {
      logGroupName: LOG_GROUP,
      retention: RetentionDays.THREE_MONTHS,
      encryptionKey: this.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new LogStream(this, 'DeliveryLogStream', {
      logGroup,
      logStreamName: 'delivery',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.deliveryRole();
    const delivery = new CfnDeliveryStream(this, 'Delivery', {
      deliveryStreamName: 'pm500-records',
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: this.key.keyArn },
      extendedS3DestinationConfiguration: {
        bucketArn: this.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${FOLDERS.records}/kind=!{partitionKeyFromLambda:kind}/day=!{partitionKeyFromLambda:day}/`,
        errorOutputPrefix: `${FOLDERS.errors}/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/`,
        // The least and the most that Firehose takes with partitions of this kind.
        bufferingHints: { sizeInMBs: 64, intervalInSeconds: 900 },
        compressionFormat: 'UNCOMPRESSED',
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: this.key.keyArn } },
        cloudWatchLoggingOptions: { enabled: true, logGroupName: LOG_GROUP, logStreamName: 'delivery' },
        dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: 300 } },
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'Lambda',
              parameters: [
                { parameterName: 'LambdaArn', parameterValue: this.transform.functionArn },
                { parameterName: 'RoleArn', parameterValue: role.roleArn },
                { parameterName: 'NumberOfRetries', parameterValue: '3' },
                // Rows may not be more than 6 MB as they come back, and are longer than records.
                { parameterName: 'BufferSizeInMBs', parameterValue: '1' },
                { parameterName: 'BufferIntervalInSeconds', parameterValue: '60' },
              ],
            },
          ],
        },
        dataFormatConversionConfiguration: {
          enabled: true,
          // Names are snake_case, so that lowering them changes nothing.
          inputFormatConfiguration: { deserializer: { openXJsonSerDe: { caseInsensitive: false } } },
          outputFormatConfiguration: { serializer: { parquetSerDe: { compression: 'SNAPPY' } } },
          schemaConfiguration: {
            roleArn: role.roleArn,
            databaseName: DATABASE,
            tableName: TABLE,
            region: Stack.of(this).region,
            versionId: 'LATEST',
          },
        },
      },
    });
    delivery.node.addDependency(role, logStream);
    return delivery;
  }

  private makeQueries(): void {
    const group = new CfnWorkGroup(this, 'Queries', {
      name: WORKGROUP,
      description: 'Queries of the records of meters',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: MOST_SCANNED,
        resultConfiguration: {
          outputLocation: `s3://${this.bucket.bucketName}/${FOLDERS.results}/`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: this.key.keyArn },
        },
      },
    });
    const folder = join(HOME, 'lake/queries');
    for (const file of readdirSync(folder).sort()) {
      const name = basename(file, '.sql');
      const query = new CfnNamedQuery(this, `Query-${name}`, {
        name: `pm500-${name}`,
        database: DATABASE,
        workGroup: WORKGROUP,
        queryString: readFileSync(join(folder, file), 'utf8'),
      });
      query.addResourceDependency(group);
    }
  }
}
