import { isRecord, type Expect, type UnknownRecord } from './expect';

export type JsonSchema = Readonly<Record<string, unknown>>;

export type Check = (value: unknown) => boolean;

/** Whether an object has `most` members at most, and all of their names and values fit: in one pass, which costs the most. */
type EachCheck = (members: UnknownRecord, fitsName: (name: string) => boolean, most: number) => boolean;

/**
 * What a value may be, declared once: a JSON Schema (draft 2020-12), a check, and by `TypeOf` a type. The check is a closure
 * made at load that builds no text; only what it refuses is looked at again by `explain`, which names the path.
 */
export interface Shape<out Type> {
  readonly schema: JsonSchema;
  readonly fits: Check;
  /** Whether all members of an object fit; where the shape can tell faster than by one after the other. */
  readonly fitEach?: EachCheck;
  /** @throws Pm500Error for exactly the values that do not fit: the first path that holds what does not belong there */
  readonly explain: (expect: Expect, path: string, value: unknown) => void;
  /** Never there: it carries the type. */
  readonly type?: Type;
}

export type TypeOf<Of> = Of extends Shape<infer Type> ? Type : never;

/** A member that may be absent. */
export interface Optional<out Type> {
  readonly optional: Shape<Type>;
}

export type Members = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;

type Required<All extends Members> = {
  [Key in keyof All]: All[Key] extends Optional<unknown> ? never : Key;
}[keyof All];

type ObjectOf<All extends Members> = {
  readonly [Key in keyof All as Key extends Required<All> ? Key : never]: TypeOf<All[Key]>;
} & {
  readonly [Key in keyof All as Key extends Required<All> ? never : Key]?: All[Key] extends Optional<infer Type>
    ? Type
    : never;
};

/** An intersection as one object type, so that editors and compiler errors show its members. */
type Flat<Type> = { [Key in keyof Type]: Type[Key] };

function leaf<Type>(schema: JsonSchema, fits: Check, expected: string): Shape<Type> {
  return {
    schema,
    fits,
    explain: (expect, path, value) => {
      if (!fits(value)) expect.fail(path, value, expected);
    },
  };
}

export const TEXT = text();
export const FLAG = leaf<boolean>({ type: 'boolean' }, (value) => typeof value === 'boolean', 'true or false');
export const NUMBER = leaf<number>({ type: 'number' }, Number.isFinite, 'a number');
export const INTEGER = leaf<number>({ type: 'integer' }, Number.isInteger, 'a whole number');
/** How many. */
export const COUNT = leaf<number>(
  { type: 'integer', minimum: 0 },
  (value) => Number.isInteger(value) && (value as number) >= 0,
  'a whole number that is not negative',
);
export const POSITIVE = leaf<number>(
  { type: 'number', exclusiveMinimum: 0 },
  (value) => Number.isFinite(value) && (value as number) > 0,
  'a number above 0',
);

/** Any text; the type may promise more than is checked, where others send what a later version knows. */
export function text<Type extends string = string>(): Shape<Type> {
  return leaf({ type: 'string' }, (value) => typeof value === 'string', 'text');
}

export function pattern(regular: RegExp, expected: string): Shape<string> {
  const fits = (value: unknown): boolean => typeof value === 'string' && regular.test(value);
  return leaf({ type: 'string', pattern: regular.source }, fits, expected);
}

export function choice<const Choice extends string>(choices: readonly Choice[]): Shape<Choice> {
  const known: ReadonlySet<unknown> = new Set(choices);
  // Neighbors in a message mostly say the same.
  let last: unknown = choices[0];
  const fits = (value: unknown): boolean => {
    if (value === last) return true;
    if (!known.has(value)) return false;
    last = value;
    return true;
  };
  const fitEach: EachCheck = (members, fitsName, most) => {
    let count = 0;
    for (const name in members) {
      const member = members[name];
      if (++count > most || !fitsName(name) || (member !== last && !fits(member))) return false;
    }
    return true;
  };
  return { ...leaf<Choice>({ enum: choices }, fits, `one of ${choices.join(', ')}`), fitEach };
}

export function constant<const Value extends string>(only: Value): Shape<Value> {
  return leaf({ const: only }, (value) => value === only, JSON.stringify(only));
}

/** The same with what it means, for whoever reads the schema. */
export function described<Type>(shape: Shape<Type>, description: string): Shape<Type> {
  return { ...shape, schema: { ...shape.schema, description } };
}

export function optional<Type>(shape: Shape<Type>, description?: string): Optional<Type> {
  return { optional: description === undefined ? shape : described(shape, description) };
}

export function orNull<Type>({ schema, fits, explain }: Shape<Type>): Shape<Type | null> {
  return {
    schema: { anyOf: [{ type: 'null' }, schema] },
    fits: (value) => value === null || fits(value),
    explain: (expect, path, value) => {
      if (value !== null) explain(expect, path, value);
    },
  };
}

