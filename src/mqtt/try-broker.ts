import { hasCode, Pm500Error } from '../support/errors';
import type { PortQuestions } from './ask-port';
import type { Sentence } from '../support/sentence';
import { explainMqttError, isExplained } from './mqtt-errors';
import type { BrokerSettings } from './mqtt-options';
import { MQTT_SENTENCES } from './mqtt-words';
import { visitBroker, type Surroundings, type Visit, type Visitor } from './visit-broker';

/** Time that each question takes at most, ms: the visit itself has taken its own. */
export const QUESTION_MS = 2500;

const nobody = { stay: () => Promise.resolve() };

/** True where the port speaks MQTT to a client of these settings that does not say who it is. */
async function speaksMqtt(settings: BrokerSettings, around: Surroundings): Promise<boolean> {
  const { error } = await visitBroker(
    { ...settings, connectTimeoutMs: QUESTION_MS },
    { ...around, longestMs: QUESTION_MS },
    nobody,
  );
  // Whoever refuses a client has spoken MQTT.
  return error === undefined || hasCode(error, 'MQTT_REFUSED');
}

/** What the settings are without who the client is: nothing secret goes where it may be read. */
function anonymous({ username: _name, password: _password, tls: _tls, ...rest }: BrokerSettings): BrokerSettings {
  return rest;
}

/**
 * Says why a visit came to nothing, where what went wrong leaves it open: the port is asked what it speaks.
 * @returns a better error, or the one of the visit
 */
async function explainVisit(
  settings: BrokerSettings,
  { error, reached }: Visit,
  around: Surroundings,
  { askTls }: PortQuestions,
): Promise<Pm500Error | undefined> {
  if (error === undefined || reached === 'broker' || hasCode(error, 'MQTT_REFUSED', 'ABORTED')) return error;
  if (isExplained(error) || settings.webSocketPath !== undefined) return error;
  const broker = `${settings.host}:${settings.port}`;
  const because = (sentence: Sentence, code: 'MQTT_TLS_FAILED' | 'MQTT_UNREACHABLE' | 'MQTT_REFUSED'): Pm500Error =>
    new Pm500Error(code, sentence, { cause: error });
  const words = await askTls(settings, around.signal);
  if (words === 'silence') {
    const silent = MQTT_SENTENCES.say('silent', { broker, port: settings.port });
    return because(silent, 'MQTT_UNREACHABLE');
  }
  if (words === 'tls') {
    if (settings.tls !== undefined) return error;
    return because(MQTT_SENTENCES.say('expectsTls', { broker }), 'MQTT_TLS_FAILED');
  }
  if (settings.tls !== undefined) {
    if (!(await speaksMqtt(anonymous(settings), around))) return error;
    return explainMqttError(Object.assign(new Error('no TLS'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), broker);
  }
  if (settings.protocolVersion === 5 && (await speaksMqtt({ ...anonymous(settings), protocolVersion: 4 }, around))) {
    return because(MQTT_SENTENCES.say('noMqtt5', { broker }), 'MQTT_REFUSED');
  }
  return error;
}

/**
 * Visits a broker. Never rejects.
 * @returns why it came to nothing, one cause with what to do; undefined where all went well
 */
export async function tryBroker(
  settings: BrokerSettings,
  around: Surroundings,
  questions: PortQuestions,
  visitor: Visitor,
): Promise<Pm500Error | undefined> {
  try {
    await questions.lookUp(settings.host, around.signal);
  } catch (thrown) {
    return explainMqttError(thrown, `${settings.host}:${settings.port}`);
  }
  return explainVisit(settings, await visitBroker(settings, around, visitor), around, questions);
}
