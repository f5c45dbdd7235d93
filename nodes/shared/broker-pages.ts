import type { NodeAPI } from 'node-red';
import { testTargetBroker } from '../../src/iot/broker-test';
import { PM500 } from '../../src/meters/pm500';
import { systemQuestions } from '../../src/mqtt/ask-port';
import { createClientId } from '../../src/mqtt/client-id';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { QUESTION_MS } from '../../src/mqtt/try-broker';
import type { Surroundings } from '../../src/mqtt/visit-broker';
import { testEdgeBroker } from '../../src/sparkplug/mqtt/broker-test';
import { systemClock } from '../../src/support/clock';
import type { ConnectionTest } from '../../src/support/connection-test';
import { Pm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';
import { sentences } from '../../src/support/sentence';
import { targetPlaces } from '../iot-target/places';
import { readTargetSettings } from '../iot-target/read-settings';
import { readEdgeSettings } from '../sparkplug-edge/read-settings';
import { ConfigReader } from './config';
import { givenSecrets } from './form-secrets';
import { knownValues } from './form-values';
import { isSparkplugEdgeNode } from './sparkplug-edges';
import { LONGEST_TEST_MS, readSentForm, TestTurns } from './test-turns';

const turns = new TestTurns();
const questions = systemQuestions(systemClock, QUESTION_MS);

export const BROKER_PAGE_SENTENCES = sentences('brokerPage', {
  deployed:
    'This client ID is deployed, and AWS IoT Core would end its connection for that of a test; see the status of its iot-out nodes.',
});

/** One that is alive mostly publishes every second. */
const LISTEN_MS = 1500;

/** What decides where a stored secret may be sent. */
const WHERE_EDGE = ['host', 'port', 'useTls', 'tls', 'webSocketPath', 'furtherServers'] as const;
const WHERE_TARGET = ['profile', 'host', 'port', 'useTls', 'caFile', 'identityFolder'] as const;

function around(signal: AbortSignal): Surroundings {
  const openVisit = createOpenLink(connectMqtt, systemClock);
  return { openVisit, clock: systemClock, signal, longestMs: LONGEST_TEST_MS };
}

/** True where a node of the flow that runs has the same values in these properties, and is one that `accepts`. */
function isDeployed(
  RED: NodeAPI,
  type: string,
  form: UnknownRecord,
  properties: readonly string[],
  accepts: (node: unknown) => boolean,
): boolean {
  let isFound = false;
  RED.nodes.eachNode((definition) => {
    if (definition.type !== type || !isRecord(definition)) return;
    const isSame = properties.every((name) => String(definition[name]) === String(form[name]));
    isFound ||= isSame && accepts(RED.nodes.getNode(definition.id));
  });
  return isFound;
}

/**
 * Tries the brokers of an edge node of a form, deployed or not, under a client ID of its own.
 * @throws Pm500Error CONFIG_INVALID, SPARKPLUG_ID_INVALID, one sentence
 */
export function testFormEdge(
  RED: NodeAPI,
  body: unknown,
  _isAnywhere: boolean,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  return turns.take(async () => {
    const { form, secrets } = readSentForm(body);
    const credentials = givenSecrets(RED, 'sparkplug-edge', form, secrets, WHERE_EDGE);
    const config = new ConfigReader('sparkplug-edge', knownValues(RED, form));
    const settings = config.collect(() => readEdgeSettings(RED, String(form['id']), config, credentials));
    const isPublishedHere = isDeployed(
      RED,
      'sparkplug-edge',
      form,
      ['groupId', 'edgeNodeId'],
      (node) => isSparkplugEdgeNode(node) && node.session.state.phase === 'born',
    );
    const listening = { isPublishedHere, listenMs: LISTEN_MS };
    const sources = { around: around(signal), questions, random: Math.random, model: PM500, ...listening };
    return testEdgeBroker(settings, sources);
  });
}

/** Of an `iot-target` that runs; its own file cannot be imported here, which would close a circle. */
function clientOf(node: unknown): string | undefined {
  const own = typeof node === 'object' && node !== null && 'clientIdNow' in node ? node.clientIdNow : undefined;
  return typeof own === 'function' ? knownOf(own as () => string) : undefined;
}

/** A client ID; undefined while the identity that has it cannot be read, which the test itself then says. */
function knownOf(clientIdNow: () => string): string | undefined {
  try {
    return clientIdNow();
  } catch {
    return undefined;
  }
}

/**
 * Tries the broker of an iot-target of a form, deployed or not.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export function testFormTarget(
  RED: NodeAPI,
  body: unknown,
  _isAnywhere: boolean,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  return turns.take(async () => {
    const { form, secrets } = readSentForm(body);
    const credentials = givenSecrets(RED, 'iot-target', form, secrets, WHERE_TARGET);
    const config = new ConfigReader('iot-target', knownValues(RED, form));
    const { iot, clientIdNow, brokerNow, concernNow } = config.collect(() =>
      readTargetSettings(config, credentials, () => process.getuid?.(), targetPlaces(RED)),
    );
    const { profile } = iot;
    // The policy of a thing names its client ID, so that no other one can be tried.
    const isOwnId = profile === 'aws-iot-core';
    const clientId = isOwnId ? knownOf(clientIdNow) : undefined;
    const isSameClient = (node: unknown): boolean => clientOf(node) === clientId;
    if (clientId !== undefined && isDeployed(RED, 'iot-target', form, ['host'], isSameClient)) {
      throw new Pm500Error('CONFIG_INVALID', BROKER_PAGE_SENTENCES.say('deployed'));
    }
    const settingsOf = (): ReturnType<typeof brokerNow> => {
      const settings = brokerNow();
      return isOwnId ? settings : { ...settings, clientId: createClientId(Math.random) };
    };
    return testTargetBroker({ around: around(signal), questions, profile, settingsOf, concernOf: concernNow });
  });
}
