import { Pm500Error } from '../support/errors';
import type { PlaceValue, Sentence } from '../support/sentence';
import { MQTT_SENTENCES, MQTT_WORDS, type MqttWord } from './mqtt-words';
import { alertOf, isNamedTlsFault, isTlsFault, tlsFault } from './tls-faults';

const { say } = MQTT_SENTENCES;
const { say: part } = MQTT_WORDS;

/** CONNACK return codes of MQTT 3.1.1 (3.2.2.3), and CONNACK and DISCONNECT reason codes of MQTT 5.0 (2.4). */
const REFUSALS: Readonly<Record<number, MqttWord>> = {
  1: 'otherVersion',
  2: 'wrongClientId',
  3: 'notAvailable',
  4: 'wrongLogin',
  5: 'notAllowed',
  132: 'noMqtt5',
  133: 'wrongClientId',
  134: 'wrongLogin',
  135: 'notAllowed',
  136: 'notAvailable',
  137: 'busy',
  138: 'banned',
  139: 'shutsDown',
  141: 'keepAlive',
  142: 'takenOver',
  144: 'wrongTopic',
  147: 'tooMany',
  149: 'tooLarge',
  150: 'tooOften',
  151: 'quota',
  152: 'byPerson',
  153: 'wrongContent',
  155: 'noQos',
  156: 'otherServer',
  157: 'moved',
  159: 'tooFast',
  160: 'longEnough',
};
/** Reason codes that say that it may work later as it is. */
const PASSING: ReadonlySet<number> = new Set([3, 136, 137, 139, 141, 151, 159]);

const NETWORK_FAULTS: Readonly<Record<string, MqttWord>> = {
  ECONNREFUSED: 'nothingListens',
  ENOTFOUND: 'unknownHost',
  EAI_AGAIN: 'noNameServer',
  ETIMEDOUT: 'noAnswer',
  EHOSTUNREACH: 'noRoute',
  ENETUNREACH: 'noRoute',
};

/** What the MQTT client says of an answer whose first bytes are no MQTT: of a web server, or the alert of a TLS port. */
const NO_MQTT = /^(Invalid header flag bits|Invalid variable byte integer|Packet must not have both QoS bits)/;

/** What the MQTT client says where the time is over for all that comes before a CONNACK. */
const CONNACK_TIMEOUT = 'connack timeout';
/** What the WebSocket client says where the server does not go on by WebSocket. */
const NO_WEB_SOCKET = /^Unexpected server response: (\d{3})/;

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}

/** True where what was thrown says by itself what is the matter: with the network, or with a certificate. */
export function isExplained({ cause }: Pm500Error): boolean {
  const code = codeOf(cause);
  if (typeof code !== 'string' || UNCLEAR.has(code)) return false;
  return Object.hasOwn(NETWORK_FAULTS, code) || isNamedTlsFault(cause);
}

/** A network that gave up may be a name server, a firewall or the broker. */
const UNCLEAR: ReadonlySet<string> = new Set(['ETIMEDOUT']);

/**
 * What went wrong with a broker, as a coded error with one sentence.
 * @param thrown what the MQTT client said; undefined when the connection just ended
 * @param broker host and port, for the sentence
 */
export function explainMqttError(thrown: unknown, broker: string): Pm500Error {
  if (thrown instanceof Pm500Error) return thrown;
  const code = codeOf(thrown);
  const message = thrown instanceof Error ? thrown.message : '';
  if (typeof code === 'number' && message.startsWith('Connection refused')) {
    return new Pm500Error('MQTT_REFUSED', say('refused', { broker, why: reasonOf(code) }), {
      cause: thrown,
      retryable: PASSING.has(code),
      details: { returnCode: code },
    });
  }
  const options = { cause: thrown, retryable: true };
  if (isTlsFault(thrown)) {
    const { word, values } = tlsFault(thrown);
    const alert = alertOf(thrown);
    const details = alert === undefined ? {} : { alert };
    return new Pm500Error('MQTT_TLS_FAILED', say('noTls', { broker, why: part(word, values) }), {
      ...options,
      details,
    });
  }
  if (typeof code === 'string' && Object.hasOwn(NETWORK_FAULTS, code)) {
    const why = part(NETWORK_FAULTS[code] ?? 'noAnswer');
    return new Pm500Error('MQTT_UNREACHABLE', say('unreachable', { broker, why }), options);
  }
  if (message === CONNACK_TIMEOUT) return new Pm500Error('MQTT_UNREACHABLE', say('noConnack', { broker }), options);
  if (NO_MQTT.test(message)) return new Pm500Error('MQTT_UNREACHABLE', say('noMqtt', { broker }), options);
  const [, status] = NO_WEB_SOCKET.exec(message) ?? [];
  if (status !== undefined) return new Pm500Error('MQTT_UNREACHABLE', say('noWebSocket', { broker, status }), options);
  const why = message === '' ? part('closed') : message;
  return new Pm500Error('MQTT_CONNECTION_LOST', say('lost', { broker, why }), options);
}