/** @param most items; as many as come where absent */
export function list<Type>({ schema, fits, explain }: Shape<Type>, most = Infinity): Shape<readonly Type[]> {
  return {
    schema: { type: 'array', items: schema, ...(most === Infinity ? {} : { maxItems: most }) },
    fits: (value) => {
      if (!Array.isArray(value) || value.length > most) return false;
      // Not `every`, which passes over the holes of an array.
      for (const item of value as readonly unknown[]) if (!fits(item)) return false;
      return true;
    },
    explain: (expect, path, value) => {
      const items = expect.array(path, value);
      if (items.length > most) expect.fail(path, value, `at most ${most} items`);
      for (let index = 0; index < items.length; index++) explain(expect, `${path}[${index}]`, items[index]);
    },
  };
}

const ANY_NAME = (): boolean => true;

function recordCheck(of: Shape<unknown>, names: Shape<string> | undefined, most: number): Check {
  const { fits } = of;
  const fitsName = names?.fits ?? ANY_NAME;
  const fitEach: EachCheck =
    of.fitEach ??
    ((members) => {
      let count = 0;
      for (const name in members) if (++count > most || !fitsName(name) || !fits(members[name])) return false;
      return true;
    });
  return (value) => isRecord(value) && fitEach(value, fitsName, most);
}

/** Where names are one of a choice any of them may be absent. */
type RecordOf<Name extends string, Type> = string extends Name
  ? Readonly<Record<Name, Type>>
  : Readonly<Partial<Record<Name, Type>>>;

/**
 * An object whose members are all of one shape.
 * @param names what a name may be; anything where absent
 * @param limit members at most, and what they are, for the sentence; as many as come where absent
 */
export function record<Type, Name extends string = string>(
  of: Shape<Type>,
  names?: Shape<Name>,
  limit?: { readonly most: number; readonly what: string },
): Shape<RecordOf<Name, Type>> {
  return {
    schema: {
      type: 'object',
      ...(names === undefined ? {} : { propertyNames: names.schema }),
      additionalProperties: of.schema,
      ...(limit === undefined ? {} : { maxProperties: limit.most }),
    },
    fits: recordCheck(of, names, limit?.most ?? Infinity),
    explain: (expect, path, value) => {
      const all = expect.record(path, value);
      if (limit !== undefined && Object.keys(all).length > limit.most)
        expect.fail(path, value, `at most ${limit.most} ${limit.what}`);
      for (const name in all) {
        names?.explain(expect, `${path}.${name}`, name);
        of.explain(expect, `${path}.${name}`, all[name]);
      }
    },
  };
}

interface Member {
  readonly key: string;
  readonly shape: Shape<unknown>;
  readonly isOptional: boolean;
}

function membersOf(members: Members): readonly Member[] {
  return Object.entries(members).map(([key, member]) =>
    'optional' in member
      ? { key, shape: member.optional, isOptional: true }
      : { key, shape: member, isOptional: false },
  );
}

function membersCheck(members: readonly Member[]): Check {
  const keys = members.map(({ key }) => key);
  const checks = members.map(({ shape: { fits } }) => fits);
  const mayLack = members.map(({ isOptional }) => isOptional);
  return (value) => {
    if (!isRecord(value)) return false;
    for (let at = 0; at < keys.length; at++) {
      const member = value[keys[at] ?? ''];
      if (member === undefined && mayLack[at] === true) continue;
      if (checks[at]?.(member) !== true) return false;
    }
    return true;
  };
}

/** An object with these members, and whatever a later version adds. */
export function object<All extends Members>(members: All): Shape<Flat<ObjectOf<All>>> {
  const all = membersOf(members);
  return {
    schema: {
      type: 'object',
      required: all.filter(({ isOptional }) => !isOptional).map(({ key }) => key),
      properties: Object.fromEntries(all.map(({ key, shape }) => [key, shape.schema])),
    },
    fits: membersCheck(all),
    explain: (expect, path, value) => {
      const record = expect.record(path, value);
      for (const { key, shape, isOptional } of all) {
        const member = record[key];
        if (!isOptional || member !== undefined) shape.explain(expect, `${path}.${key}`, member);
      }
    },
  };
}

/** An object with these members and no others. */
export function closed<All extends Members>(members: All): Shape<Flat<ObjectOf<All>>> {
  const known = new Set(Object.keys(members));
  return refined(object(members), {
    schema: { additionalProperties: false },
    fits: (value) => Object.keys(value).every((key) => known.has(key)),
    explain: (expect, path, value) => {
      const stranger = Object.keys(value).find((key) => !known.has(key));
      if (stranger !== undefined) expect.fail(`${path}.${stranger}`, value[stranger], 'no such member');
    },
  });
}

/** An object with a further condition on its members. */
export function refined<Type>(
  shape: Shape<Type>,
  further: {
    readonly schema: JsonSchema;
    readonly fits: (value: UnknownRecord) => boolean;
    readonly explain: (expect: Expect, path: string, value: UnknownRecord) => void;
  },
): Shape<Type> {
  return {
    schema: { ...shape.schema, ...further.schema },
    fits: (value) => shape.fits(value) && further.fits(value as UnknownRecord),
    explain: (expect, path, value) => {
      shape.explain(expect, path, value);
      further.explain(expect, path, value as UnknownRecord);
    },
  };
}
