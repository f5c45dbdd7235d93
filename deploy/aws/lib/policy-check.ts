import { WILDCARDS, type Wildcard } from './wildcards';

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** A statement of a policy, and the resource of the template that it stands in. */
export interface PlacedStatement {
  readonly place: string;
  /** Of the resource of the template. */
  readonly type: string;
  readonly statement: Members;
}

function statementsIn(value: unknown): readonly Members[] {
  if (Array.isArray(value)) return value.flatMap(statementsIn);
  if (!isMembers(value)) return [];
  const { Statement } = value;
  const own = listOf(Statement).filter(isMembers);
  return [...own, ...Object.values(value).flatMap((each) => (each === Statement ? [] : statementsIn(each)))];
}

/** Every statement of every policy in a template, of IAM, of resources and of AWS IoT. */
export function statementsOf(resources: Readonly<Record<string, unknown>>): readonly PlacedStatement[] {
  return Object.entries(resources).flatMap(([place, resource]) => {
    if (!isMembers(resource)) return [];
    const type = String(resource['Type']);
    return statementsIn(resource['Properties']).map((statement) => ({ place, type, statement }));
  });
}

/** An ARN as text, with `<...>` for what CloudFormation puts in. */
export function arnText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isMembers(value)) return `<${JSON.stringify(value)}>`;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return listOf(join[1]).map(arnText).join(String(join[0]));
  return `<${JSON.stringify(value)}>`;
}

/** Whether a statement has no action but those that the wildcard is for. */
function fits({ actions }: Wildcard, statement: Members): boolean {
  return actions === undefined || listOf(statement['Action']).every((each) => actions.includes(String(each)));
}

/** What a statement of a policy that is not one of AWS IoT devices allows too much; empty where nothing is. */
function excess({ type, statement }: PlacedStatement): readonly string[] {
  if (statement['Effect'] !== 'Allow') return [];
  const found: string[] = [];
  const isKey = type === 'AWS::KMS::Key';
  for (const action of listOf(statement['Action']).map(String)) {
    // The account is the owner of its keys; without this statement nobody could change the key (KMS Developer Guide).
    const isOwner =
      isKey &&
      action === 'kms:*' &&
      arnText(isMembers(statement['Principal']) && statement['Principal']['AWS']).endsWith(':root');
    if (action.includes('*') && !isOwner) found.push(`action ${action}`);
  }
  if (
    statement['NotAction'] !== undefined ||
    statement['NotResource'] !== undefined ||
    statement['NotPrincipal'] !== undefined
  )
    found.push('everything but something');
  const principal = statement['Principal'];
  if (principal === '*' || (isMembers(principal) && Object.values(principal).flatMap(listOf).includes('*')))
    found.push('principal *');
  for (const resource of listOf(statement['Resource']).map(arnText)) {
    // In the policy of a key, * is that key.
    if (!resource.includes('*') || (isKey && resource === '*')) continue;
    if (!WILDCARDS.some((each) => each.resource.test(resource) && fits(each, statement)))
      found.push(`resource ${resource}`);
  }
  return found;
}

/** What the policies of devices may have: every resource of a thing names the thing. */
const DEVICE_WILDCARDS: readonly RegExp[] = [
  // In the topics of its own, and in the answers to it.
  /:topic(?:filter)?\/(?:pm500|\$aws\/things)\/\$\{iot:Connection\.Thing\.ThingName\}\/(?:.+\/)?\*$/,
  // Of the devices of its own edge node.
  /:topic\/spBv1\.0\/[\w.-]+\/D(?:BIRTH|DATA|DEATH)\/\$\{iot:Connection\.Thing\.ThingName\}\/\*$/,
  // Answers to who asks: AWS IoT sends them to the connection that asked alone.
  /:topic(?:filter)?\/\$aws\/(?:certificates\/create-from-csr|provisioning-templates\/pm500-(?:claim|rotation)\/provision)\/json\/\*$/,
  // A claim is for whichever thing is installed next.
  /:client\/\*\.claim$/,
];

function excessOfDevice({ statement }: PlacedStatement): readonly string[] {
  const actions = listOf(statement['Action']).map(String);
  const resources = listOf(statement['Resource']).map(arnText);
  return [
    ...actions.filter((each) => each.includes('*')).map((each) => `action ${each}`),
    ...resources
      .filter((each) => each.includes('*') && !DEVICE_WILDCARDS.some((known) => known.test(each)))
      .map((each) => `resource ${each}`),
  ];
}

/** Everything in a template that allows more than it should, with its place. */
export function policyFindings(resources: Readonly<Record<string, unknown>>): readonly string[] {
  return statementsOf(resources).flatMap((placed) =>
    (placed.type === 'AWS::IoT::Policy' ? excessOfDevice(placed) : excess(placed)).map(
      (each) => `${placed.place}, ${arnText(placed.statement['Sid'] ?? 'a statement')}: ${each}`,
    ),
  );
}
