import type { Proof } from './row';

const SPARKPLUG = 'test/sparkplug';
const at =
  (file: string) =>
  (title: string): Proof => ({ file, title });
const edge = at(`${SPARKPLUG}/edge/edge-node.test.ts`);
const rules = at(`${SPARKPLUG}/edge/edge-rules.test.ts`);
const wire = at(`${SPARKPLUG}/codec/wire.test.ts`);
const parts = at(`${SPARKPLUG}/parts.test.ts`);
const session = at(`${SPARKPLUG}/session/session.test.ts`);
const payload = at(`${SPARKPLUG}/codec/payload.test.ts`);
const composite = at(`${SPARKPLUG}/codec/composite-values.test.ts`);
const templates = at(`${SPARKPLUG}/metrics/templates.test.ts`);
const templateEdge = at(`${SPARKPLUG}/metrics/template-edge.test.ts`);
const nodeRed = at('test/integration/sparkplug-node-red.test.ts');
const faults = at('test/integration/sparkplug-faults.test.ts');

/** Tests that prove requirements, by a short name; each title stands in its file. */
export const PROOF = {
  idsRefused: parts('refuse IDs that MQTT or Sparkplug do not allow, naming the ID'),
  idsOfEdge: edge('refuses IDs and samples that cannot be sent, and takes nothing of them'),
  topicsMade: parts('are made and taken apart'),
  topicsSent: rules('have the topics of the specification, with a device ID for devices only'),
  duplicate: edge('tells the NBIRTH of another edge node with the same IDs from its own'),
  duplicateOnBroker: faults('raises an alarm on both sides when two edge nodes have the same IDs'),
  deviceUsers: parts('say that a device is gone when the last of them has left it'),
  oneDevice: session('has one device for all who publish under its ID: one birth, one death, in order'),
  templateVersion: composite(
    'writes the version of a template as text in UTF-8, in a definition and in an instance, and leaves out one that is none',
  ),
  protobuf: at('test/integration/sparkplug-protobuf.test.ts')(
    'hold no field that the specification lacks, and are byte for byte what it would write (',
  ),
  soak: at('test/integration/sparkplug-soak.test.ts')(
    'in every variant survives every fault: no rule is broken, no acknowledged value lost, none twice as a present one',
  ),
  random: edge('breaks no rule that a strict host checks, whatever happens in whatever order'),
  newestArrives: edge('ends with the newest values at the host once everything works again'),
  cleanSession: wire('open a clean session with the NDEATH as its will, QoS 1 and not retained'),
  subscribePackets: wire('subscribe to commands and the primary host with QoS 1, and to nothing that could be written'),
  willSpeaks: wire('leave it to the will to say NDEATH when it was never born'),
  countedByConnect: wire('count bdSeq by CONNECT, not by attempt'),
  publishPackets: wire('publish with QoS 0 and not retained, and NDEATH before DISCONNECT'),
  subscribedFirst: session('publishes nothing before the broker has confirmed the subscriptions'),
  nextBdSeq: session('connects again with the next bdSeq, keeps the error for the status, and says it once'),
  refusedSubscription: session('shows a refused subscription and tries again later'),
  oneServer: faults('goes to the next server on command, and to another one when its own is gone, with MQTT 5'),
  will: edge('connects with its NDEATH as the will, subscribes to commands, then is born'),
  leave: edge('leaves with NDEATH and says nothing more'),
  closeSession: session('closes with NDEATH before the end of the connection, once, with no timer left'),
  bdSeqWraps: parts('starts at 0 and follows 255 with 0'),
  bdSeqKept: parts('goes on after a restart, and starts again where the file is damaged'),
  seqRuns: edge('runs seq over the whole node and past 255'),
  seqEverywhere: rules('have a seq of one counter, but for NDEATH, which has bdSeq alone'),
  birthsInOrder: edge('has every device of before in the births, NBIRTH first, seq from 0'),
  nodeBirth: rules('bring bdSeq and the rebirth control in NBIRTH, the latter false and without alias'),
  times: rules('have the time of publishing, and their metrics the time at which the value was taken'),
  nulls: rules('have no value field where a value is null'),
  namesAndAliases: rules('name metrics with alias and datatype in births, and by the alias alone in data'),
  rebirthNumbers: rules('keep bdSeq and start seq at 0 in a rebirth'),
  properties: rules('have properties with a type each, as many keys as values'),
  changes: edge('publishes what changed, under aliases that no other metric of the node has'),
  furtherMetric: edge(
    'waits for other groups before a device is born, and is born again once for a metric that comes later',
  ),
  changedDatatype: edge('gives a metric whose datatype changed a birth before its data'),
  order: edge('keeps several values of one metric in order of time'),
  deviceDeath: edge('says DDEATH when the meter is lost, nothing while it is dead, and DBIRTH when it is back'),
  quality: edge(
    'sends quality with data while it is not good, and once when it is good again, its reason when it changes',
  ),
  aliases: parts('are unique over all devices, also past a block, and the same for the same name'),
  datatypes: payload('writes and reads the vectors of every datatype'),
  arrays: composite('writes and reads the vectors of every array datatype'),
  unfitValues: payload('refuses what a datatype cannot hold, naming metric, value and type'),
  dataForm: payload('leaves names and datatypes out of data where aliases stand for them'),
  propertySets: payload('refuses property sets that no host can read'),
  everyPart: payload('carries every part of payload and metric'),
  namesNeeded: payload('refuses a metric without a name, and times, aliases and seq out of range'),
  dataSet: composite('writes and reads a DataSet by its vector'),
  dataSetRefused: composite('refuses tables that do not fit together'),
  dataSetOfOthers: composite('reads the DataSet of the other encoder, and the other reads ours'),
  template: composite('writes and reads a template definition and an instance'),
  templateRefused: composite(
    'refuses members without a name, parameters without a value, and a template within itself',
  ),
  nodeData: templateEdge('publishes its health as NDATA every minute, with seq and by its name'),
  definedInBirth: templateEdge('defines every template in NBIRTH, before its instances, and nowhere else'),
  instances: templateEdge(
    'gathers present values in an instance that is complete in DBIRTH and has what changed in DDATA',
  ),
  unfitMembers: templateEdge(
    'gathers the metrics of an alarm in an instance, and leaves flat what does not fit a definition',
  ),
  definitions: templates('are defined with every member, its datatype, and no value'),
  birthInstance: templates(
    'hold all members in a birth, null where nothing was read, beside the metrics that stay flat',
  ),
  dataInstance: templates('hold only what changed in data, one instance for each time, in order'),
  commands: edge('refuses and counts every other command, retained ones, and what is no payload'),
  rebirth: edge('makes all births again on a rebirth command, with the same bdSeq'),
  rebirthStorm: edge('answers a storm of rebirth commands with one more birth, and holds data back until it'),
  host: edge('waits for its primary host, and leaves with NDEATH when it goes offline'),
  hostSession: session('follows its primary host: waits, leaves with NDEATH, connects again and waits'),
  hostTimes: parts('counts by the order of its own times'),
  hostElsewhere: edge('leaves a server where its primary host is not, when there is another one'),
  deployed: nodeRed('loses nothing when it is deployed again while values flow: full, flows, nodes'),
  killed: nodeRed('has every acknowledged value at the host after '),
  firstOfMember: templateEdge(
    'takes the first value of a member as data, with its unit, and a further birth only for what stands by itself',
  ),
  namesDiffer: at('test/laws/meter-table.test.ts')('has unique names in lower snake case and unique labels'),
} as const satisfies Readonly<Record<string, Proof>>;
