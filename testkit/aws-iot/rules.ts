/** What AWS IoT Core does not let pass. A double can be made without one of them, to see that a test finds that out. */
export const RULES = [
  'certificate-status',
  'connect-policy',
  'publish-policy',
  'subscribe-policy',
  'receive-policy',
  'client-id-bytes',
  'connect-rate',
  'takeover',
  'payload-bytes',
  'topic-slashes',
  'topic-bytes',
  'filters',
  'publish-rate',
  'throughput',
  'unacknowledged',
  'qos-2',
  'pending-until-registered',
  'ownership-token',
  'token-age',
  'token-once',
  'request-signature',
  'hook',
  'template-parameters',
  'job-version',
  'job-states',
  'commit-principal',
  'commit-thing',
  'revoked-is-cut',
] as const;
export type Rule = (typeof RULES)[number];

/** Message broker and protocol limits of AWS IoT Core (AWS General Reference, "AWS IoT Core endpoints and quotas"). */
export const LIMITS = {
  /** Also of what a rule makes of a message. */
  payloadBytes: 128 * 1024,
  /** Of a descriptor set in S3, and how often a query may decode (Developer Guide, "Decoding protobuf message payloads"). */
  descriptorBytes: 32 * 1024,
  decodesOfRule: 2,
  /** Both without the three levels in front of Basic Ingest. */
  topicSlashes: 7,
  topicBytes: 256,
  filtersOfSubscribe: 8,
  publishesPerSecond: 100,
  /** AWS delays what is more; here that is a violation. */
  bytesPerSecond: 512 * 1024,
  unacknowledged: 100,
  clientIdBytes: 128,
  /** Milliseconds from one CONNECT of a client ID to the next. */
  connectEveryMs: 1000,
  /** Of a token of ownership, milliseconds (Developer Guide, "Device provisioning MQTT API"). */
  tokenMs: 3_600_000,
} as const;

/** What a request is answered with that is refused. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly statusCode = 400,
    readonly further: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
