import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, LogStream, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { serviceRole } from './functions';
import { useOfKey } from './key';

/** What a delivery writes, where to, and by which function. */
export interface DeliveryNeeds {
  readonly key: Key;
  readonly bucket: Bucket;
  /** Makes rows of what comes. */
  readonly transform: LambdaFunction;
  /** Name of the stream. */
  readonly name: string;
  /** Of its log. */
  readonly logGroupName: string;
  readonly database: string;
  readonly table: string;
  /** Folder of the bucket. */
  readonly folder: string;
  /** Names of partitions that the function says, in the order of folders. */
  readonly partitions: readonly string[];
  /** Folder of the bucket for what cannot be converted. */
  readonly errors: string;
}

function deliveryRole(scope: Construct, needs: DeliveryNeeds): ReturnType<typeof serviceRole> {
  const { key, bucket, transform, logGroupName, database, table, folder, errors } = needs;
  const { account, region } = Stack.of(scope);
  return serviceRole(scope, 'DeliveryRole', 'firehose.amazonaws.com', [
    new PolicyStatement({
      sid: 'Bucket',
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [bucket.bucketArn],
    }),
    new PolicyStatement({
      sid: 'Objects',
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
      resources: [folder, errors].map((each) => `${bucket.bucketArn}/${each}/*`),
    }),
    useOfKey(key, 'kms:Decrypt', 'kms:GenerateDataKey'),
    new PolicyStatement({
      sid: 'Schema',
      actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
      resources: ['catalog', `database/${database}`, `table/${database}/${table}`].map(
        (each) => `arn:aws:glue:${region}:${account}:${each}`,
      ),
    }),
    new PolicyStatement({
      sid: 'Transform',
      actions: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
      resources: [transform.functionArn],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: ['logs:PutLogEvents'],
      resources: [`arn:aws:logs:${region}:${account}:log-group:${logGroupName}:log-stream:delivery`],
    }),
  ]);
}

/** Firehose that has rows made of what comes, and writes them as Parquet into folders by the partitions of rows. */
export function parquetDelivery(scope: Construct, needs: DeliveryNeeds): CfnDeliveryStream {
  const { key, bucket, logGroupName, partitions } = needs;
  const logGroup = new LogGroup(scope, 'DeliveryLog', {
    logGroupName,
    retention: RetentionDays.THREE_MONTHS,
    encryptionKey: key,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const logStream = new LogStream(scope, 'DeliveryLogStream', {
    logGroup,
    logStreamName: 'delivery',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = deliveryRole(scope, needs);
  const folders = partitions.map((each) => `${each}=!{partitionKeyFromLambda:${each}}/`).join('');
  const delivery = new CfnDeliveryStream(scope, 'Delivery', {
    deliveryStreamName: needs.name,
    deliveryStreamType: 'DirectPut',
    deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: key.keyArn },
    extendedS3DestinationConfiguration: {
      bucketArn: bucket.bucketArn,
      roleArn: role.roleArn,
      prefix: `${needs.folder}/${folders}`,
      errorOutputPrefix: `${needs.errors}/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/`,
      // The least and the most that Firehose takes with partitions of this kind.
      bufferingHints: { sizeInMBs: 64, intervalInSeconds: 900 },
      compressionFormat: 'UNCOMPRESSED',
      encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: key.keyArn } },
      cloudWatchLoggingOptions: { enabled: true, logGroupName, logStreamName: 'delivery' },
      dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: 300 } },
      processingConfiguration: {
        enabled: true,
        processors: [
          {
            type: 'Lambda',
            parameters: [
              { parameterName: 'LambdaArn', parameterValue: needs.transform.functionArn },
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
          databaseName: needs.database,
          tableName: needs.table,
          region: Stack.of(scope).region,
          versionId: 'LATEST',
        },
      },
    },
  });
  delivery.node.addDependency(role, logStream);
  return delivery;
}
