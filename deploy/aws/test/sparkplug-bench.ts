import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuleSql, type DecodedForm, type RuleMessage } from '../../../testkit/aws-iot/rule-sql';
import { transformSparkplug } from '../lambda/sparkplug-rows/index';
import { HOME } from '../lib/settings';
import type { Synthesized } from './synth';

/** A row of the table of Sparkplug, by column. */
export type SparkplugRow = Readonly<Record<string, string | number | boolean>>;

/** What the documents of AWS do not decide; the rows have to be the same for each. */
export const FORMS: readonly DecodedForm[] = [
  { fields: 'as defined', longs: 'number' },
  { fields: 'as defined', longs: 'text' },
  { fields: 'camelCase', longs: 'number' },
  { fields: 'camelCase', longs: 'text' },
];

/** A text of the template, with the names of resources for what CloudFormation puts in. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join = ['', []] } = value as { Ref?: string; 'Fn::Join'?: readonly [string, unknown[]] };
  return Ref ?? join[1].map(textOf).join(join[0]);
}

/** The SQL of the rules of Sparkplug, and the objects in S3 that the stack uploads for them. */
export function deployedRules({ resources }: Synthesized): {
  readonly sql: readonly string[];
  readonly objects: ReadonlyMap<string, Uint8Array>;
} {
  const all = Object.values(resources);
  const sql = all.flatMap(({ Type, Properties }) => {
    const { Sql } = (Properties['TopicRulePayload'] ?? {}) as { readonly Sql?: unknown };
    const text = Type === 'AWS::IoT::TopicRule' ? textOf(Sql) : '';
    return text.includes('spBv1.0') ? [text] : [];
  });
  const objects = all.flatMap(({ Type, Properties }): readonly (readonly [string, Uint8Array])[] => {
    if (Type !== 'Custom::CDKBucketDeployment') return [];
    const { DestinationBucketName: bucket, DestinationBucketKeyPrefix: prefix } = Properties;
    const path = `${textOf(bucket)}/${textOf(prefix)}/sparkplug_b.desc`;
    return [[path, readFileSync(join(HOME, 'sparkplug/sparkplug_b.desc'))]];
  });
  return { sql, objects: new Map(objects) };
}

/** Rules, Firehose and the function between them. */
export class SparkplugPath {
  readonly rows: SparkplugRow[] = [];
  readonly days = new Set<string>();
  /** Messages that the function kept for the folder of errors, and why. */
  readonly refused: unknown[] = [];
  readonly log: string[] = [];
  /** Messages that matched a rule, and that it handed on to nobody. */
  lost = 0;
  private readonly rules: readonly RuleSql[];

  constructor({ sql, objects }: ReturnType<typeof deployedRules>, form: DecodedForm) {
    this.rules = sql.map((each) => new RuleSql(each, objects, form));
  }

  take(message: RuleMessage): void {
    const matching = this.rules.filter((rule) => rule.matches(message.topic));
    const handed = matching.flatMap((rule) => rule.run(message) ?? []);
    this.lost += matching.length - handed.length;
    const records = handed.map((each, at) => ({
      recordId: String(at),
      data: Buffer.from(JSON.stringify(each)).toString('base64'),
    }));
    const { records: answers } = transformSparkplug({ records }, Date.now(), (line) => this.log.push(line));
    for (const { result, data, metadata } of answers) {
      const lines = Buffer.from(data, 'base64').toString().trimEnd().split('\n');
      if (result === 'ProcessingFailed') this.refused.push(JSON.parse(lines.join('')));
      if (result !== 'Ok') continue;
      this.days.add(metadata?.partitionKeys['day'] ?? '');
      this.rows.push(...lines.map((line) => JSON.parse(line) as SparkplugRow));
    }
  }
}
