import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, type CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import table from '../lake/records.json';
import { parquetDelivery } from './delivery';
import { handler } from './functions';
import { parquetTable } from './parquet-table';
import { HOME } from './settings';

/** Names of database and table in Athena; the queries of lake/queries/ use them. */
export const DATABASE = 'pm500';
export const TABLE = 'records';
const WORKGROUP = 'pm500';
/** Folders of the bucket. */
export const FOLDERS = { records: 'records', sparkplug: 'sparkplug', errors: 'errors', results: 'athena' } as const;
/** Bytes that one query may read: 1 TiB, some dollars. */
const MOST_SCANNED = 1_099_511_627_776;

/** Where records are kept: Firehose writes them as Parquet, Athena reads them. */
export class Lake extends Construct {
  readonly bucket: Bucket;
  /** Where accesses to buckets are logged, by a folder for each. */
  readonly accessLogs: Bucket;
  readonly transform: LambdaFunction;
  readonly delivery: CfnDeliveryStream;

  constructor(
    scope: Construct,
    id: string,
    private readonly key: Key,
  ) {
    super(scope, id);
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'OldLogs', expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
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
    this.delivery = parquetDelivery(this, {
      ...{ key, bucket: this.bucket, transform: this.transform },
      ...{ name: 'pm500-records', logGroupName: '/pm500/firehose' },
      ...{ database: DATABASE, table: TABLE, partitions: ['kind', 'day'] },
      ...{ folder: FOLDERS.records, errors: FOLDERS.errors },
    });
    this.delivery.addResourceDependency(glue);
    this.makeQueries();
  }

  private makeBucket(): Bucket {
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'lake/',
      lifecycleRules: [
        ...([FOLDERS.records, FOLDERS.sparkplug] as const).map((folder) => ({
          id: `Old-${folder}`,
          prefix: `${folder}/`,
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(0) }],
          noncurrentVersionExpiration: Duration.days(30),
        })),
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
    const made = parquetTable(this, {
      ...{ bucket: this.bucket, folder: FOLDERS.records, database: DATABASE, name: TABLE, table },
      description:
        'A row for each record; units stand in the comments. Keep the first of meter, time_ms, sequence and part',
      projections: { 'projection.kind.type': 'enum', 'projection.kind.values': 'telemetry,alarm,event' },
    });
    made.addResourceDependency(database);
    return made;
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
