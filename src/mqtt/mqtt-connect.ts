import { createConnection } from 'node:net';
import { connect, MqttClient } from 'mqtt';
import { ADDRESS_ATTEMPTS } from '../support/address-attempts';
import type { MqttConnect } from './mqtt-link';

/** `connect` of MQTT.js, which hands to a socket without TLS nothing but where it leads: here also how names are tried. */
export const connectMqtt: MqttConnect = (options) => {
  const { protocol, host, port } = options;
  if (protocol !== 'mqtt' || host === undefined || port === undefined) return connect(options);
  const client = new MqttClient(() => createConnection({ host, port, ...ADDRESS_ATTEMPTS }), options);
  // As MQTT.js does it: who has not begun to listen must not end the process.
  client.on('error', () => undefined);
  return client;
};
