import assert from 'node:assert/strict';
import { seededRandom, type Random } from '../../src/support/random';
import {
  deployedPolicy,
  isAllowed,
  SPARKPLUG_GROUP,
  type IotAction,
  type PolicyContext,
  type PolicyDocument,
} from '../../testkit/aws-iot/policy';

const EDGE: PolicyContext = { clientId: 'mill-1', thingName: 'mill-1', commonName: 'mill-1' };
const KEEPER: PolicyContext = { ...EDGE, clientId: 'mill-1.identity' };
const CLAIM: PolicyContext = { clientId: 'mill-1.claim' };

type Right = readonly [IotAction, string];
const answers = (topic: string): readonly Right[] =>
  ['accepted', 'rejected'].flatMap((end): readonly Right[] => [
    ['Subscribe', `${topic}/${end}`],
    ['Receive', `${topic}/${end}`],
  ]);
const asks = (...topics: readonly string[]): readonly Right[] =>
  topics.flatMap((topic) => [['Publish', topic] as const, ...answers(topic)]);

const CREATE = '$aws/certificates/create-from-csr/json';
/** All that an edge does, and what it connects as meanwhile. */
const NEEDED: readonly (readonly [PolicyContext, Right])[] = [
  [EDGE, ['Connect', 'mill-1']],
  [EDGE, ['Publish', 'pm500/mill-1/steel-works/main-incomer/telemetry']],
  [KEEPER, ['Connect', 'mill-1.identity']],
  ...asks(
    CREATE,
    '$aws/provisioning-templates/pm500-rotation/provision/json',
    '$aws/things/mill-1/jobs/start-next',
    '$aws/things/mill-1/jobs/renew-2027/update',
    'pm500/mill-1/certificate/commit',
  ).map((right) => [KEEPER, right] as const),
];
const SPARKPLUG: PolicyContext = { ...EDGE, clientId: 'mill-1.sparkplug' };
const sparkplug = (type: string, end = ''): string => `spBv1.0/${SPARKPLUG_GROUP}/${type}/mill-1${end}`;
/** Its will is NDEATH; its own births come back to it, so that it notices a second edge node with its IDs. */
const NEEDED_OF_SPARKPLUG: typeof NEEDED = [
  ['Connect', 'mill-1.sparkplug'] as const,
  ...['NBIRTH', 'NDATA', 'NDEATH'].map((type) => ['Publish', sparkplug(type)] as const),
  ...['DBIRTH', 'DDATA', 'DDEATH'].map((type) => ['Publish', sparkplug(type, '/main-incomer')] as const),
  ...['NCMD', 'NBIRTH'].flatMap((type) => [
    ['Subscribe', sparkplug(type)] as const,
    ['Receive', sparkplug(type)] as const,
  ]),
].map((right) => [SPARKPLUG, right]);
const NEEDED_OF_CLAIM: typeof NEEDED = [
  [CLAIM, ['Connect', 'mill-1.claim']],
  ...asks(CREATE, '$aws/provisioning-templates/pm500-claim/provision/json').map((right) => [CLAIM, right] as const),
];

const listOf = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one);

/** The policy without one of its statements, or without one of the resources of a statement. */
function lesser(policy: PolicyDocument): readonly PolicyDocument[] {
  return policy.Statement.flatMap((statement, at) => {
    const others = policy.Statement.filter((_, place) => place !== at);
    const resources = listOf(statement.Resource);
    const without = resources.map((gone) => ({
      ...policy,
      Statement: [...others, { ...statement, Resource: resources.filter((each) => each !== gone) }],
    }));
    return [{ ...policy, Statement: others }, ...without];
  });
}

const ACTIONS: readonly IotAction[] = ['Connect', 'Publish', 'Subscribe', 'Receive'];
const OTHERS = [
  'mill-2',
  'mill-10',
  'mill-',
  'mill',
  'Mill-1',
  'xmill-1',
  'mill-1x',
  '+',
  '#',
  '*',
  '?',
  '${iot:ClientId}',
];
const LEVELS = [
  'a',
  'telemetry',
  'jobs',
  'get',
  'update',
  'accepted',
  '+',
  '#',
  '*',
  '..',
  '',
  'certificate',
  'commit',
  'mill-1',
];

const TYPES = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD', 'DBIRTH', 'DDATA', 'DDEATH', 'DCMD', '+', '#'];

const pick = <Of>(from: readonly Of[], random: Random): Of => from[Math.floor(random() * from.length)]!;

