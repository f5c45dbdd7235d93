import { HOST_VERSIONS } from '../../src/sparkplug/edge/host-state';
import { parseHost, parseServers, SERVERS_PATTERN } from '../../src/mqtt/server-list';
import { checkId, ID_PATTERN } from '../../src/sparkplug/edge/topic';
import {
  choice,
  flag,
  HOST_PATTERN,
  nodeOf,
  number,
  PORT,
  requiredText,
  secret,
  text,
} from '../../src/support/setting';
import { OUTBOX_HOURS } from '../shared/common-rows';
import { field, given, nodeForm, widget, type FieldCheck } from '../shared/field';

const BROKER = { section: 'broker' } as const;
const MORE_MQTT = { section: 'moreMqtt' } as const;
const MESSAGES = { section: 'messages' } as const;
const STORE = { section: 'store' } as const;
const WITH_STORE = { ...STORE, shownWhen: { store: { not: 'none' } } } as const;

/** How metrics stand in messages. */
const METRIC_MODELS = ['flat', 'templates'] as const;

/** Where values wait that cannot be sent; `none` lets them go. */
const STORE_KINDS = ['disk', 'memory', 'none'] as const;

const idCheck = (what: string): FieldCheck =>
  given((text) => {
    checkId(what, text);
  });

/** What a Sparkplug edge node can be set to. */
export const FORM = nodeForm({
  isConfig: true,
  folded: ['moreMqtt', 'messages', 'store'],
  fields: {
    name: field(text(), { icon: 'tag' }),
    groupId: field(requiredText('', { pattern: ID_PATTERN }), {
      icon: 'object-group',
      check: idCheck('group ID'),
    }),
    edgeNodeId: field(requiredText('', { pattern: ID_PATTERN }), {
      icon: 'sitemap',
      check: idCheck('edge node ID'),
    }),
    primaryHostId: field(text('', { pattern: ID_PATTERN }), {
      icon: 'desktop',
      check: idCheck('primary host ID'),
    }),
    hostVersion: field(choice('3.0', HOST_VERSIONS), {
      icon: 'code-fork',
      shownWhen: { primaryHostId: 'filled' },
    }),
    host: field(requiredText('', { pattern: HOST_PATTERN }), { icon: 'globe', ...BROKER, check: given(parseHost) }),
    port: field(number(1883, PORT), { icon: 'plug', ...BROKER }),
    useTls: field(flag(), BROKER),
    tls: field(nodeOf('tls-config'), { icon: 'lock', ...BROKER, shownWhen: { useTls: [true] } }),
    username: field(secret({ isShown: true }), { icon: 'user', ...BROKER }),
    password: field(secret(), { icon: 'key', ...BROKER }),
    connection: widget(BROKER),
    protocolVersion: field(choice('3.1.1', ['3.1.1', '5']), { icon: 'exchange', ...MORE_MQTT }),
    // MQTT 3.1.1, 3.1.2.10: 16 bits; 0 would switch the keep-alive off, and a lost link would never be noticed.
    keepAliveSeconds: field(number(30, { min: 1, max: 65_535, unit: 's', whole: true }), {
      icon: 'heartbeat',
      ...MORE_MQTT,
    }),
    furtherServers: field(text('', { pattern: SERVERS_PATTERN }), {
      icon: 'list',
      ...MORE_MQTT,
      check: given((text, { valueOf }) => parseServers(text, Number(valueOf('port')))),
    }),
    clientId: field(text(), { icon: 'id-card-o', ...MORE_MQTT }),
    webSocketPath: field(text(), { icon: 'random', ...MORE_MQTT }),
    // 0: what the broker says. An MQTT packet has at most 256 MiB (MQTT 3.1.1, 2.2.3).
    maximumMessageKilobytes: field(number(0, { min: 0, max: 262_144, unit: 'kB' }), {
      icon: 'arrows-h',
      ...MORE_MQTT,
    }),
    metricModel: field(choice('flat', METRIC_MODELS), { icon: 'cubes', ...MESSAGES }),
    versionedTemplates: field(flag(), { ...MESSAGES, shownWhen: { metricModel: ['templates'] } }),
    withoutAliases: field(flag(), MESSAGES),
    datatypesInData: field(flag(), MESSAGES),
    detectDuplicates: field(flag(true), MESSAGES),
    store: field(choice('disk', STORE_KINDS), { icon: 'archive', ...STORE }),
    // 0: as much as the hours take.
    maximumMegabytes: field(number(0, { min: 0, max: 1_000_000, unit: 'MB' }), { icon: 'hdd-o', ...WITH_STORE }),
    maximumAgeHours: field(number(72, OUTBOX_HOURS), { icon: 'clock-o', ...WITH_STORE }),
    holds: widget(WITH_STORE),
    historicalPerSecond: field(number(5000, { min: 1, max: 1_000_000, unit: '1/s' }), {
      icon: 'history',
      ...WITH_STORE,
    }),
    // 0: no limit.
    historicalMessagesPerSecond: field(number(40, { min: 0, max: 100_000, unit: '1/s' }), {
      icon: 'envelope-o',
      ...WITH_STORE,
    }),
    historicalKilobytesPerSecond: field(number(250, { min: 0, max: 1_000_000, unit: 'kB/s' }), {
      icon: 'arrows-v',
      ...WITH_STORE,
    }),
  },
});
