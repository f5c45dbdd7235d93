import { PROOF as p } from './proofs';
import { row, without, type Chapter } from './row';

/** Identifiers, topics, the MQTT session, NDEATH, bdSeq and seq. */
export const SESSION_CHAPTERS: readonly Chapter[] = [
  {
    title: 'Identifiers and topics',
    rows: [
      row(
        'MUST',
        'intro-group-id-string intro-edge-node-id-string intro-device-id-string',
        'topic',
        p.topicsMade,
        p.idsRefused,
      ),
      row('MUST', 'intro-group-id-chars intro-edge-node-id-chars intro-device-id-chars', 'topic', p.idsRefused),
      row(
        'MUST',
        'topic-structure-namespace-valid-group-id topic-structure-namespace-valid-edge-node-id topic-structure-namespace-valid-device-id',
        'topic',
        p.idsRefused,
        p.idsOfEdge,
      ),
      {
        ...row(
          'MUST',
          'intro-edge-node-id-uniqueness topic-structure-namespace-unique-edge-node-descriptor payloads-nbirth-edge-node-descriptor',
          'duplicate-watch birth-alarm',
          p.duplicate,
          p.duplicateOnBroker,
        ),
        remark: 'The person who sets up the plant decides; a second edge node with the same IDs raises an alarm.',
      },
      row('MUST', 'topic-structure-namespace-unique-device-id', 'device-list device-users', p.deviceUsers),
      row('MAY', 'topic-structure-namespace-duplicate-device-id-across-edge-node', 'device-list', p.topicsMade),
      without(
        'SHOULD',
        'case-sensitivity-sparkplug-ids',
        'The IDs of other edge nodes are not known here; docs/sparkplug.md says it to the person who gives them.',
      ),
      row('MUST', 'topic-structure topic-structure-namespace-a', 'topic', p.topicsMade, p.topicsSent),
      row(
        'MUST',
        'topic-structure-namespace-device-id-associated-message-types topic-structure-namespace-device-id-non-associated-message-types',
        'topic',
        p.topicsSent,
        p.topicsMade,
      ),
      row(
        'MUST',
        'topics-nbirth-topic message-flow-edge-node-birth-publish-nbirth-topic topics-ndeath-topic topics-dbirth-topic message-flow-device-birth-publish-dbirth-topic message-flow-device-birth-publish-dbirth-match-edge-node-topic topics-ddata-topic topics-ddeath-topic',
        'topic publisher',
        p.topicsSent,
      ),
      row('MUST', 'topics-ndata-topic', 'topic publisher', p.nodeData, p.random),
      row('MUST', 'topics-ncmd-topic', 'edge-node', p.subscribePackets),
      without(
        'MUST',
        'topics-dcmd-topic',
        'Nothing of a meter can be written: DCMD is neither subscribed to nor sent.',
      ),
    ],
  },
  {
    title: 'The MQTT session',
    rows: [
      row(
        'MUST',
        'principles-persistence-clean-session-311 principles-persistence-clean-session-50',
        'mqtt-options',
        p.cleanSession,
      ),
      row(
        'MUST',
        'principles-birth-certificates-order message-flow-edge-node-birth-publish-connect',
        'edge-node mqtt-options',
        p.subscribedFirst,
        p.subscribePackets,
        p.random,
        p.deployed,
        p.killed,
      ),
      row(
        'MUST',
        'message-flow-edge-node-ncmd-subscribe',
        'edge-node mqtt-link',
        p.subscribePackets,
        p.refusedSubscription,
      ),
      {
        ...row('MUST', 'message-flow-device-dcmd-subscribe', 'edge-node', p.subscribePackets),
        remark: 'Nothing of a meter can be written, so there is no such subscription.',
      },
      row(
        'MUST',
        'operational-behavior-primary-application-state-with-multiple-servers-single-server',
        'session server-list',
        p.oneServer,
      ),
    ],
  },
  {
    title: 'NDEATH and the will',
    rows: [
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-will-message payloads-ndeath-will-message message-flow-edge-node-birth-publish-will-message-topic',
        'publisher mqtt-options',
        p.cleanSession,
        p.will,
      ),
      row('MUST', 'message-flow-edge-node-birth-publish-will-message-payload', 'publisher', p.cleanSession),
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-will-message-qos payloads-ndeath-will-message-qos message-flow-edge-node-birth-publish-will-message-will-retained payloads-ndeath-will-message-retain',
        'mqtt-options',
        p.cleanSession,
      ),
      row(
        'MUST',
        'topics-ndeath-payload topics-ndeath-seq payloads-ndeath-seq',
        'publisher',
        p.seqEverywhere,
        p.cleanSession,
        p.random,
      ),
      row('MUST', 'payloads-ndeath-bdseq', 'publisher', p.seqEverywhere, p.random),
      row(
        'MUST',
        'operational-behavior-edge-node-intentional-disconnect-ndeath',
        'edge-node',
        p.leave,
        p.closeSession,
        p.publishPackets,
      ),
      row('SHOULD', 'payloads-ndeath-will-message-publisher', 'edge-node', p.leave, p.publishPackets),
      row(
        'MUST',
        'payloads-ndeath-will-message-publisher-disconnect-mqtt311 payloads-ndeath-will-message-publisher-disconnect-mqtt50',
        'mqtt-link',
        p.publishPackets,
      ),
      row('MAY', 'operational-behavior-edge-node-intentional-disconnect-packet', 'mqtt-link', p.publishPackets),
    ],
  },
  {
    title: 'bdSeq',
    rows: [
      row(
        'MUST',
        'message-flow-edge-node-birth-publish-will-message-payload-bdSeq',
        'bd-seq node-metrics',
        p.bdSeqWraps,
        p.cleanSession,
        p.nextBdSeq,
      ),
      row('MUST', 'topics-nbirth-bdseq-increment', 'bd-seq', p.bdSeqWraps, p.bdSeqKept, p.nextBdSeq, p.killed),
      row(
        'MUST',
        'topics-nbirth-bdseq-included payloads-nbirth-bdseq topics-nbirth-bdseq-matching payloads-nbirth-bdseq-repeat message-flow-edge-node-birth-publish-nbirth-payload-bdSeq',
        'publisher',
        p.nodeBirth,
        p.random,
      ),
    ],
  },
  {
    title: 'seq',
    rows: [
      row('MUST', 'payloads-sequence-num-always-included', 'publisher', p.seqEverywhere, p.random),
      row(
        'MUST',
        'topics-nbirth-seq-num payloads-sequence-num-req-nbirth payloads-sequence-num-zero-nbirth payloads-nbirth-seq message-flow-edge-node-birth-publish-nbirth-payload-seq',
        'publisher',
        p.seqEverywhere,
        p.rebirthNumbers,
      ),
      row('MUST', 'payloads-sequence-num-incrementing', 'publisher', p.seqRuns, p.random),
      row('MUST', 'topics-ndata-seq-num payloads-ndata-seq payloads-ndata-seq-inc', 'publisher', p.nodeData, p.random),
      row(
        'MUST',
        'topics-dbirth-seq payloads-dbirth-seq payloads-dbirth-seq-inc message-flow-device-birth-publish-dbirth-payload-seq',
        'publisher',
        p.seqEverywhere,
        p.birthsInOrder,
      ),
      row(
        'MUST',
        'topics-ddata-seq-num payloads-ddata-seq payloads-ddata-seq-inc',
        'publisher',
        p.seqEverywhere,
        p.seqRuns,
      ),
      row(
        'MUST',
        'topics-ddeath-seq-num payloads-ddeath-seq payloads-ddeath-seq-inc payloads-ddeath-seq-number',
        'publisher',
        p.seqEverywhere,
        p.random,
      ),
    ],
  },
];
