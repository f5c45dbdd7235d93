import type { IClientOptions } from 'mqtt';
import { addressAttempts } from '../support/address-attempts';
import type { TlsSettings } from '../support/tls-settings';

/** How a broker is reached over TLS. */
export interface BrokerTls extends TlsSettings {
  /** True: the broker's certificate must be good. */
  readonly rejectUnauthorized: boolean;
  readonly alpnProtocols?: readonly string[];
}

/** 4 is MQTT 3.1.1, 5 is MQTT 5.0: the numbers of the CONNECT packet. */
export type ProtocolVersion = 4 | 5;

export interface BrokerSettings {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  /** Longest time from opening the socket to the CONNACK. */
  readonly connectTimeoutMs: number;
  /** 4 where absent. */
  readonly protocolVersion?: ProtocolVersion;
  /** Path of MQTT over WebSocket; plain TCP or TLS where absent. */
  readonly webSocketPath?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: BrokerTls;
}

/**
 * What holds for one connection: certificates are read anew for each.
 * @throws whatever reading the TLS settings throws
 */
export function brokerSettings(
  {
    broker,
    readTls,
  }: { readonly broker: Omit<BrokerSettings, 'clientId' | 'tls'>; readonly readTls?: () => BrokerTls },
  server: Pick<BrokerSettings, 'host' | 'port'>,
  clientId: string,
): BrokerSettings {
  const settings = { ...broker, ...server, clientId };
  return readTls === undefined ? settings : { ...settings, tls: readTls() };
}

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Options for the socket, and for the WebSocket where there is one, which MQTT.js gives only some of them. */
function socketOptions({ tls, connectTimeoutMs }: BrokerSettings): IClientOptions {
  const { alpnProtocols, ...options } = tls ?? {};
  const alpn = alpnProtocols === undefined ? {} : { ALPNProtocols: [...alpnProtocols] };
  const all = { ...options, ...alpn, ...addressAttempts(connectTimeoutMs) };
  return { ...all, wsOptions: all };
}

/**
 * Options of MQTT.js for one connection: a clean session (in MQTT 5: clean start, session expiry 0), a will at QoS 1 where
 * there is one, and nothing that connects, subscribes or sends by itself.
 */
export function clientOptions(settings: BrokerSettings, will?: Will): IClientOptions {
  const { host, port, clientId, keepAliveSeconds, connectTimeoutMs, username, password, tls, webSocketPath } = settings;
  const protocolVersion = settings.protocolVersion ?? 4;
  const isWebSocket = webSocketPath !== undefined;
  return {
    protocol: isWebSocket ? (tls === undefined ? 'ws' : 'wss') : tls === undefined ? 'mqtt' : 'mqtts',
    protocolVersion,
    host,
    port,
    clientId,
    clean: true,
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 0 } } : {}),
    keepalive: keepAliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    manualConnect: true,
    // Messages that wait for a connection would go out before the birth of a Sparkplug edge node.
    queueQoSZero: false,
    resubscribe: false,
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
    ...(isWebSocket ? { path: webSocketPath } : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...socketOptions(settings),
  };
}
