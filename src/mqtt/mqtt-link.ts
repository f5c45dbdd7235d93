import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import {
  explainMqttError,
  explainPublishRefusal,
  explainServerDisconnect,
  explainSilence,
  subscriptionRefused,
} from './mqtt-errors';
import { type BrokerSettings, type Will, clientOptions } from './mqtt-options';
import { PingLedger } from './ping-ledger';

/** What a link tells; never from within a call to it. After `onClosed` nothing more comes. */
export interface LinkListener {
  /** The network connection stands: CONNECT leaves now. */
  onConnecting(): void;
  /**
   * @param maximumBytes of a packet that the server takes, where its CONNACK says so (MQTT 5)
   * @param receiveMaximum how many messages it takes unacknowledged, where its CONNACK says so (MQTT 5)
   */
  onConnected(maximumBytes?: number, receiveMaximum?: number): void;
  onMessage(topic: string, payload: Uint8Array, isRetained: boolean): void;
  /** What had piled up in the socket has been sent. */
  onDrained(): void;
  /** @param error why, unless it was asked for and went well */
  onClosed(error: Pm500Error | undefined, loss?: LinkLoss): void;
}

/**
 * - `ended`: the other side ended the connection, by DISCONNECT, FIN or RST: it was there until then
 * - `silent`: nobody knows since when nothing has arrived
 */
export type LinkLoss = 'ended' | 'silent';

const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/** One MQTT connection, from CONNECT to its end. It never reconnects: the next CONNECT needs another will. */
export interface MqttLink {
  /** Resolves when the broker has granted all. @throws Pm500Error MQTT_REFUSED, MQTT_CONNECTION_LOST */
  subscribe(topics: readonly string[]): Promise<void>;
  /** Hands a message to the socket, QoS 0, not retained. Returns true when so much has piled up that data should wait. */
  publish(topic: string, payload: Uint8Array): boolean;
  /** True while more than a few messages wait in this process for the socket. */
  readonly isBacklogged: boolean;
  /**
   * Resolves when the broker has answered a PINGREQ that was sent after everything published so far: as one connection
   * keeps the order, it has read all of that. @throws Pm500Error MQTT_CONNECTION_LOST
   */
  confirm(): Promise<void>;
  /**
   * Sends what was published, then DISCONNECT (in MQTT 5 with reason 0x04, "disconnect with will message").
   * Resolves when the socket is closed: true, or false where it had to be closed by force after a time.
   * @param leavesWill true: the broker shall publish the will, so in MQTT 3.1.1 there is no DISCONNECT
   */
  end(leavesWill?: boolean): Promise<boolean>;
}

/** One MQTT connection over which messages are acknowledged one by one. */
export interface AcknowledgedLink extends Pick<MqttLink, 'confirm' | 'end'> {
  /**
   * Hands a message to the socket, QoS 1, not retained.
   * @param done called once with the broker's PUBACK, an error where that refuses the message; never after `onClosed`
   */
  publishAcknowledged(topic: string, payload: Buffer, done: (refusal: Pm500Error | undefined) => void): void;
}

export type OpenLink = (settings: BrokerSettings, will: Will, listener: LinkListener) => MqttLink;
export type OpenAcknowledgedLink = (
  settings: BrokerSettings,
  will: undefined,
  listener: LinkListener,
) => AcknowledgedLink;
/** `connect` of MQTT.js. */
export type MqttConnect = (options: IClientOptions) => MqttClient;

/** Bytes waiting in the socket from which data is held back, so that a slow broker does not fill the memory. */
const CONGESTED_BYTES = 4 * 1024 * 1024;
/** Messages of one turn of the event loop wait for its end; more than these wait for the network. */
const BACKLOG_BYTES = 16 * 1024;
const END_TIMEOUT_MS = 3000;
const REFUSED_GRANT = 128;
/** MQTT 5.0, 3.14.2.1: disconnect with will message; Sparkplug 3.0.0 asks for it. */
const DISCONNECT_WITH_WILL = 0x04;

class ClientLink implements MqttLink, AcknowledgedLink {
  private readonly client: MqttClient;
  private readonly clock: Clock;
  private readonly listener: LinkListener;
  private readonly broker: string;
  private error: Pm500Error | undefined;
  private isClosed = false;
  private isCongested = false;
  private isForced = false;
  /** Until something else is heard, a connection that closes was closed by the other side. */
  private loss: LinkLoss = 'ended';
  private hasToldConnecting = false;
  /** False while nobody has taken the TCP connection, as far as that is seen. */
  private hasNetwork = true;
  private ending: Promise<boolean> | undefined;
  private readonly pings = new PingLedger();
  private resolveClosed: () => void = () => undefined;
  private readonly closed = new Promise<void>((resolve) => {
    this.resolveClosed = resolve;
  });

