import { Pm500Error } from '../support/errors';

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1; use a broker that does',
  2: 'it does not accept the client ID; check its rules for client IDs',
  3: 'its MQTT service is not available; check the broker',
  4: 'user name or password are wrong; correct them in the edge node',
  5: 'this user may not connect; check user name, password and the rights the broker gives',
};

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
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; add it as CA certificate in the TLS settings',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known here; add the CA certificate in the TLS settings',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known here; add the CA certificate in the TLS settings',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known here; add the CA certificate in the TLS settings',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name; use the name in the certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port; switch TLS off or use its TLS port',
};

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}

function isTlsFault(code: string, message: string): boolean {
  return (
    Object.hasOwn(TLS_FAULTS, code) || /^ERR_(TLS|SSL|OSSL)|^EPROTO$/.test(code) || /certificate|TLS/.test(message)
  );
}

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
      retryable: code === 3,
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
  const why = message === '' ? 'the broker closed it' : message;
  return new Pm500Error(
    'MQTT_CONNECTION_LOST',
    `The connection to the MQTT broker ${broker} was lost (${why}); if this repeats, check the network and the broker's log.`,
    options,
  );
}

/** The broker did not grant a subscription that the edge node cannot do without. */
export function subscriptionRefused(topics: readonly string[], broker: string, cause?: unknown): Pm500Error {
  return new Pm500Error(
    'MQTT_REFUSED',
    `The MQTT broker ${broker} refused the subscription to ${topics.join(' and ')}; give this user the right to read them.`,
    { cause },
  );
}
