import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root';

/** A policy of AWS IoT Core, as it is written (AWS IoT Developer Guide, "AWS IoT Core policies"). */
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy without the right to do something with what has this text in its name. */
export function withoutRight(policy: PolicyDocument, action: `iot:${IotAction}`, text: string): PolicyDocument {
  const Statement = policy.Statement.map((statement) => {
    if (statement.Action !== action) return statement;
    return { ...statement, Resource: [statement.Resource].flat().filter((name) => !name.includes(text)) };
  });
  return { ...policy, Statement };
}

/** Who asks: what policy variables stand for. */
export interface PolicyContext {
  readonly clientId: string;
  /** Of the thing that is associated with the connection; variables of things stand for nothing without one. */
  readonly thingName?: string;
  /** Of the certificate's subject. */
  readonly commonName?: string;
}

const ACCOUNT = { region: 'eu-central-1', id: '123456789012' } as const;
/** Group ID of the Sparkplug edge nodes of that account. */
export const SPARKPLUG_GROUP = 'plant';
export type IotAction = 'Connect' | 'Publish' | 'Subscribe' | 'Receive';

/** Each action has resources of its own kind: topics are not topic filters. */
const KINDS: Readonly<Record<IotAction, string>> = {
  Connect: 'client',
  Publish: 'topic',
  Receive: 'topic',
  Subscribe: 'topicfilter',
};

/** @param name of the client, topic or topic filter */
function resourceOf(action: IotAction, name: string): string {
  return `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.id}:${KINDS[action]}/${name}`;
}

const listOf = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one);

function valueOf(variable: string, { clientId, thingName, commonName }: PolicyContext): string | undefined {
  switch (variable) {
    case 'iot:ClientId':
      return clientId;
    case 'iot:Connection.Thing.ThingName':
      return thingName;
    case 'iot:Certificate.Subject.CommonName':
      return commonName;
    case 'iot:Connection.Thing.IsAttached':
      return String(thingName !== undefined);
    case '*':
    case '?':
    case '$':
      return variable;
    default:
      throw new Error(`The double knows no policy variable ${variable}.`);
  }
}

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** A pattern: what comes out of a variable is literal, however it looks. Undefined where a variable stands for nothing. */
function patternOf(text: string, context: PolicyContext): RegExp | undefined {
  let source = '';
  // Even places are text with wildcards, odd ones names of variables.
  for (const [at, part] of text.split(/\$\{([^}]*)\}/).entries()) {
    if (at % 2 === 0)
      source += part
        .split(/([*?])/)
        .map((each) => (each === '*' ? '.*' : each === '?' ? '.' : quote(each)))
        .join('');
    else {
      const value = valueOf(part, context);
      if (value === undefined) return undefined;
      source += quote(value);
    }
  }
  return new RegExp(`^${source}$`, 's');
}

const compiled = new WeakMap<PolicyContext, Map<string, RegExp | undefined>>();

function matches(text: string, value: string, context: PolicyContext): boolean {
  const known = compiled.get(context) ?? new Map<string, RegExp | undefined>();
  compiled.set(context, known);
  if (!known.has(text)) known.set(text, patternOf(text, context));
  return known.get(text)?.test(value) ?? false;
}

function holds(condition: NonNullable<PolicyStatement['Condition']>, context: PolicyContext): boolean {
  return Object.entries(condition).every(([operator, keys]) => {
    if (operator !== 'Bool' && operator !== 'StringEquals')
      throw new Error(`The double knows no condition ${operator}.`);
    return Object.entries(keys).every(([key, wanted]) => {
      const value = valueOf(key, context);
      return value !== undefined && listOf(wanted).includes(value);
    });
  });
}

/** A Deny outweighs every Allow; what nobody allows is denied. */
export function isAllowed(
  policies: readonly PolicyDocument[],
  action: IotAction,
  name: string,
  context: PolicyContext,
): boolean {
  const resource = resourceOf(action, name);
  const fitting = policies
    .flatMap(({ Statement }) => Statement)
    .filter(
      ({ Action, Resource, Condition }) =>
        listOf(Action).some((each) => matches(each, `iot:${action}`, context)) &&
        listOf(Resource).some((each) => matches(each, resource, context)) &&
        (Condition === undefined || holds(Condition, context)),
    );
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny');
}

/** A policy of `deploy/aws/policies/` in the account of the double. */
export function deployedPolicy(name: 'edge' | 'claim' | 'sparkplug'): PolicyDocument {
  const text = readFileSync(join(ROOT, 'deploy/aws/policies', `${name}.json`), 'utf8');
  const put = { REGION: ACCOUNT.region, ACCOUNT: ACCOUNT.id, GROUP: SPARKPLUG_GROUP };
  const filled = Object.entries(put).reduce((all, [place, value]) => all.replaceAll(place, value), text);
  return JSON.parse(filled) as PolicyDocument;
}
