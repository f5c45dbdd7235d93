import { Pm500Error } from '../support/errors';
import { sentences, type PlaceValue, type Sentence } from '../support/sentence';

/** What went wrong with a broker. */
export const MQTT_SENTENCES = sentences('mqtt', {
  refused: 'The MQTT broker {broker} refused the connection: {why}.',
  noTls: 'No TLS connection to the MQTT broker {broker}: {why}.',
  unreachable: 'The MQTT broker {broker} cannot be reached: {why}.',
  noConnack: 'The MQTT broker {broker} did not answer the CONNECT; check that an MQTT broker listens on this port.',
  noMqtt: 'The server at {broker} does not speak MQTT there; check the port, and whether it wants TLS.',
  noWebSocket:
    'The server at {broker} does not take MQTT over WebSocket there (HTTP status {status}); check the WebSocket path and the port.',
  lost: "The connection to the MQTT broker {broker} was lost ({why}); if this repeats, check the network and the broker's log.",
  ended: 'The MQTT broker {broker} ended the connection: {why}.',
  publishRefused: 'The MQTT broker {broker} refused a message on {topic}: {why}.',
  endedOver: 'The MQTT broker {broker} ended the connection over a message on {topic}: {why}.',
  subscriptionRefused:
    'The MQTT broker {broker} refused the subscription to {topics}; give this user the right to read them.',
  silent:
    'Nothing answers at {broker}, neither yes nor no; check host and port, that the computer is on, and that a firewall between lets TCP port {port} pass.',
  expectsTls:
    'The server at {broker} expects TLS; switch TLS on in the settings, or use the port without TLS, mostly 1883.',
  noMqtt5: 'The MQTT broker {broker} does not speak MQTT 5; choose MQTT 3.1.1 in the settings.',
  late: 'The MQTT broker {broker} did not answer within {seconds} s; check that it is not overloaded, and the network.',
  testEnded: 'The test of {broker} was ended by whoever had asked for it.',
});

/** Parts of those sentences: what the matter is, and what to do. */
export const MQTT_WORDS = sentences('mqttPart', {
  wrongLogin: 'user name or password is wrong; correct them in the settings',
  notAllowed: 'this user may not connect; check user name, password and the rights the broker gives',
  wrongClientId: 'it does not accept the client ID; check its rules for client IDs',
  notAvailable: 'its MQTT service is not available; check the broker',
  tooLarge: 'a message was larger than it takes; raise its limit for the size of packets',
  otherVersion: 'it does not speak this version of MQTT; choose the other version in the settings',
  noMqtt5: 'it does not speak MQTT 5; choose MQTT 3.1.1 in the settings',
  busy: 'it is busy; check the load of the broker',
  banned: 'this client is banned; check the broker',
  shutsDown: 'it is shutting down; check the broker',
  keepAlive: 'it heard nothing within the keep-alive; check the network',
  takenOver: 'another client has connected with the same client ID; give every client an ID of its own',
  quota: 'a quota is used up; check its limits',
  otherServer: 'it wants another server to be used; correct the host in the settings',
  moved: 'it has moved; correct the host in the settings',
  tooFast: 'connections come too fast for it; check its limits',
  nothingListens: 'nothing listens there; check host and port, and that the broker runs',
  unknownHost: 'the host name is not known; check its spelling and the name server',
  noNameServer: 'the name server did not answer; check the network',
  noAnswer: 'it did not answer; check host, port and firewall',
  noRoute: 'there is no route to it; check host and network',
  expired: 'its certificate has expired; renew it',
  notYetValid: 'its certificate is not valid yet; check the clocks',
  clientExpired: 'the client certificate has expired; renew it in the TLS settings',
  clientRefused: 'it does not accept the client certificate; check it in the TLS settings',
  clientUnknown: 'it does not know the CA of the client certificate; check it in the TLS settings',
  wantsClient: 'it wants a client certificate; add certificate and key in the TLS settings',
  selfSigned: 'its certificate is self-signed; add it as CA certificate in the TLS settings',
  unknownCa: 'its CA is not known here; add the CA certificate in the TLS settings',
  otherName: 'its certificate is for another host name; use the name in the certificate',
  noTls: 'it does not speak TLS on this port; switch TLS off or use its TLS port',
  otherTls: "{message} ({code}); check the TLS settings and the broker's log",
  otherReason: "it gave the reason {code}; check the broker's log",
  noReason: "it gave no reason; check the broker's log",
  closed: 'the broker closed it',
  didWhatItMayNot:
    'this client did what it may not, such as to publish on a topic; check the rights the broker gives it',
  mayNotPublish:
    'this client may not publish there; give it the right to, by its policy or by the access list of the broker',
  wrongTopic: 'it does not take this topic; correct the topic in the settings, or the tags of the meter',
  wrongContent: 'it does not take what the message holds; check what the broker checks',
  and: '{first} and {second}',
});

