import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { SPARKPLUG_GROUP } from '../../../testkit/aws-iot/policy';
import { HOME, readSettings, type Settings } from '../lib/settings';
import { Pm500Stack } from '../lib/stack';

const { context } = JSON.parse(readFileSync(join(HOME, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };

/** Where the double of AWS IoT is. */
export const ENV = { account: '123456789012', region: 'eu-central-1' } as const;

export const SETTINGS: Settings = readSettings({
  alarmEmail: 'operator@example.com',
  monthlyBudgetUsd: 200,
  withStream: true,
  silentMinutes: 30,
  keepRevokedDays: 30,
  sparkplugGroup: SPARKPLUG_GROUP,
});

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** What came out of an app. */
export interface Synthesized {
  readonly template: Template;
  readonly resources: Readonly<Record<string, Resource>>;
  /** By the rules of cdk-nag; none where there are violations. */
  readonly findings: readonly string[];
  /** By the resource schemas and rules that CDK has. */
  readonly violations: readonly string[];
}

interface Report {
  readonly pluginReports?: readonly {
    readonly violations: readonly { readonly ruleName: string; readonly description: string }[];
  }[];
}

/** Synthesizes into a folder that is gone after that. */
export function synthesize(make: (app: App) => Stack): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'pm500-aws-'));
  const before = process.exitCode;
  try {
    const app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } });
    const stack = make(app);
    Aspects.of(app).add(new AwsSolutionsChecks());
    try {
      app.synth();
    } catch (thrown) {
      // What is wrong stands in the report.
      if (!String(thrown).includes('Validation failed')) throw thrown;
    }
    const { pluginReports = [] } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
    const content = JSON.parse(readFileSync(join(outdir, stack.templateFile), 'utf8')) as {
      readonly Resources: Record<string, Resource>;
    };
    const violations = pluginReports.flatMap((report) =>
      report.violations.map(({ ruleName, description }) => `${ruleName} ${description}`),
    );
    return {
      template: Template.fromJSON(content),
      resources: content.Resources,
      findings: violations.length > 0 ? [] : findingsOf(stack),
      violations,
    };
  } finally {
    // Validation that fails is told to the shell as well.
    process.exitCode = before;
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Of a stack without violations: with one, CDK answers nothing. */
function findingsOf(stack: Stack): readonly string[] {
  const found = Annotations.fromStack(stack).findError('*', Match.anyValue());
  return found.map(({ id, entry }) => `${id}: ${JSON.stringify(entry.data)}`);
}

/** The whole stack where the double of AWS IoT is. */
export const synthesizeStack = (settings: Settings = SETTINGS): Synthesized =>
  synthesize((app) => new Pm500Stack(app, 'Pm500', settings, { env: ENV }));

/** The first resource of a type whose properties hold a value under a name. */
export function resourceWith(
  { resources }: Synthesized,
  type: string,
  [name, value]: readonly [string, unknown],
): Resource {
  const found = Object.values(resources).find((each) => each.Type === type && each.Properties[name] === value);
  if (found === undefined) throw new Error(`There is no ${type} whose ${name} is ${String(value)}.`);
  return found;
}
