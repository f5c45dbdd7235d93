import { Pm500Error } from '../support/errors';

const WRONG_LOGIN = 'user name or password is wrong; correct them in the settings';
const NOT_ALLOWED = 'this user may not connect; check user name, password and the rights the broker gives';
const WRONG_CLIENT_ID = 'it does not accept the client ID; check its rules for client IDs';
const NOT_AVAILABLE = 'its MQTT service is not available; check the broker';
const TOO_LARGE = 'a message was larger than it takes; raise its limit for the size of packets';

/** CONNACK return codes of MQTT 3.1.1 (3.2.2.3), and CONNACK and DISCONNECT reason codes of MQTT 5.0 (2.4). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not speak this version of MQTT; choose the other version in the settings',
  2: WRONG_CLIENT_ID,
  3: NOT_AVAILABLE,
  4: WRONG_LOGIN,
  5: NOT_ALLOWED,
  132: 'it does not speak MQTT 5; choose MQTT 3.1.1 in the settings',
  133: WRONG_CLIENT_ID,
  134: WRONG_LOGIN,
  135: NOT_ALLOWED,
  136: NOT_AVAILABLE,
  137: 'it is busy; check the load of the broker',
  138: 'this client is banned; check the broker',
  139: 'it is shutting down; check the broker',
  141: 'it heard nothing within the keep-alive; check the network',
  142: 'another client has connected with the same client ID; give every client an ID of its own',
  149: TOO_LARGE,
  151: 'a quota is used up; check its limits',
  156: 'it wants another server to be used; correct the host in the settings',
  157: 'it has moved; correct the host in the settings',
  159: 'connections come too fast for it; check its limits',
};
/** Reason codes that say that it may work later as it is. */
const PASSING: ReadonlySet<number> = new Set([3, 136, 137, 139, 141, 151, 159]);

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; check host and port, and that the broker runs',
  ENOTFOUND: 'the host name is not known; check its spelling and the name server',
  EAI_AGAIN: 'the name server did not answer; check the network',
  ETIMEDOUT: 'it did not answer; check host, port and firewall',
  EHOSTUNREACH: 'there is no route to it; check host and network',
  ENETUNREACH: 'there is no route to it; check host and network',
};

const TLS_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; check the clocks',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client certificate has expired; renew it in the TLS settings',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not accept the client certificate; check it in the TLS settings',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the CA of the client certificate; check it in the TLS settings',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it wants a client certificate; add certificate and key in the TLS settings',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; add it as CA certificate in the TLS settings',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known here; add the CA certificate in the TLS settings',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known here; add the CA certificate in the TLS settings',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known here; add the CA certificate in the TLS settings',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name; use the name in the certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port; switch TLS off or use its TLS port',
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
    const why = REFUSALS[code] ?? `it gave the reason ${code}; check the broker's log`;
    return new Pm500Error('MQTT_REFUSED', `The MQTT broker ${broker} refused the connection: ${why}.`, {
      cause: thrown,
      retryable: PASSING.has(code),
      details: { returnCode: code },
    });
  }
  const options = { cause: thrown, retryable: true };
  if (typeof code === 'string' && isTlsFault(code, message)) {
    const why = TLS_FAULTS[code] ?? `${message} (${code}); check the TLS settings and the broker's log`;
    return new Pm500Error('MQTT_TLS_FAILED', `No TLS connection to the MQTT broker ${broker}: ${why}.`, options);
  }
  if (typeof code === 'string' && Object.hasOwn(NETWORK_FAULTS, code)) {
    const why = NETWORK_FAULTS[code] ?? code;
    return new Pm500Error('MQTT_UNREACHABLE', `The MQTT broker ${broker} cannot be reached: ${why}.`, options);
  }
  if (message === 'connack timeout') {
    const sentence = `The MQTT broker ${broker} did not answer the CONNECT; check that an MQTT broker listens on this port.`;
    return new Pm500Error('MQTT_UNREACHABLE', sentence, options);
  }
  if (NO_MQTT.test(message)) {
    const sentence = `The server at ${broker} does not speak MQTT there; check the port, and whether it wants TLS.`;
    return new Pm500Error('MQTT_UNREACHABLE', sentence, options);
  }
  const [, status] = NO_WEB_SOCKET.exec(message) ?? [];
  if (status !== undefined) {
    const sentence = `The server at ${broker} does not take MQTT over WebSocket there (HTTP status ${status}); check the WebSocket path and the port.`;
    return new Pm500Error('MQTT_UNREACHABLE', sentence, options);
  }
  const why = message === '' ? 'the broker closed it' : message;
  return new Pm500Error(
    'MQTT_CONNECTION_LOST',
    `The connection to the MQTT broker ${broker} was lost (${why}); if this repeats, check the network and the broker's log.`,
    options,
  );
}