  constructor(client: MqttClient, settings: BrokerSettings, listener: LinkListener, clock: Clock) {
    this.client = client;
    this.clock = clock;
    this.listener = listener;
    this.broker = `${settings.host}:${settings.port}`;
    client.on('connect', ({ properties }) => {
      if (!this.isClosed) {
        this.tellConnecting();
        listener.onConnected(properties?.maximumPacketSize, properties?.receiveMaximum);
      }
    });
    client.on('message', (topic, payload, packet) => {
      if (!this.isClosed) listener.onMessage(topic, payload, packet.retain);
    });
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.pings.onSent();
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.pings.onAnswered();
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.error ??= explainServerDisconnect(reasonCode, this.broker);
      // MQTT 5.0, 3.14.4: nothing more may be sent; a broker that does not close it would be waited for a keep-alive long.
      this.destroy();
    });
    client.on('error', (error) => {
      this.fail(error);
    });
    client.on('close', () => {
      this.finish();
    });
  }

  /** Opens the socket; a mistake in the TLS settings shows here. */
  open(): void {
    try {
      this.client.connect();
      // Nagle's algorithm would hold small messages back until the broker has answered, 40 ms and more.
      const { stream } = this.client;
      // The library keeps some errors of the stream to itself.
      stream.on('error', (error: unknown) => {
        this.noteLoss(error);
      });
      if (!(stream instanceof Socket)) return;
      this.hasNetwork = false;
      stream.prependOnceListener('connect', () => {
        this.hasNetwork = true;
      });
      stream.setNoDelay(true);
      // Before the listeners that send what waits: CONNECT is among it.
      stream.prependOnceListener(stream instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        this.tellConnecting();
      });
    } catch (thrown) {
      this.error = explainMqttError(thrown, this.broker);
      setImmediate(() => {
        this.finish();
      });
    }
  }

  subscribe(topics: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe([...topics], { qos: 1 }, (error, granted) => {
        const isRefused = granted?.some((grant) => grant.qos === REFUSED_GRANT) ?? false;
        if (error === null && !isRefused) resolve();
        else if (this.isClosed) reject(this.error ?? explainMqttError(undefined, this.broker));
        else reject(subscriptionRefused(topics, this.broker, error));
      });
    });
  }

  publish(topic: string, payload: Uint8Array): boolean {
    this.client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 0 });
    const { stream } = this.client;
    if (!this.isCongested && stream.writableLength > CONGESTED_BYTES) {
      this.isCongested = true;
      stream.once('drain', () => {
        this.isCongested = false;
        if (!this.isClosed) this.listener.onDrained();
      });
    }
    return this.isCongested;
  }

  publishAcknowledged(topic: string, payload: Buffer, done: (refusal: Pm500Error | undefined) => void): void {
    this.client.publish(topic, payload, { qos: 1 }, (error) => {
      if (!this.isClosed) done(error instanceof Error ? explainPublishRefusal(error, topic, this.broker) : undefined);
    });
  }

  get isBacklogged(): boolean {
    return this.client.stream.writableLength > BACKLOG_BYTES;
  }

  confirm(): Promise<void> {
    if (this.isClosed) return Promise.reject(this.error ?? explainMqttError(undefined, this.broker));
    return this.pings.confirm(() => {
      this.client.sendPing();
    });
  }

  private tellConnecting(): void {
    if (this.hasToldConnecting) return;
    this.hasToldConnecting = true;
    this.listener.onConnecting();
  }

  end(leavesWill = false): Promise<boolean> {
    this.ending ??= this.sendEnd(leavesWill);
    return this.ending;
  }

  private async sendEnd(leavesWill: boolean): Promise<boolean> {
    if (this.isClosed) return true;
    const timer = this.clock.after(END_TIMEOUT_MS, () => {
      this.isForced = true;
      this.destroy();
    });
    if (!this.client.connected) this.destroy();
    else if (this.client.options.protocolVersion === 5) this.client.end({ reasonCode: DISCONNECT_WITH_WILL });
    else if (leavesWill) this.destroy();
    else this.client.end();
    await this.closed;
    timer.cancel();
    return !this.isForced;
  }

  /** A network that gave up (ETIMEDOUT), or a keep-alive that was not answered, says nothing of when it went. */
  private noteLoss(thrown: unknown): void {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (!this.isClosed && !RESET_CODES.includes(code)) this.loss = 'silent';
  }

  private fail(thrown: unknown): void {
    if (this.error === undefined) this.noteLoss(thrown);
    this.error ??= this.hasNetwork
      ? explainMqttError(thrown, this.broker)
      : explainSilence(thrown, this.broker, this.client.options.port);
    this.destroy();
  }

  private destroy(): void {
    // Where no stream could be made, nothing will be closed.
    const { stream } = this.client as { readonly stream?: MqttClient['stream'] };
    if (stream === undefined) this.finish();
    else stream.destroy();
  }

  private finish(): void {
    if (this.isClosed) return;
    // A WebSocket says nothing when it opens, but what waited for that has left it.
    const { stream } = this.client as { readonly stream?: MqttClient['stream'] };
    if (stream !== undefined && !(stream instanceof Socket) && stream.writableLength === 0) this.tellConnecting();
    this.isClosed = true;
    this.resolveClosed();
    this.pings.fail(this.error ?? explainMqttError(undefined, this.broker));
    // Of a link that had to be closed by force nobody knows what has passed it.
    const error =
      this.ending === undefined || this.isForced ? (this.error ?? explainMqttError(undefined, this.broker)) : undefined;
    this.listener.onClosed(error, this.isForced ? 'silent' : this.loss);
  }
}

/** Links made with MQTT.js. */
export function createOpenLink(
  connect: MqttConnect,
  clock: Clock,
): (settings: BrokerSettings, will: Will | undefined, listener: LinkListener) => MqttLink & AcknowledgedLink {
  return (settings, will, listener) => {
    const link = new ClientLink(connect(clientOptions(settings, will)), settings, listener, clock);
    link.open();
    return link;
  };
}
