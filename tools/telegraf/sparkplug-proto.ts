import { GENERATED } from './common';
import { PROTO_PACKAGE } from './sparkplug';
import { PAYLOAD_SCHEMA } from '../../testkit/sparkplug/payload-schema';

/**
 * The messages of chapter 6.4 of Sparkplug 3.0.0 as far as devices here send them, by the numbers that the tests hold
 * against the codec. proto2: a value of 0 or false is there.
 */
export function sparkplugProto(): string {
  const messages = Object.entries(PAYLOAD_SCHEMA).map(([name, fields]) => {
    const lines = Object.entries(fields).map(
      ([field, [number, type, label]]) =>
        `  ${label === undefined ? 'optional' : 'repeated'} ${type} ${field} = ${number};`,
    );
    return `message ${name} {\n${lines.join('\n')}\n}\n`;
  });
  return [`// ${GENERATED}`, 'syntax = "proto2";', '', `package ${PROTO_PACKAGE};`, '', messages.join('\n')].join('\n');
}