/** What some reasons mean in a DISCONNECT (MQTT 5.0, 3.14.2.1), where they mean something else than in a CONNACK. */
const ENDS: Readonly<Record<number, string>> = {
  135: 'this client did what it may not, such as to publish on a topic; check the rights the broker gives it',
};

/** An MQTT 5 broker ended the connection and said why. */
export function explainServerDisconnect(reasonCode: number | undefined, broker: string): Pm500Error {
  const code = reasonCode ?? 0;
  const unknown = code === 0 ? "it gave no reason; check the broker's log" : undefined;
  const why = ENDS[code] ?? REFUSALS[code] ?? unknown ?? `it gave the reason ${code}; check the broker's log`;
  return new Pm500Error('MQTT_CONNECTION_LOST', `The MQTT broker ${broker} ended the connection: ${why}.`, {
    retryable: true,
    details: { reasonCode: code },
  });
}

const NOT_AUTHORIZED = 135;
const MAY_NOT_PUBLISH =
  'this client may not publish there; give it the right to, by its policy or by the access list of the broker';

/** PUBACK reason codes of MQTT 5.0 (3.4.2.1) that mean something. */
const PUBLISH_REFUSALS: Readonly<Record<number, string>> = {
  [NOT_AUTHORIZED]: MAY_NOT_PUBLISH,
  144: 'it does not take this topic; correct the topic in the settings, or the tags of the meter',
  151: 'a quota is used up; check its limits',
  153: 'it does not take what the message holds; check what the broker checks',
};

/** The broker has answered a message with a PUBACK that refuses it. `details.reasonCode` is that of the PUBACK. */
export function explainPublishRefusal(thrown: unknown, topic: string, broker: string): Pm500Error {
  const code = codeOf(thrown);
  if (typeof code !== 'number') return explainMqttError(thrown, broker);
  const why = PUBLISH_REFUSALS[code] ?? `it gave the reason ${code}; check the broker's log`;
  return new Pm500Error('MQTT_PUBLISH_REFUSED', `The MQTT broker ${broker} refused a message on ${topic}: ${why}.`, {
    cause: thrown,
    details: { reasonCode: code, topic },
  });
}

/** The broker has ended the connection, not authorized, while nothing was on its way but messages on one topic. */
export function publishNotAllowed(topic: string, broker: string, cause: unknown): Pm500Error {
  const sentence = `The MQTT broker ${broker} ended the connection over a message on ${topic}: ${MAY_NOT_PUBLISH}.`;
  return new Pm500Error('MQTT_PUBLISH_REFUSED', sentence, { cause, details: { reasonCode: NOT_AUTHORIZED, topic } });
}

/** The broker did not grant a subscription that the edge node cannot do without. */
export function subscriptionRefused(topics: readonly string[], broker: string, cause?: unknown): Pm500Error {
  return new Pm500Error(
    'MQTT_REFUSED',
    `The MQTT broker ${broker} refused the subscription to ${topics.join(' and ')}; give this user the right to read them.`,
    { cause },
  );
}
