import { Expect } from '../../support/expect';
import type { JsonSchema, Shape } from '../../support/shape';

/** A message contract: what it is called, its shape in words of JSON Schema, and what accepts it. */
export interface Contract<Type> {
  /** What `schema` of a message holds, for instance "pm500.reading/1". */
  readonly name: string;
  /** Draft 2020-12; the build writes it to dist/schemas for other programs. */
  readonly jsonSchema: JsonSchema;
  /**
   * Accepts a message as it came.
   * @throws Pm500Error MESSAGE_INVALID naming the path
   */
  readonly parse: (payload: unknown) => Type;
}

/**
 * @param title of the JSON Schema: what it is, and of which node
 * @param advice the end of every sentence about a message that does not fit
 */
export function contract<Type extends { readonly schema: string }>(
  name: Type['schema'],
  { title, advice }: { readonly title: string; readonly advice: string },
  { schema, fits, explain }: Shape<Type>,
): Contract<Type> {
  const expect = new Expect('MESSAGE_INVALID', advice);
  return {
    name,
    jsonSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:${name.replace(/[./]/g, ':')}`,
      title,
      ...schema,
    },
    parse: (payload) => {
      if (fits(payload)) return payload as Type;
      explain(expect, 'payload', payload);
      return expect.fail('payload', payload, `a message ${name}`);
    },
  };
}
