import { resolve } from 'node:path';
import { parse } from 'protobufjs';
import { FileDescriptorSet } from 'protobufjs/ext/descriptor';
import { PROTO_PACKAGE } from '../telegraf/sparkplug';
import { sparkplugProto } from '../telegraf/sparkplug-proto';

/** Name of the definition in the set, by which a rule of AWS IoT asks for it. */
const DEFINITION = 'sparkplug_b.proto';
export const DESCRIPTOR_FILE = resolve(__dirname, '../../deploy/aws/sparkplug/sparkplug_b.desc');

/** FieldDescriptorProto.Type of a message. */
const TYPE_MESSAGE = 11;

/** As protobuf calls a field in JSON. */
const jsonName = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * The messages of Sparkplug B as rules of AWS IoT read them: the FileDescriptorSet of the definition that Telegraf has, too,
 * as `protoc --descriptor_set_out` writes it.
 */
export function sparkplugDescriptor(): Uint8Array {
  const { root } = parse(sparkplugProto(), { keepCase: true });
  root.resolveAll();
  const set = root.toDescriptor('proto2');
  for (const file of set.file) {
    file.name = DEFINITION;
    // protoc leaves the name of its first syntax out.
    delete file.syntax;
    for (const field of (file.messageType ?? []).flatMap((message) => message.field ?? [])) {
      field.jsonName = jsonName(field.name ?? '');
      if (field.type === TYPE_MESSAGE) field.typeName = `.${PROTO_PACKAGE}.${field.typeName}`;
    }
  }
  return FileDescriptorSet.encode(set).finish();
}
