import { Pm500Error } from '../support/errors';

/**
 * What a kind of broker takes. Nothing that goes over a limit is sent: AWS IoT Core ends the connection of who does, or
 * passes over the message in silence.
 */
export interface BrokerLimits {
  /** Bytes of a payload at most. */
  readonly payloadBytes: number;
  /** Bytes of a topic at most, without the three levels in front that Basic Ingest needs. */
  readonly topicBytes: number;
  /** Slashes in a topic at most, counted the same way. */
  readonly topicSlashes: number;
  readonly clientIdBytes: number;
  /** Messages that may be unacknowledged at a time. */
  readonly unacknowledged: number;
  /** Messages in any second at most; absent where there is no such limit. */
  readonly perSecond?: number;
  /** Bytes of payloads in any second at most; absent where there is no such limit. */
  readonly bytesPerSecond?: number;
  /** Milliseconds from one CONNECT to the next at least; absent where there is no such limit. */
  readonly connectEveryMs?: number;
  /** True where topics may begin with `$aws/rules/<rule>/`. */
  readonly hasBasicIngest: boolean;
}

export const PROFILES = ['broker', 'aws-iot-core'] as const;
export type Profile = (typeof PROFILES)[number];

/** Records in one message at most: as many as an AWS IoT rule hands on together (batch mode of Firehose). */
export const MOST_RECORDS = 500;

export const PROFILE_LIMITS: Readonly<Record<Profile, BrokerLimits>> = {
  broker: {
    // A packet has at most 256 MiB (MQTT 3.1.1, 2.2.3); most brokers take some megabytes, and MQTT 5 says how many.
    payloadBytes: 1_000_000,
    // MQTT 3.1.1, 1.5.3.
    topicBytes: 65_535,
    topicSlashes: Infinity,
    clientIdBytes: 65_535,
    // A broker may take 20 (Mosquitto) and queues what is more; MQTT 5 says how many.
    unacknowledged: 1000,
    hasBasicIngest: false,
  },
  // Message broker and protocol limits of AWS IoT Core, AWS General Reference.
  'aws-iot-core': {
    // 128 KB, which topic and head share where a packet is counted, and of which nobody says whether KB is 1000 bytes.
    payloadBytes: 127_000,
    topicBytes: 256,
    topicSlashes: 7,
    clientIdBytes: 128,
    // 100: those that a lost connection leaves are no longer counted by us, and may be there.
    unacknowledged: 90,
    // 100: what leaves evenly can arrive closer together.
    perSecond: 80,
    // 512 KB, topics and heads included; what is more is delayed, and in any second one message may come on top.
    bytesPerSecond: 380_000,
    // One CONNECT a second for a client ID; what leaves evenly can arrive closer together.
    connectEveryMs: 1100,
    hasBasicIngest: true,
  },
};

/** @throws Pm500Error CONFIG_INVALID for a client ID that the broker would not take */
export function checkClientId(profile: Profile, clientId: string): void {
  const { clientIdBytes } = PROFILE_LIMITS[profile];
  if (Buffer.byteLength(clientId) > clientIdBytes)
    throw new Pm500Error(
      'CONFIG_INVALID',
      `iot-target: clientId has more than ${clientIdBytes} bytes; choose a shorter one.`,
    );
  if (clientId === '' && profile === 'aws-iot-core')
    throw new Pm500Error(
      'CONFIG_INVALID',
      'iot-target: clientId is empty; with AWS IoT Core it is the name of the thing.',
    );
}

/** @throws Pm500Error CONFIG_INVALID where there has to be a certificate and is none */
export function checkCertificate(profile: Profile, path: string): void {
  if (profile === 'aws-iot-core' && path === '')
    throw new Pm500Error('CONFIG_INVALID', 'iot-target: certificateFile is empty; AWS IoT Core wants a certificate.');
}
