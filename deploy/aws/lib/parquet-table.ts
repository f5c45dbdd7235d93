import { Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { FIRST_DAY } from '../lambda/row';

interface ColumnOfTable {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

/** A table of Athena over Parquet of one folder. */
export interface TableNeeds {
  readonly bucket: Bucket;
  readonly folder: string;
  readonly database: string;
  readonly name: string;
  readonly description: string;
  /** Its columns and partitions, of which `day` is one. */
  readonly table: { readonly columns: readonly ColumnOfTable[]; readonly partitions: readonly ColumnOfTable[] };
  /** How Athena works out partitions other than the day. */
  readonly projections?: Readonly<Record<string, string>>;
}

/** Athena works partitions out by itself, so that none has to be added, also for what comes late. */
export function parquetTable(scope: Construct, needs: TableNeeds): CfnTable {
  const { columns, partitions } = needs.table;
  const location = `s3://${needs.bucket.bucketName}/${needs.folder}/`;
  const folders = partitions.map(({ name }) => `${name}=\${${name}}/`).join('');
  return new CfnTable(scope, 'Table', {
    catalogId: Stack.of(scope).account,
    databaseName: needs.database,
    tableInput: {
      name: needs.name,
      description: needs.description,
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [...partitions],
      parameters: {
        EXTERNAL: 'TRUE',
        classification: 'parquet',
        'projection.enabled': 'true',
        ...needs.projections,
        'projection.day.type': 'date',
        'projection.day.format': 'yyyy-MM-dd',
        'projection.day.range': `${FIRST_DAY},NOW+1DAYS`,
        'storage.location.template': `${location}${folders}`,
      },
      storageDescriptor: {
        location,
        columns: [...columns],
        inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    },
  });
}
