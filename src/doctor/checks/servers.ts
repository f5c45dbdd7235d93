import { isOwnHost } from '../../influx/exposed-secrets';
import type { TiersStatus } from '../../influx/tiers/tier-status';
import { sentences, type Sentence } from '../../support/sentence';
import { sightEach, sightOne, type DoctorCheck } from '../check';
import { doublesIn } from '../doubles';
import type { DatabaseFacts, ServerAnswer } from '../facts';
import { clientOf, identityOf } from '../flows/client-identity';
import type { SavedNode } from '../flows/saved-nodes';
import { isOn, nodesOf, textOf } from '../flows/saved-site';
import { LOOK_WORDS, lookFurther, seen, unseen, type Looked } from '../looked';
import { notFoundOut } from '../server-words';

const MS_PER_S = 1000;
/** Answers tell their time in whole seconds. */
const CLOCK_TOLERANCE_MS = 5000;
const MS_PER_MINUTE = 60_000;

const BROKERS = ['broker', 'brokers'] as const;
const DATABASES = ['database', 'databases'] as const;

/** What is found of brokers and databases. */
export const SERVER_FINDINGS = sentences('doctorServers', {
  openBroker: 'The broker {server} lets in whoever comes: everybody on the network may publish readings.',
  forgetful: '{path} has no persistence true.',
  sameEdge: '{labels} are all the edge node {key}.',
  unwatched: '{label} does not notice another edge node with its IDs.',
  sameClient: '{labels} have the client ID {id} at one broker.',
  sameIdentity: '{labels} have the client ID of the identity in {folder} at one broker.',
  openDatabase: 'The InfluxDB at {server} answers without a login: everybody on the network may delete what is in it.',
  ahead: 'The clock of {server} is {seconds} s ahead of that of this computer.',
  behind: 'The clock of {server} is {seconds} s behind that of this computer.',
  tierBehind: 'The tier {tier} at {server} is {minutes} min behind.',
  noQueries: 'The InfluxDB at {server} lacks {names}.',
});
const { say } = SERVER_FINDINGS;

/** Whether a server answers at all. */
function reached({ unseen: reason, problem, isRefused }: ServerAnswer): Looked<readonly Sentence[]> {
  if (reason !== undefined) return unseen(reason);
  return seen(problem === undefined || isRefused ? [] : [problem]);
}

/** Whether a server takes who was sent to it; one that is away was not asked. */
function letIn(server: ServerAnswer): Looked<readonly Sentence[]> {
  const { unseen: reason, problem, isRefused } = server;
  if (reason !== undefined) return unseen(reason);
  if (problem === undefined) return seen([]);
  return isRefused ? seen([problem]) : notFoundOut(server, problem);
}

/** Findings of the tiers; only an InfluxDB 1 is asked for them. */
function ofTiers(
  database: DatabaseFacts,
  find: (status: TiersStatus) => readonly Sentence[],
): Looked<readonly Sentence[]> {
  const { server, tiers, isInflux1 = false } = database;
  if (tiers !== undefined) return lookFurther(tiers, find);
  return isInflux1 ? notFoundOut(database, LOOK_WORDS.say('noTiers', { server })) : seen([]);
}

const labels = (nodes: readonly SavedNode[]): string => nodes.map(({ label }) => label).join(', ');

