import type { ArrayDatatype, Datatype } from './datatypes';

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

/** The elements of an array; of Int64 and UInt64 bigint when decoded, of DateTime epoch milliseconds UTC. */
export type ArrayValue = readonly number[] | readonly bigint[] | readonly boolean[] | readonly string[];

/** A table; every row has one cell for each column, and a cell is never null (payloads-template-dataset-value). */
export interface DataSet {
  readonly columns: readonly { readonly name: string; readonly type: Datatype }[];
  readonly rows: readonly (readonly MetricValue[])[];
}

/** A parameter of a template. */
export interface TemplateParameter {
  readonly name: string;
  readonly type: Datatype;
  readonly value: MetricValue;
}

/** A template to encode: a definition, which NBIRTH holds, or an instance that refers to one by its metric's name. */
export interface Template {
  readonly version?: string;
  /** Name of the definition; absent in a definition itself. */
  readonly templateRef?: string;
  readonly members: readonly PayloadMetric[];
  readonly parameters?: readonly TemplateParameter[];
}

/** What a File or a part of a value is (Sparkplug 3.0.0, 6.4.9). */
export interface MetaData {
  readonly isMultiPart?: boolean;
  readonly contentType?: string;
  /** In bytes. */
  readonly size?: number;
  /** Of a part of several. */
  readonly seq?: number;
  readonly fileName?: string;
  readonly fileType?: string;
  readonly md5?: string;
  readonly description?: string;
}

/** A datatype and a value that fits it. */
export type TypedValue =
  | { readonly type: Datatype; readonly value: MetricValue }
  | { readonly type: ArrayDatatype; readonly value: ArrayValue | null }
  | { readonly type: 'DataSet'; readonly value: DataSet | null }
  | { readonly type: 'Template'; readonly value: Template | null };

/** A metric to encode. */
export type PayloadMetric = MetricHead & TypedValue;

/** What a metric says beside its value. */
export interface MetricHead {
  readonly name?: string;
  /** Stands for the name in data and commands; unique over the edge node and its devices. */
  readonly alias?: number;
  /** When the value was taken, epoch milliseconds UTC. */
  readonly timestamp?: number;
  /** True: taken earlier, not the present value. */
  readonly isHistorical?: boolean;
  /** True: of interest now, not to be stored. */
  readonly isTransient?: boolean;
  readonly metaData?: MetaData;
  readonly properties?: PropertySet | EncodedPropertySet;
}

/** A payload to encode. */
export interface Payload {
  /** When it is sent, epoch milliseconds UTC. */
  readonly timestamp?: number;
  /** 0 to 255; absent in NDEATH and commands. */
  readonly seq?: number;
  readonly metrics: readonly PayloadMetric[];
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
  | { readonly field: 'dataset'; readonly content: DataSet }
  | { readonly field: 'template'; readonly content: DecodedTemplate }
  | { readonly field: 'unsupported'; readonly content: 'extension' };

/** A template as decoded. */
export interface DecodedTemplate {
  readonly version?: string;
  readonly templateRef?: string;
  readonly isDefinition: boolean;
  readonly members: readonly DecodedMetric[];
  readonly parameters: readonly TemplateParameter[];
}

/** A value as decoded. */
export type DecodedValue = MetricValue | ArrayValue | DataSet | DecodedTemplate;

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
  readonly metaData?: MetaData;
  readonly properties?: PropertySet;
  readonly raw?: RawValue;
  /** Present when the metric carries its datatype, this codec knows it, and the value fits. */
  readonly value?: DecodedValue;
}

/** A payload as decoded. */
export interface DecodedPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly DecodedMetric[];
  readonly uuid?: string;
  readonly body?: Uint8Array;
}
