import type { Sentence } from './sentence';

/**
 * The one error type of this package. Callers match `code`, never the class or the text: codes are stable, sentences
 * may improve. Every message says what happened, where, and what to do.
 */
export type ErrorCode =
  // configuration and messages
  | 'CONFIG_INVALID'
  | 'MESSAGE_INVALID'
  | 'MESSAGE_TIME_UNLIKELY'
  | 'LAYOUT_INVALID'
  | 'MAPPING_UNAVAILABLE'
  // EtherNet/IP and CIP
  | 'ENIP_CONNECT_FAILED'
  | 'ENIP_CONNECT_TIMEOUT'
  | 'ENIP_CONNECTION_LOST'
  | 'ENIP_REPLY_TIMEOUT'
  | 'ENIP_FRAME_INVALID'
  | 'ENIP_REPLY_MISMATCH'
  | 'ENIP_STATUS'
  | 'ENIP_NO_OWNER'
  | 'ENIP_OWNERSHIP_CONFLICT'
  | 'ENIP_CONNECTION_LIMIT'
  | 'ENIP_PORT_IN_USE'
  | 'CIP_STATUS'
  | 'CIP_REPLY_INVALID'
  | 'CIP_REQUEST_INVALID'
  // Modbus
  | 'MODBUS_CONNECT_FAILED'
  | 'MODBUS_CONNECT_TIMEOUT'
  | 'MODBUS_CONNECTION_LOST'
  | 'MODBUS_REPLY_TIMEOUT'
  | 'MODBUS_REPLY_INVALID'
  | 'MODBUS_EXCEPTION'
  | 'MODBUS_REQUEST_INVALID'
  | 'MODBUS_UNIT_ABSENT'
  | 'MODBUS_ECHO'
  | 'MODBUS_SERIAL_UNAVAILABLE'
  // acquisition
  | 'BLOCK_UNSUPPORTED'
  | 'METER_SIZE_MISMATCH'
  | 'METER_CLOSED'
  | 'METER_BACKING_OFF'
  | 'METER_PROTOCOL_BUSY'
  | 'METER_SHARED_WITH_PLC'
  | 'ABORTED'
  // outbox and sinks
  | 'OUTBOX_CLOSED'
  | 'OUTBOX_FULL'
  | 'OUTBOX_IN_USE'
  | 'OUTBOX_UNAVAILABLE'
  | 'OUTBOX_WRITE_FAILED'
  | 'DELIVERY_REFUSED'
  | 'DELIVERY_UNFIT'
  | 'DELIVERY_STILL_WAITING'
  | 'INFLUX_UNREACHABLE'
  | 'INFLUX_TIMEOUT'
  | 'INFLUX_BUSY'
  | 'INFLUX_REFUSED'
  | 'INFLUX_REJECTED'
  | 'LINE_PROTOCOL_INVALID'
  | 'REPORT_NO_DATA'
  // Sparkplug
  | 'SPARKPLUG_ID_INVALID'
  | 'SPARKPLUG_VALUE_INVALID'
  | 'SPARKPLUG_PAYLOAD_INVALID'
  | 'SPARKPLUG_OFFLINE'
  | 'SPARKPLUG_TOO_LARGE'
  | 'SPARKPLUG_ID_DUPLICATE'
  | 'SPARKPLUG_BIRTH_NOT_RETURNED'
  // MQTT, of Sparkplug and of iot-out
  | 'MQTT_REFUSED'
  | 'MQTT_UNREACHABLE'
  | 'MQTT_TLS_FAILED'
  | 'MQTT_CONNECTION_LOST'
  | 'MQTT_PUBLISH_REFUSED'
  | 'MQTT_NO_ACKNOWLEDGMENT'
  | 'MQTT_RECORD_TOO_LARGE'
  | 'MQTT_CREDENTIALS_INVALID'
  // certificates of an edge
  | 'IDENTITY_INVALID'
  | 'IDENTITY_IN_USE'
  | 'IDENTITY_WRITE_FAILED'
  | 'IDENTITY_REFUSED'
  | 'IDENTITY_UNANSWERED'
  | 'IDENTITY_NOT_PROVEN'
  | 'IDENTITY_TOKEN_FAILED'
  // simulator
  | 'SIMULATOR_BIND_FAILED'
  | 'PROFILE_INVALID'
  | 'INTERNAL';

export interface ErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** True where the same attempt may succeed later without a person's help. */
  readonly retryable?: boolean;
  /** Facts that callers may need, for instance a CIP general status. Plain values only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What an error says whose sentence is in no table: what its code means stands in the catalogs, before the English text. */
export const ofCode = (code: ErrorCode, text: string): Sentence => ({
  key: `code.${code}`,
  values: { detail: text },
  text,
});

/** An error with a stable code; `message` is one sentence for a person. */
export class Pm500Error extends Error {
  override readonly name = 'Pm500Error';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  private readonly said: Sentence | string;

  /** @param sentence of a table where the editor shall show it in its own language */
  constructor(code: ErrorCode, sentence: Sentence | string, options: ErrorOptions = {}) {
    super(
      typeof sentence === 'string' ? sentence : sentence.text,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.said = sentence;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  /** What `message` says, for whoever shows it in a language of its own. */
  get sentence(): Sentence {
    return typeof this.said === 'string' ? ofCode(this.code, this.said) : this.said;
  }
}

/** Turns whatever was thrown into a coded error; a coded one passes unchanged. */
export function toPm500Error(thrown: unknown, code: ErrorCode = 'INTERNAL'): Pm500Error {
  if (thrown instanceof Pm500Error) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Pm500Error(code, message, { cause: thrown });
}

/** True when `thrown` carries one of `codes`, whatever copy of the package created it. */
export function hasCode(thrown: unknown, ...codes: readonly ErrorCode[]): boolean {
  return thrown instanceof Error && 'code' in thrown && (codes as readonly unknown[]).includes(thrown.code);
}
