import type { IClientOptions, MqttClient } from 'mqtt';
import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import { explainMqttError, subscriptionRefused } from './mqtt-errors';

/** PEM texts and rules for TLS. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** Name to ask for and to check in the certificate; the host where absent. */
  readonly servername?: string;
  /** True: the broker's certificate must be good. */
  readonly rejectUnauthorized: boolean;
  readonly alpnProtocols?: readonly string[];
}

export interface BrokerSettings {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  /** Longest time from opening the socket to the CONNACK. */
  readonly connectTimeoutMs: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsSettings;
}

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** What a link tells; never from within a call to it. After `onClosed` nothing more comes. */
export interface LinkListener {
  onConnected(): void;
  onMessage(topic: string, payload: Uint8Array, isRetained: boolean): void;
  /** What had piled up in the socket has been sent. */
  onDrained(): void;
  /** @param error why, unless it was asked for */
  onClosed(error: Pm500Error | undefined): void;
}

/** One MQTT connection, from CONNECT to its end. It never reconnects: the next CONNECT needs another will. */
export interface MqttLink {
  /** Resolves when the broker has granted all. @throws Pm500Error MQTT_REFUSED, MQTT_CONNECTION_LOST */
  subscribe(topics: readonly string[]): Promise<void>;
  /** Hands a message to the socket, QoS 0, not retained. Returns true when so much has piled up that data should wait. */
  publish(topic: string, payload: Uint8Array): boolean;
  /** Sends what was published, then DISCONNECT; resolves when the socket is closed, by force after a time. */
  end(): Promise<void>;
}

export type OpenLink = (settings: BrokerSettings, will: Will, listener: LinkListener) => MqttLink;
/** `connect` of MQTT.js. */
export type MqttConnect = (options: IClientOptions) => MqttClient;

/** Bytes waiting in the socket from which data is held back, so that a slow broker does not fill the memory. */
const CONGESTED_BYTES = 4 * 1024 * 1024;
const END_TIMEOUT_MS = 3000;
const REFUSED_GRANT = 128;

function clientOptions(settings: BrokerSettings, will: Will): IClientOptions {
  const { host, port, clientId, keepAliveSeconds, connectTimeoutMs, username, password, tls } = settings;
  const { alpnProtocols, ...tlsOptions } = tls ?? { rejectUnauthorized: true };
  return {
    protocol: tls === undefined ? 'mqtt' : 'mqtts',
    protocolVersion: 4,
    host,
    port,
    clientId,
    clean: true,
    keepalive: keepAliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    manualConnect: true,
    // Messages that wait for a connection would go out before NBIRTH.
    queueQoSZero: false,
    resubscribe: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : tlsOptions),
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: [...alpnProtocols] }),
  };
}

class ClientLink implements MqttLink {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #listener: LinkListener;
  readonly #broker: string;
  #error: Pm500Error | undefined;
  #isClosed = false;
  #isCongested = false;
  #ending: Promise<void> | undefined;
  #resolveClosed: () => void = () => undefined;
  readonly #closed = new Promise<void>((resolve) => {
    this.#resolveClosed = resolve;
  });

  constructor(client: MqttClient, settings: BrokerSettings, listener: LinkListener, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#listener = listener;
    this.#broker = `${settings.host}:${settings.port}`;
    client.on('connect', () => {
      if (!this.#isClosed) listener.onConnected();
    });
    client.on('message', (topic, payload, packet) => {
      if (!this.#isClosed) listener.onMessage(topic, payload, packet.retain);
    });
    client.on('error', (error) => {
      this.#fail(error);
    });
    client.on('close', () => {
      this.#finish();
    });
  }

  /** Opens the socket; a mistake in the TLS settings shows here. */
  open(): void {
    try {
      this.#client.connect();
    } catch (thrown) {
      this.#error = explainMqttError(thrown, this.#broker);
      setImmediate(() => {
        this.#finish();
      });
    }
  }

  subscribe(topics: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.subscribe([...topics], { qos: 1 }, (error, granted) => {
        const isRefused = granted?.some((grant) => grant.qos === REFUSED_GRANT) ?? false;
        if (error === null && !isRefused) resolve();
        else if (this.#isClosed) reject(this.#error ?? explainMqttError(undefined, this.#broker));
        else reject(subscriptionRefused(topics, this.#broker, error));
      });
    });
  }

  publish(topic: string, payload: Uint8Array): boolean {
    this.#client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 0 });
    const { stream } = this.#client;
    if (!this.#isCongested && stream.writableLength > CONGESTED_BYTES) {
      this.#isCongested = true;
      stream.once('drain', () => {
        this.#isCongested = false;
        if (!this.#isClosed) this.#listener.onDrained();
      });
    }
    return this.#isCongested;
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (this.#isClosed) return;
    const timer = this.#clock.after(END_TIMEOUT_MS, () => {
      this.#destroy();
    });
    if (this.#client.connected) this.#client.end();
    else this.#destroy();
    await this.#closed;
    timer.cancel();
  }

  #fail(thrown: unknown): void {
    this.#error ??= explainMqttError(thrown, this.#broker);
    this.#destroy();
  }

  #destroy(): void {
    // Where no stream could be made, nothing will be closed.
    const { stream } = this.#client as { readonly stream?: MqttClient['stream'] };
    if (stream === undefined) this.#finish();
    else stream.destroy();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#resolveClosed();
    const error = this.#ending === undefined ? (this.#error ?? explainMqttError(undefined, this.#broker)) : undefined;
    this.#listener.onClosed(error);
  }
}

/** Links made with MQTT.js. */
export function createOpenLink(connect: MqttConnect, clock: Clock): OpenLink {
  return (settings, will, listener) => {
    const link = new ClientLink(connect(clientOptions(settings, will)), settings, listener, clock);
    link.open();
    return link;
  };
}