/** A client, topic or filter of another thing, of all things, or of no thing. */
function foreign(random: Random): Right {
  const other = pick(OTHERS, random);
  const rest = Array.from({ length: Math.floor(random() * 5) }, () => pick(LEVELS, random)).join('/');
  const action = pick(ACTIONS, random);
  if (action === 'Connect')
    return [action, pick([other, `${other}.identity`, `${other}.claim`, `mill-1.${rest}`], random)];
  const name = pick(
    [
      `pm500/${other}/${rest}`,
      `pm500/${other}/certificate/commit/${rest}`,
      `pm500/${other}`,
      `$aws/things/${other}/jobs/${rest}`,
      `$aws/things/${other}/shadow/${rest}`,
      `$aws/things/mill-1/shadow/${rest}`,
      `$aws/provisioning-templates/pm500-claim/provision/json/${rest}`,
      `$aws/certificates/create/json/${rest}`,
      `$aws/rules/${other}/${rest}`,
      `$aws/events/${rest}`,
      `spBv1.0/${SPARKPLUG_GROUP}/${pick(TYPES, random)}/${other}/${rest}`,
      `spBv1.0/${SPARKPLUG_GROUP}/${pick(TYPES, random)}/${other}`,
      `spBv1.0/${pick(['other', '+', '#', `${SPARKPLUG_GROUP}x`, 'STATE'], random)}/${pick(TYPES, random)}/mill-1/${rest}`,
      `spBv1.0/${SPARKPLUG_GROUP}/DCMD/mill-1/${rest}`,
      `${other}/${rest}`,
    ],
    random,
  );
  return [action, name];
}

describe('policies of deploy/aws', () => {
  const edge = deployedPolicy('edge');
  const claim = deployedPolicy('claim');
  const ofSparkplug = deployedPolicy('sparkplug');
  const may = (policy: PolicyDocument, [context, [action, name]]: (typeof NEEDED)[number]): boolean =>
    isAllowed([policy], action, name, context);

  it('allow all that is needed', () => {
    for (const each of NEEDED) assert.ok(may(edge, each), String(each[1]));
    for (const each of NEEDED_OF_CLAIM) assert.ok(may(claim, each), String(each[1]));
    for (const each of NEEDED_OF_SPARKPLUG) assert.ok(may(ofSparkplug, each), String(each[1]));
  });

  it('have no statement and no resource that is not needed', () => {
    const all = [
      ...lesser(edge).map((each) => [each, NEEDED] as const),
      ...lesser(claim).map((each) => [each, NEEDED_OF_CLAIM] as const),
      ...lesser(ofSparkplug).map((each) => [each, NEEDED_OF_SPARKPLUG] as const),
    ];
    assert.ok(all.length > 20);
    for (const [policy, needed] of all)
      assert.ok(
        needed.some((each) => !may(policy, each)),
        JSON.stringify(policy.Statement.map(({ Sid }) => Sid)),
      );
  });

  it('allow one thing nothing of another in 150 000 random tries, with Sparkplug and without', () => {
    const random = seededRandom(18);
    for (let count = 0; count < 50_000; count++) {
      for (const context of [EDGE, KEEPER, SPARKPLUG]) {
        const [action, name] = foreign(random);
        assert.equal(isAllowed([edge], action, name, context), false, `${action} ${name}`);
        assert.equal(isAllowed([edge, ofSparkplug], action, name, context), false, `${action} ${name}`);
      }
    }
  });

  it('allow a claim nothing of any thing', () => {
    const random = seededRandom(19);
    for (let count = 0; count < 20_000; count++) {
      const [action, name] = foreign(random);
      if (name.endsWith('.claim') || name.startsWith('$aws/provisioning-templates/pm500-claim/')) continue;
      assert.equal(isAllowed([claim], action, name, CLAIM), false, `${action} ${name}`);
    }
  });

  it('allow nothing to a certificate without a thing', () => {
    for (const [, [action, name]] of NEEDED.filter(([, [each]]) => each === 'Connect'))
      assert.equal(isAllowed([edge], action, name, { clientId: name }), false);
  });

  it('are read as AWS reads them', () => {
    const policy = (Resource: string, Effect: 'Allow' | 'Deny' = 'Allow'): PolicyDocument => ({
      Version: '2012-10-17',
      Statement: [{ Effect, Action: 'iot:Publish', Resource }],
    });
    const topic = 'arn:aws:iot:eu-central-1:123456789012:topic';
    const publishes = (name: string, ...policies: readonly PolicyDocument[]): boolean =>
      isAllowed(policies, 'Publish', name, EDGE);
    assert.equal(publishes('a/b/c', policy(`${topic}/a/*`)), true);
    assert.equal(publishes('a/b', policy(`${topic}/a/?`)), true);
    assert.equal(publishes('a/bc', policy(`${topic}/a/?`)), false);
    // Wildcards of MQTT mean nothing here, and a subscription has resources of its own.
    assert.equal(publishes('a/b', policy(`${topic}/a/+`)), false);
    assert.equal(publishes('a/b', policy(`${topic}/#`)), false);
    assert.equal(isAllowed([policy(`${topic}filter/a`)], 'Publish', 'a', EDGE), false);
    assert.equal(publishes('a', policy(`${topic}/*`), policy(`${topic}/a`, 'Deny')), false);
    // What a variable stands for is literal.
    const starred = { clientId: '*', thingName: '*' };
    assert.equal(isAllowed([policy(`${topic}/\${iot:ClientId}`)], 'Publish', 'a', starred), false);
    assert.equal(publishes('*', policy(`${topic}/\${*}`)), true);
    assert.equal(publishes('a', policy(`${topic}/\${*}`)), false);
  });
});
