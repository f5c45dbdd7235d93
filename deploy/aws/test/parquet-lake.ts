import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { RowMaker, type LakeTable } from '../lambda/row';
import { transform } from '../lambda/transform/index';
import { HOME } from '../lib/settings';

/** Types of Glue as DuckDB has them. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  int: 'INTEGER',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  'map<string,string>': 'MAP(VARCHAR, VARCHAR)',
  'map<string,bigint>': 'MAP(VARCHAR, BIGINT)',
  'map<string,double>': 'MAP(VARCHAR, DOUBLE)',
};

type Cell = string | number | boolean | null;

/**
 * What stands in for Firehose, Glue and Athena: rows that the function made, read by the types of the table, written as
 * Parquet into folders by kind and day, and queried by DuckDB.
 */
export class ParquetLake {
  private readonly folder = mkdtempSync(join(tmpdir(), 'pm500-lake-'));
  /** What the function wrote into its log. */
  readonly log: string[] = [];
  private files = 0;

  private constructor(private readonly database: DuckDBConnection) {}

  static async open(): Promise<ParquetLake> {
    const instance = await DuckDBInstance.create(':memory:');
    return new ParquetLake(await instance.connect());
  }

  /**
   * Takes records as a rule hands them on.
   * @param table as Glue has it at that time
   * @returns records that the function refused
   */
  async deliver(records: readonly unknown[], table: LakeTable): Promise<readonly unknown[]> {
    const asked = records.map((record, place) => ({
      recordId: String(place),
      data: Buffer.from(JSON.stringify(record)).toString('base64'),
    }));
    const { records: answers } = transform({ records: asked }, new RowMaker(table), (line) => this.log.push(line));
    const lines: string[] = [];
    const refused: unknown[] = [];
    for (const [place, { result, data, metadata }] of answers.entries()) {
      if (result !== 'Ok' || metadata === undefined) refused.push(records[place]);
      else {
        // The partition is told beside the row, and stands in the path alone.
        const row = Buffer.from(data, 'base64').toString().trimEnd();
        lines.push(`${row.slice(0, -1)},${JSON.stringify(metadata.partitionKeys).slice(1)}`);
      }
    }
    await this.write(lines, table);
    return refused;
  }

  private async write(lines: readonly string[], table: LakeTable): Promise<void> {
    this.files += 1;
    const input = join(this.folder, `${this.files}.json`);
    writeFileSync(input, lines.join('\n'));
    const columns = [...table.columns, ...table.partitions]
      .map(({ name, type }) => `"${name}": '${TYPES[type] ?? type}'`)
      .join(', ');
    mkdirSync(join(this.folder, 'records'), { recursive: true });
    await this.database.run(
      `COPY (SELECT * FROM read_json('${input}', format = 'newline_delimited', columns = {${columns}}) ORDER BY kind, day)
       TO '${join(this.folder, 'records')}' (FORMAT parquet, PARTITION_BY (kind, day), APPEND,
         FILENAME_PATTERN 'part-${this.files}-{uuid}')`,
    );
    rmSync(input);
  }

  /** Reads columns by their names, as Athena does: files from before a column have none there. */
  async ready(): Promise<void> {
    await this.database.run('CREATE SCHEMA IF NOT EXISTS pm500');
    await this.database.run(
      `CREATE OR REPLACE VIEW pm500.records AS SELECT * FROM read_parquet('${join(this.folder, 'records')}/*/*/*.parquet',
         hive_partitioning = true, union_by_name = true, hive_types = {'kind': VARCHAR, 'day': VARCHAR})`,
    );
  }

  async query(sql: string): Promise<readonly Readonly<Record<string, Cell>>[]> {
    const reader = await this.database.runAndReadAll(sql);
    return reader.getRowObjectsJson() as readonly Readonly<Record<string, Cell>>[];
  }

  /** Runs a query of lake/queries/ as it stands there. */
  run(name: string): Promise<readonly Readonly<Record<string, Cell>>[]> {
    return this.query(readFileSync(join(HOME, 'lake/queries', `${name}.sql`), 'utf8'));
  }

  close(): void {
    this.database.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