/** The same while nobody had taken the TCP connection: then a broker that says nothing was never reached. */
export function explainSilence(thrown: unknown, broker: string, port = 0): Pm500Error {
  const isLate = thrown instanceof Error && thrown.message === CONNACK_TIMEOUT;
  if (!isLate) return explainMqttError(thrown, broker);
  return new Pm500Error('MQTT_UNREACHABLE', say('silent', { broker, port }), { cause: thrown, retryable: true });
}

/** What a reason code says of a connection. */
function reasonOf(code: number): Sentence {
  const known = REFUSALS[code];
  return known === undefined ? part('otherReason', { code }) : part(known);
}

/** From here on a reason code is of MQTT 5 and tells of a failure (2.4). */
const FIRST_FAILURE = 128;
/** What some reasons mean in a DISCONNECT (MQTT 5.0, 3.14.2.1), where they mean something else than in a CONNACK. */
const ENDS: Readonly<Record<number, MqttWord>> = { 135: 'didWhatItMayNot' };

/** An MQTT 5 broker ended the connection and said why. */
export function explainServerDisconnect(reasonCode: number | undefined, broker: string): Pm500Error {
  const code = reasonCode ?? 0;
  const known = code < FIRST_FAILURE ? 'noReason' : ENDS[code];
  const why = known === undefined ? reasonOf(code) : part(known);
  return new Pm500Error('MQTT_CONNECTION_LOST', say('ended', { broker, why }), {
    retryable: true,
    details: { reasonCode: code },
  });
}

const NOT_AUTHORIZED = 135;

/** PUBACK reason codes of MQTT 5.0 (3.4.2.1) that mean something. */
const PUBLISH_REFUSALS: Readonly<Record<number, MqttWord>> = {
  [NOT_AUTHORIZED]: 'mayNotPublish',
  144: 'wrongTopic',
  151: 'quota',
  153: 'wrongContent',
};

/** The broker has answered a message with a PUBACK that refuses it. `details.reasonCode` is that of the PUBACK. */
export function explainPublishRefusal(thrown: unknown, topic: string, broker: string): Pm500Error {
  const code = codeOf(thrown);
  if (typeof code !== 'number') return explainMqttError(thrown, broker);
  const known = PUBLISH_REFUSALS[code];
  const why = known === undefined ? part('otherReason', { code }) : part(known);
  return new Pm500Error('MQTT_PUBLISH_REFUSED', say('publishRefused', { broker, topic, why }), {
    cause: thrown,
    details: { reasonCode: code, topic },
  });
}

/** The broker has ended the connection, not authorized, while nothing was on its way but messages on one topic. */
export function publishNotAllowed(topic: string, broker: string, cause: unknown): Pm500Error {
  const sentence = say('endedOver', { broker, topic, why: part('mayNotPublish') });
  return new Pm500Error('MQTT_PUBLISH_REFUSED', sentence, { cause, details: { reasonCode: NOT_AUTHORIZED, topic } });
}

/** The broker did not grant a subscription that the edge node cannot do without. */
export function subscriptionRefused(topics: readonly string[], broker: string, cause?: unknown): Pm500Error {
  const [one = '', ...others] = topics;
  const named = others.reduce<PlaceValue>((first, second) => part('and', { first, second }), one);
  return new Pm500Error('MQTT_REFUSED', say('subscriptionRefused', { broker, topics: named }), { cause });
}
