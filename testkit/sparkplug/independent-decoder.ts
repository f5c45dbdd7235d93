import { org } from 'sparkplug-payload/lib/sparkplugPayloadProto';

/**
 * Reads payloads with the classes that Eclipse Tahu generated from the Sparkplug protobuf, not with the codec under
 * test; what a datatype makes of a field is written here once more (Sparkplug 3.0.0, 6.4.16).
 */
const { Payload } = org.eclipse.tahu.protobuf;
type WireMetric = ReturnType<typeof Payload.decode>['metrics'][number];
type WirePropertySet = WireMetric['properties'];

export type SeenValue = number | bigint | boolean | string | Uint8Array | object | null;

export interface SeenMetric {
  readonly name?: string;
  readonly alias?: bigint;
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isHistorical: boolean;
  readonly isNull: boolean;
  /** The field of the wire that holds the value. */
  readonly field?: string;
  readonly wire: WireMetric;
  readonly properties: ReadonlyMap<string, { readonly type: number; readonly value: unknown }>;
}

export interface SeenPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly SeenMetric[];
}

const FIELDS = [
  'intValue',
  'longValue',
  'floatValue',
  'doubleValue',
  'booleanValue',
  'stringValue',
  'bytesValue',
  'datasetValue',
  'templateValue',
] as const;

/** Bits, sign and field of the whole numbers; DateTime is unsigned. */
const WHOLE: Readonly<Record<number, readonly [bits: number, isSigned: boolean, field: string]>> = {
  1: [8, true, 'intValue'],
  2: [16, true, 'intValue'],
  3: [32, true, 'intValue'],
  4: [64, true, 'longValue'],
  5: [8, false, 'intValue'],
  6: [16, false, 'intValue'],
  7: [32, false, 'intValue'],
  8: [64, false, 'longValue'],
  13: [64, false, 'longValue'],
};

const OTHER: Readonly<Record<number, string>> = {
  9: 'floatValue',
  10: 'doubleValue',
  11: 'booleanValue',
  12: 'stringValue',
  14: 'stringValue',
  15: 'stringValue',
  16: 'datasetValue',
  17: 'bytesValue',
  18: 'bytesValue',
  19: 'templateValue',
};

const FIRST_ARRAY = 22;
const LAST_ARRAY = 34;

/** The value of a metric as its datatype reads it; undefined where the datatype does not go with the field. */
export function valueOf(metric: SeenMetric, datatype: number): SeenValue | undefined {
  if (metric.isNull) return null;
  const { field, wire } = metric;
  if (field === undefined) return undefined;
  const content = wire[field as 'intValue'] as unknown as SeenValue;
  const whole = WHOLE[datatype];
  if (whole === undefined) {
    const wanted = datatype >= FIRST_ARRAY && datatype <= LAST_ARRAY ? 'bytesValue' : OTHER[datatype];
    return field === wanted ? content : undefined;
  }
  const [bits, isSigned, wanted] = whole;
  if (field !== wanted) return undefined;
  const number = BigInt((content as number | bigint).toString());
  const value = isSigned ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number);
  return bits === 64 && datatype !== 13 ? value : Number(value);
}

function has(message: object, field: string): boolean {
  return Object.hasOwn(message, field) && (message as Record<string, unknown>)[field] !== null;
}

function readProperties(set: WirePropertySet): SeenMetric['properties'] {
  const found = new Map<string, { readonly type: number; readonly value: unknown }>();
  set?.keys?.forEach((key, index) => {
    const property = set.values?.[index];
    if (property === undefined) return;
    const field = FIELDS.find((name) => has(property, name));
    found.set(key, {
      type: property.type ?? 0,
      value: field === undefined ? null : (property as unknown as Record<string, unknown>)[field],
    });
  });
  return found;
}

function readMetric(wire: WireMetric): SeenMetric {
  const field = FIELDS.find((name) => has(wire, name));
  return {
    ...(has(wire, 'name') ? { name: wire.name! } : {}),
    ...(has(wire, 'alias') ? { alias: BigInt(String(wire.alias)) } : {}),
    ...(has(wire, 'timestamp') ? { timestamp: Number(String(wire.timestamp)) } : {}),
    ...(has(wire, 'datatype') ? { datatype: wire.datatype! } : {}),
    isHistorical: has(wire, 'isHistorical') && wire.isHistorical === true,
    isNull: has(wire, 'isNull') && wire.isNull === true,
    ...(field === undefined ? {} : { field }),
    wire,
    properties: readProperties(wire.properties),
  };
}

/** The members of a template, in order; none where the metric holds no template. */
export function membersOf({ wire }: SeenMetric): readonly SeenMetric[] {
  return (wire.templateValue?.metrics ?? []).map((member) => readMetric(member));
}

/** @throws Error for bytes that are no payload */
export function readPayload(bytes: Uint8Array): SeenPayload {
  const payload = Payload.decode(bytes);
  return {
    ...(has(payload, 'timestamp') ? { timestamp: Number(String(payload.timestamp)) } : {}),
    ...(has(payload, 'seq') ? { seq: Number(String(payload.seq)) } : {}),
    metrics: payload.metrics.map((metric) => readMetric(metric)),
  };
}

export function describeValue(value: SeenValue | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function bdSeqOf(metric: SeenMetric | undefined): bigint | undefined {
  const value = metric === undefined ? undefined : valueOf(metric, 4);
  return typeof value === 'bigint' ? value : undefined;
}
