import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs';
import { temporaryFolder } from '../temporary-folder';

/** A field of a message: its number, its type as protobuf calls it or another message, and whether it repeats. */
export type Field = readonly [number: number, type: string, label?: 'repeated' | 'packed'];
export type Schema = Readonly<Record<string, Readonly<Record<string, Field>>>>;

/** A message as text, by field in the order of the wire. Numbers of fields that the schema lacks stand as keys. */
export type TextMessage = Readonly<Record<string, readonly (string | TextMessage)[]>>;

function schemaText(schema: Schema): string {
  const messages = Object.entries(schema).map(([name, fields]) => {
    const lines = Object.entries(fields).map(([field, [number, type, label]]) => {
      const option = label === 'packed' ? ' [packed = true]' : '';
      return `  ${label === undefined ? 'optional' : 'repeated'} ${type} ${field} = ${number}${option};`;
    });
    return `message ${name} {\n${lines.join('\n')}\n}`;
  });
  return `syntax = "proto2";\n${messages.join('\n')}\n`;
}

/** Reads the text format of protobuf as `protoc` writes it: one field or bracket a line. */
function readText(lines: string[]): TextMessage {
  const message: Record<string, (string | TextMessage)[]> = {};
  for (let line = lines.shift()?.trim(); line !== undefined && line !== '}'; line = lines.shift()?.trim()) {
    const [, field = '', value = ''] = /^(\w+)(?:: (.*)| \{)$/.exec(line) ?? [];
    if (field === '') continue;
    (message[field] ??= []).push(line.endsWith(' {') && value === '' ? readText(lines) : value);
  }
  return message;
}

/** `protoc`, the compiler of protobuf, as a codec for one schema: an implementation that shares nothing with any JavaScript. */
export class Protoc {
  private readonly folder = temporaryFolder('protoc');
  private readonly program = findProgram('protoc');

  constructor(schema: Schema) {
    writeFileSync(join(this.folder, 'schema.proto'), schemaText(schema));
  }

  /** The text of a message. @throws Error for bytes that are none */
  text(message: string, bytes: Uint8Array): string {
    return this.run(`--decode=${message}`, bytes).toString('latin1');
  }

  decode(message: string, bytes: Uint8Array): TextMessage {
    return readText(this.text(message, bytes).split('\n'));
  }

  /** The bytes of a message given as text. */
  encode(message: string, text: string): Buffer {
    return this.run(`--encode=${message}`, Buffer.from(text, 'latin1'));
  }

  private run(action: string, input: Uint8Array): Buffer {
    return execFileSync(this.program, [action, `--proto_path=${this.folder}`, 'schema.proto'], { input });
  }
}
