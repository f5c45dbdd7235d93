import { createConnection } from 'node:net';
import { connect, MqttClient } from 'mqtt';
import { addressAttempts } from '../support/address-attempts';
import type { MqttConnect } from './mqtt-link';

/** `connect` of MQTT.js, which hands to a socket without TLS nothing but where it leads: here also how names are tried. */
export const connectMqtt: MqttConnect = (options) => {
  const { protocol, host, port, connectTimeout = 30_000 } = options;
  // A SOCKS proxy of the environment is the business of MQTT.js.
  const isProxied = process.env['MQTTJS_SOCKS_PROXY'] !== undefined;
  if (isProxied || protocol !== 'mqtt' || host === undefined || port === undefined) return connect(options);
  const client = new MqttClient(() => createConnection({ host, port, ...addressAttempts(connectTimeout) }), options);
  // As MQTT.js does it: who has not begun to listen must not end the process.
  client.on('error', () => undefined);
  return client;
};