/** Who takes what is sent. */
export const SERVER_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'broker-reachable',
    area: 'brokers',
    severity: 'critical',
    title: 'brokers answer',
    looksAt: 'one connection to each broker, with which nothing is published',
    remedy: 'Start the broker, or correct host, port and TLS in the node.',
    docs: 'docs/runbooks/sink-down.md',
    look: ({ brokers }) => sightEach(brokers, reached, BROKERS),
  },
  {
    id: 'broker-login',
    area: 'brokers',
    severity: 'critical',
    title: 'brokers let the nodes in',
    looksAt: 'answers of the brokers to the logins of the nodes',
    remedy: 'Correct user and password in the node, or give them their rights at the broker.',
    docs: 'docs/runbooks/sink-down.md',
    look: ({ brokers }) => sightEach(brokers, letIn, BROKERS),
  },
  {
    id: 'broker-anonymous',
    area: 'brokers',
    severity: 'critical',
    title: 'brokers let nobody in without a login',
    looksAt: 'one connection without a login to each broker that is not this computer alone',
    remedy:
      'Write allow_anonymous false, password_file and acl_file into the configuration of the broker; deploy/common has them.',
    docs: 'docs/stack.md',
    look: ({ brokers, ownHosts }) =>
      sightEach(
        brokers,
        (broker) => {
          const { server, takesAnybody, unseen: reason } = broker;
          if (reason !== undefined) return unseen(reason);
          if (isOwnHost(`http://${server}`, ownHosts)) return [];
          if (takesAnybody === undefined) return notFoundOut(broker, LOOK_WORDS.say('brokerDoor', { server }));
          return takesAnybody ? [say('openBroker', { server })] : [];
        },
        BROKERS,
      ),
  },
  {
    id: 'broker-persistent',
    area: 'brokers',
    severity: 'warning',
    title: 'the broker keeps sessions and retained messages',
    looksAt: 'persistence in the configuration of Mosquitto',
    remedy:
      'Write persistence true and persistence_location into the configuration: else a restart forgets the state of hosts and what waits for them.',
    docs: 'docs/stack.md',
    attestedDays: 365,
    look: ({ brokerConfiguration, site }) =>
      'seen' in site && nodesOf(site.seen, 'sparkplug-edge', 'iot-target').length === 0
        ? sightOne(
            site,
            () => [],
            () => 'the flows use no broker',
          )
        : sightOne(
            brokerConfiguration,
            ({ path, isPersistent }) => (isPersistent ? [] : [say('forgetful', { path })]),
            ({ path }) => path,
          ),
  },
  {
    id: 'edge-identity',
    area: 'brokers',
    severity: 'critical',
    title: 'no two edge nodes have one identity',
    looksAt: 'broker, group and edge node of the sparkplug-edge nodes',
    remedy:
      'Give each edge node IDs of its own, or let both sparkplug-out nodes use one sparkplug-edge: hosts take the two for one.',
    docs: 'docs/sparkplug.md',
    look: ({ site }) =>
      sightOne(
        lookFurther(site, (saved) => nodesOf(saved, 'sparkplug-edge')),
        (edges) =>
          doublesIn(edges, (edge) => `${textOf(edge, 'groupId')}/${textOf(edge, 'edgeNodeId')}`).map(([key, same]) =>
            say('sameEdge', { labels: labels(same), key }),
          ),
        (edges) => `${edges.length} edge nodes`,
      ),
  },
  {
    id: 'edge-duplicates-watched',
    area: 'brokers',
    severity: 'notice',
    title: 'a second edge node with the same identity is noticed',
    looksAt: 'sparkplug-edge nodes',
    remedy: 'Tick "Warn when another edge node uses these IDs"; it costs one message of the broker for each birth.',
    docs: 'docs/sparkplug.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'sparkplug-edge')),
        (edge) => (isOn(edge, 'detectDuplicates') ? [] : [say('unwatched', { label: edge.label })]),
        ['edge node', 'edge nodes'],
      ),
  },
  {
    id: 'client-identity',
    area: 'brokers',
    severity: 'critical',
    title: 'no two clients of a broker have one client ID',
    looksAt: 'brokers and client IDs of sparkplug-edge, iot-target and mqtt-broker nodes',
    remedy: 'Give each client an ID of its own: the broker ends one when the other comes, without end.',
    docs: 'docs/cloud.md',
    look: ({ site }) =>
      sightOne(
        lookFurther(site, (saved) =>
          nodesOf(saved, 'sparkplug-edge', 'iot-target', 'mqtt-broker').filter((node) => clientOf(node) !== ''),
        ),
        (clients) =>
          doublesIn(clients, (node) => `${textOf(node, 'host') || textOf(node, 'broker')} ${clientOf(node)}`).map(
            ([, same]) => sameClient(same),
          ),
        (clients) => `${clients.length} client IDs`,
      ),
  },
  {
    id: 'database-reachable',
    area: 'databases',
    severity: 'critical',
    title: 'databases answer',
    looksAt: 'an empty write to each database, which stores nothing',
    remedy: 'Start the database, or correct the URL in the node.',
    docs: 'docs/runbooks/sink-down.md',
    look: ({ databases }) => sightEach(databases, reached, DATABASES),
  },
  {
    id: 'database-login',
    area: 'databases',
    severity: 'critical',
    title: 'databases take what the nodes write',
    looksAt: 'answers of the databases to an empty write: login or token, rights, bucket or database',
    remedy:
      'Make a new token or password with the right to write there, and enter it in the node; records wait meanwhile.',
    docs: 'docs/runbooks/sink-down.md',
    look: ({ databases }) => sightEach(databases, letIn, DATABASES),
  },
  {
    id: 'database-anonymous',
    area: 'databases',
    severity: 'critical',
    title: 'databases let nobody in without a login',
    looksAt: 'one query without a login to each InfluxDB 1 that is not this computer alone',
    remedy: 'Switch auth-enabled on in influxdb.conf; deploy/influxdb makes users.',
    docs: 'docs/influxdb.md',
    look: ({ databases, ownHosts }) =>
      sightEach(
        databases,
        (database) => {
          const { server, isInflux1 = false, takesAnybody } = database;
          if (isOwnHost(`http://${server}`, ownHosts)) return [];
          if (isInflux1 && takesAnybody === undefined)
            return notFoundOut(database, LOOK_WORDS.say('databaseDoor', { server }));
          return takesAnybody === true ? [say('openDatabase', { server })] : [];
        },
        DATABASES,
      ),
  },
  {
    id: 'clock-servers',
    area: 'databases',
    severity: 'warning',
    title: 'the clocks of the servers and of this computer agree',
    looksAt: 'times in the answers of the databases',
    remedy: 'Set both by NTP: queries of the last minutes, retention and roll-ups are off by as much.',
    docs: 'docs/runbooks/clock-stepped.md',
    look: ({ databases }) =>
      sightEach(
        databases,
        (database) => {
          const { server, clockAheadMs } = database;
          if (clockAheadMs === undefined) return notFoundOut(database, LOOK_WORDS.say('noTime', { server }));
          const seconds = Math.round(Math.abs(clockAheadMs) / MS_PER_S);
          return Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS
            ? [say(clockAheadMs > 0 ? 'ahead' : 'behind', { server, seconds })]
            : [];
        },
        DATABASES,
      ),
  },
  {
    id: 'tiers-behind',
    area: 'databases',
    severity: 'warning',
    title: 'minutes, quarters, days and months have come as far as they can',
    looksAt: 'newest points of the tiers of an InfluxDB 1',
    remedy: 'Run pm500 influx rollup, and see why they were not made.',
    docs: 'docs/runbooks/tier-behind.md',
    look: ({ databases }) =>
      sightEach(
        databases,
        (database) =>
          ofTiers(database, (status) =>
            status.tiers
              .filter(({ isBehind }) => isBehind)
              .map(({ tier, behindMs }) =>
                say('tierBehind', { tier, server: database.server, minutes: Math.round(behindMs / MS_PER_MINUTE) }),
              ),
          ),
        DATABASES,
      ),
  },
  {
    id: 'tier-queries',
    area: 'databases',
    severity: 'warning',
    title: 'all continuous queries are there',
    looksAt: 'continuous queries of an InfluxDB 1',
    remedy: 'Run deploy/influxdb/bootstrap-v1.sh; a restored database has none.',
    docs: 'docs/runbooks/tier-behind.md',
    look: ({ databases }) =>
      sightEach(
        databases,
        (database) =>
          ofTiers(database, ({ missingQueries }) =>
            missingQueries.length === 0
              ? []
              : [say('noQueries', { server: database.server, names: missingQueries.join(', ') })],
          ),
        DATABASES,
      ),
  },
];

/** @param same clients that share what `clientOf` gives */
function sameClient(same: readonly SavedNode[]): Sentence {
  const [id = ''] = same.map(clientOf);
  const isIdentity = same.some((node) => identityOf(node) === id);
  return isIdentity
    ? say('sameIdentity', { labels: labels(same), folder: id })
    : say('sameClient', { labels: labels(same), id });
}
