import type { Datatype } from './datatypes';

/**
 * A value in JavaScript. Int64 and UInt64 are bigint when decoded, and bigint or safe integers when encoded; DateTime is
 * epoch milliseconds UTC as a number; Bytes and File are Uint8Array; null is "no value" (`is_null`).
 */
export type MetricValue = number | bigint | boolean | string | Uint8Array | null;

export interface ScalarProperty {
  readonly type: Datatype;
  readonly value: MetricValue;
}

/** One custom property of a metric; sets nest. */
export type Property =
  | ScalarProperty
  | { readonly type: 'PropertySet'; readonly value: PropertySet | null }
  | { readonly type: 'PropertySetList'; readonly value: readonly PropertySet[] | null };

/** Properties by key, in order. */
export type PropertySet = Readonly<Record<string, Property>>;

/** A property set whose bytes are made already, for sets that many metrics share. */
export interface EncodedPropertySet {
  readonly properties: PropertySet;
  readonly bytes: Uint8Array;
}

/** A metric to encode. */
export interface Metric {
  readonly name?: string;
  /** Stands for the name in data and commands; unique over the edge node and its devices. */
  readonly alias?: number;
  /** When the value was taken, epoch milliseconds UTC. */
  readonly timestamp?: number;
  readonly type: Datatype;
  readonly value: MetricValue;
  /** True: taken earlier, not the present value. */
  readonly isHistorical?: boolean;
  /** True: of interest now, not to be stored. */
  readonly isTransient?: boolean;
  readonly properties?: PropertySet | EncodedPropertySet;
}

/** A payload to encode. */
export interface Payload {
  /** When it is sent, epoch milliseconds UTC. */
  readonly timestamp?: number;
  /** 0 to 255; absent in NDEATH and commands. */
  readonly seq?: number;
  readonly metrics: readonly Metric[];
  readonly uuid?: string;
  readonly body?: Uint8Array;
}

/** A value as it stood on the wire: the field and its plain content, before a datatype gives it a meaning. */
export type RawValue =
  | { readonly field: 'int' | 'float' | 'double'; readonly content: number }
  | { readonly field: 'long'; readonly content: bigint }
  | { readonly field: 'boolean'; readonly content: boolean }
  | { readonly field: 'string'; readonly content: string }
  | { readonly field: 'bytes'; readonly content: Uint8Array }
  | { readonly field: 'unsupported'; readonly content: 'dataset' | 'template' | 'extension' };

/** A metric as decoded. */
export interface DecodedMetric {
  readonly name?: string;
  readonly alias?: bigint;
  readonly timestamp?: number;
  /** Number of the datatype; absent in most data and commands. */
  readonly datatype?: number;
  readonly isHistorical: boolean;
  readonly isTransient: boolean;
  readonly isNull: boolean;
  readonly properties?: PropertySet;
  readonly raw?: RawValue;
  /** Present when the metric carries its datatype, this codec knows it, and the value fits. */
  readonly value?: MetricValue;
}

/** A payload as decoded. */
export interface DecodedPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly DecodedMetric[];
  readonly uuid?: string;
  readonly body?: Uint8Array;
}
