import { readFileSync } from 'node:fs';
import { parse, type Type } from 'protobufjs';
import { DocumentNode } from './document';

const NO_INTEGERS: readonly string[] = ['float', 'double', 'bool', 'string', 'bytes'];

/** Integers are bigints, as everywhere here; a float is the double that it equals. */
function nativeOf(type: string, value: unknown): unknown {
  return NO_INTEGERS.includes(type) ? value : BigInt(String(value));
}

/**
 * A message as github.com/srebhan/protobufquery has it (node.go): fields in the order of the definition and only those
 * that are there; each message of a repeated field stands beside the others under the name of the field, the scalars of
 * one stand below it without a name.
 */
function visit(top: DocumentNode, type: Type, message: Readonly<Record<string, unknown>>): void {
  for (const field of type.fieldsArray) {
    field.resolve();
    if (!Object.hasOwn(message, field.name)) continue;
    const given = message[field.name];
    const values: readonly unknown[] = field.repeated ? (given as readonly unknown[]) : [given];
    if (field.resolvedType !== null && 'fields' in field.resolvedType) {
      for (const each of values) {
        visit(top.add(field.name, undefined, ''), field.resolvedType, each as Record<string, unknown>);
      }
    } else if (!field.repeated) top.add(field.name, nativeOf(field.type, given), String(given));
    else if (values.length > 0) {
      const list = top.add(field.name, undefined, '');
      for (const each of values) list.add('', nativeOf(field.type, each), String(each));
    }
  }
}

/** Reads messages of one type by the definition in a file, as `xpath_protobuf_files` names it. */
export class ProtobufReader {
  private readonly type: Type;

  /** @throws Error where the file has no such message */
  constructor(file: string, type: string) {
    this.type = parse(readFileSync(file, 'utf8'), { keepCase: true }).root.lookupType(type);
  }

  /** @throws Error for bytes that are no such message */
  read(bytes: Uint8Array): DocumentNode {
    const root = new DocumentNode('', undefined, undefined, '');
    visit(root, this.type, this.type.decode(bytes));
    return root;
  }
}
