import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { DESCRIPTOR_FILE, sparkplugDescriptor } from './descriptor';
import { lakeTable, type LakeTableFile } from './columns';

export const LAKE_FILE = resolve(__dirname, '../../deploy/aws/lake/records.json');

/** Text of the file, after the one that is there. */
export function lakeFile(): string {
  const before = existsSync(LAKE_FILE) ? (JSON.parse(readFileSync(LAKE_FILE, 'utf8')) as LakeTableFile) : undefined;
  const { format, columns, partitions } = lakeTable(before, ALL_METRICS);
  const lines = (all: readonly unknown[]): string => all.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  return `{\n  "format": "${format}",\n  "partitions": [\n${lines(partitions)}\n  ],\n  "columns": [\n${lines(columns)}\n  ]\n}\n`;
}

if (require.main === module) {
  writeFileSync(LAKE_FILE, lakeFile());
  writeFileSync(DESCRIPTOR_FILE, sparkplugDescriptor());
  console.log(`Wrote ${LAKE_FILE} and ${DESCRIPTOR_FILE}.`);
}