const { say } = MQTT_SENTENCES;
const { say: part } = MQTT_WORDS;
type MqttWord = keyof typeof MQTT_WORDS.templates;

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
  149: 'tooLarge',
  151: 'quota',
  156: 'otherServer',
  157: 'moved',
  159: 'tooFast',
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

const TLS_FAULTS: Readonly<Record<string, MqttWord>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'clientExpired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'clientRefused',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'clientUnknown',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'wantsClient',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'selfSigned',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknownCa',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknownCa',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknownCa',
  ERR_TLS_CERT_ALTNAME_INVALID: 'otherName',
  ERR_SSL_WRONG_VERSION_NUMBER: 'noTls',
};

/** What the MQTT client says of an answer whose first bytes are no MQTT: of a web server, or the alert of a TLS port. */
const NO_MQTT = /^(Invalid header flag bits|Invalid variable byte integer|Packet must not have both QoS bits)/;

/** What the WebSocket client says where the server does not go on by WebSocket. */
const NO_WEB_SOCKET = /^Unexpected server response: (\d{3})/;

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}

function isTlsFault(code: string, message: string): boolean {
  return (
    Object.hasOwn(TLS_FAULTS, code) || /^ERR_(TLS|SSL|OSSL)|^EPROTO$/.test(code) || /certificate|TLS/.test(message)
  );
}

/** True where what was thrown says by itself what is the matter: with the network, or with a certificate. */
export function isExplained({ cause }: Pm500Error): boolean {
  const code = codeOf(cause);
  if (typeof code !== 'string' || UNCLEAR.has(code)) return false;
  return Object.hasOwn(NETWORK_FAULTS, code) || Object.hasOwn(TLS_FAULTS, code);
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
  if (typeof code === 'string' && isTlsFault(code, message)) {
    const known = TLS_FAULTS[code];
    const why = known === undefined ? part('otherTls', { message, code }) : part(known);
    return new Pm500Error('MQTT_TLS_FAILED', say('noTls', { broker, why }), options);
  }
  if (typeof code === 'string' && Object.hasOwn(NETWORK_FAULTS, code)) {
    const why = part(NETWORK_FAULTS[code] ?? 'noAnswer');
    return new Pm500Error('MQTT_UNREACHABLE', say('unreachable', { broker, why }), options);
  }
  if (message === 'connack timeout') return new Pm500Error('MQTT_UNREACHABLE', say('noConnack', { broker }), options);
  if (NO_MQTT.test(message)) return new Pm500Error('MQTT_UNREACHABLE', say('noMqtt', { broker }), options);
  const [, status] = NO_WEB_SOCKET.exec(message) ?? [];
  if (status !== undefined) return new Pm500Error('MQTT_UNREACHABLE', say('noWebSocket', { broker, status }), options);
  const why = message === '' ? part('closed') : message;
  return new Pm500Error('MQTT_CONNECTION_LOST', say('lost', { broker, why }), options);
}

/** What a reason code says of a connection. */
function reasonOf(code: number): Sentence {
  const known = REFUSALS[code];
  return known === undefined ? part('otherReason', { code }) : part(known);
}

/** What some reasons mean in a DISCONNECT (MQTT 5.0, 3.14.2.1), where they mean something else than in a CONNACK. */
const ENDS: Readonly<Record<number, MqttWord>> = { 0: 'noReason', 135: 'didWhatItMayNot' };

/** An MQTT 5 broker ended the connection and said why. */
export function explainServerDisconnect(reasonCode: number | undefined, broker: string): Pm500Error {
  const code = reasonCode ?? 0;
  const known = ENDS[code];
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
