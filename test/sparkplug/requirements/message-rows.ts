import { PROOF as p } from './proofs';
import { row, without, type Chapter } from './row';

/** What births, data and deaths say, and what the edge node does with commands and its primary host. */
export const MESSAGE_CHAPTERS: readonly Chapter[] = [
  {
    title: 'NBIRTH',
    rows: [
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-nbirth-payload',
        'publisher encode-payload',
        p.nodeBirth,
        p.protobuf,
      ),
      row(
        'MUST',
        'topics-nbirth-mqtt payloads-nbirth-qos payloads-nbirth-retain message-flow-edge-node-birth-publish-nbirth-qos message-flow-edge-node-birth-publish-nbirth-retained',
        'mqtt-link',
        p.publishPackets,
      ),
      row('MUST', 'topics-nbirth-timestamp payloads-nbirth-timestamp', 'publisher', p.times),
      row(
        'MUST',
        'topics-nbirth-metric-reqs operational-behavior-data-publish-nbirth topics-nbirth-metrics',
        'publisher node-metrics',
        p.nodeBirth,
        p.random,
      ),
      row('MUST', 'operational-behavior-data-publish-nbirth-values', 'encode-metric', p.random),
      row('MUST', 'topics-nbirth-templates', 'templates metric-model', p.definedInBirth, p.definitions),
      row(
        'MUST',
        'topics-nbirth-rebirth-metric payloads-nbirth-rebirth-req operational-behavior-data-commands-rebirth-name operational-behavior-data-commands-rebirth-datatype operational-behavior-data-commands-rebirth-value operational-behavior-data-commands-rebirth-name-aliases',
        'node-metrics',
        p.nodeBirth,
        p.random,
      ),
    ],
  },
  {
    title: 'NDATA and DDATA',
    rows: [
      row(
        'MUST',
        'topics-ndata-mqtt payloads-ndata-qos payloads-ndata-retain',
        'mqtt-link',
        p.nodeData,
        p.publishPackets,
      ),
      row(
        'MUST',
        'topics-ndata-timestamp payloads-ndata-timestamp topics-ndata-payload payloads-ndata-order',
        'publisher edge-node metric-model',
        p.nodeData,
        p.random,
      ),
      row('MUST', 'topics-ddata-mqtt payloads-ddata-qos payloads-ddata-retain', 'mqtt-link', p.publishPackets),
      row('MUST', 'topics-ddata-timestamp payloads-ddata-timestamp', 'publisher', p.times),
      row('MUST', 'topics-ddata-payload', 'device', p.changes, p.newestArrives),
      row('MUST', 'payloads-ddata-order', 'edge-node', p.birthsInOrder, p.rebirthStorm, p.random, p.deployed),
      row(
        'SHOULD',
        'principles-rbe-recommended operational-behavior-data-publish-nbirth-change operational-behavior-data-publish-dbirth-change',
        'device',
        p.changes,
      ),
      row(
        'MUST',
        'operational-behavior-data-publish-nbirth-order operational-behavior-data-publish-dbirth-order',
        'device',
        p.order,
        p.random,
      ),
    ],
  },
  {
    title: 'DBIRTH and DDEATH',
    rows: [
      row(
        'MUST',
        'message-flow-device-birth-publish-nbirth-wait payloads-dbirth-order',
        'edge-node',
        p.birthsInOrder,
        p.random,
      ),
      row(
        'MUST',
        'message-flow-device-birth-publish-dbirth-payload',
        'publisher encode-payload',
        p.namesAndAliases,
        p.protobuf,
      ),
      row(
        'MUST',
        'topics-dbirth-mqtt payloads-dbirth-qos payloads-dbirth-retain message-flow-device-birth-publish-dbirth-qos message-flow-device-birth-publish-dbirth-retained topics-ddeath-mqtt',
        'mqtt-link',
        p.publishPackets,
      ),
      row('MUST', 'topics-dbirth-timestamp payloads-dbirth-timestamp payloads-ddeath-timestamp', 'publisher', p.times),
      row(
        'MUST',
        'topics-dbirth-metric-reqs operational-behavior-data-publish-dbirth',
        'device edge-node',
        p.furtherMetric,
        p.changedDatatype,
        p.firstOfMember,
        p.random,
      ),
      row('MUST', 'topics-dbirth-metrics', 'device', p.namesAndAliases, p.random),
      row('MUST', 'operational-behavior-data-publish-dbirth-values', 'encode-metric', p.nulls, p.random),
      row('MUST', 'operational-behavior-device-ddeath', 'edge-node device', p.deviceDeath, p.deviceUsers),
    ],
  },
  {
    title: 'Commands and rebirth',
    rows: [
      row('MUST', 'operational-behavior-data-commands-ncmd-verb', 'commands edge-node', p.rebirth),
      without(
        'MUST',
        'operational-behavior-data-commands-dcmd-verb',
        'Nothing of a meter can be written: there are no device commands.',
      ),
      row(
        'MUST',
        'operational-behavior-data-commands-ncmd-rebirth-verb operational-behavior-data-commands-ncmd-rebirth-name operational-behavior-data-commands-ncmd-rebirth-value',
        'command',
        p.rebirth,
      ),
      row(
        'sender',
        'operational-behavior-data-commands-ncmd-metric-name operational-behavior-data-commands-ncmd-metric-value topics-ncmd-payload',
        'command',
        p.commands,
      ),
      without(
        'sender',
        'operational-behavior-data-commands-dcmd-metric-name operational-behavior-data-commands-dcmd-metric-value topics-dcmd-payload',
        'There are no device commands.',
      ),
      {
        ...row('sender', 'topics-ncmd-mqtt payloads-ncmd-qos payloads-ncmd-retain', 'command', p.commands),
        remark: 'A retained command is refused: it would come again with every subscription.',
      },
      without(
        'sender',
        'topics-dcmd-mqtt payloads-dcmd-qos payloads-dcmd-retain topics-dcmd-timestamp payloads-dcmd-timestamp payloads-dcmd-seq',
        'There are no device commands.',
      ),
      without(
        'sender',
        'topics-ncmd-timestamp payloads-ncmd-timestamp payloads-ncmd-seq',
        'Neither is needed to carry a command out; a command is taken with and without them.',
      ),
      row('MUST', 'operational-behavior-data-commands-rebirth-action-1', 'edge-node', p.rebirthStorm),
      row('MUST', 'operational-behavior-data-commands-rebirth-action-2', 'edge-node', p.rebirth),
      row('MUST', 'operational-behavior-data-commands-rebirth-action-3', 'publisher', p.rebirthNumbers),
    ],
  },
  {
    title: 'Primary host and STATE',
    rows: [
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-phid-wait operational-behavior-edge-node-birth-sequence-wait',
        'primary-host edge-node',
        p.host,
        p.hostSession,
      ),
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-phid-wait-id message-flow-edge-node-birth-publish-phid-wait-online',
        'host-state primary-host',
        p.host,
      ),
      row('MUST', 'message-flow-edge-node-birth-publish-phid-wait-timestamp', 'host-state', p.host, p.hostTimes),
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-phid-offline operational-behavior-edge-node-termination-host-offline',
        'primary-host edge-node session',
        p.host,
        p.hostSession,
        p.soak,
      ),
      row(
        'MUST',
        'operational-behavior-edge-node-termination-host-offline-timestamp',
        'host-state',
        p.host,
        p.hostTimes,
      ),
      row(
        'MUST',
        'operational-behavior-edge-node-termination-host-offline-reconnect operational-behavior-primary-application-state-with-multiple-servers-walk',
        'session server-list',
        p.hostSession,
        p.hostElsewhere,
        p.oneServer,
      ),
      row(
        'MUST',
        'operational-behavior-primary-application-state-with-multiple-servers-state-subs',
        'primary-host edge-node',
        p.subscribePackets,
      ),
      without(
        'host',
        'operational-behavior-primary-application-state-with-multiple-servers-state',
        'This software is no host application.',
      ),
    ],
  },
];
