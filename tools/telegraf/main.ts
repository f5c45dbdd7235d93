import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import { modbusRtu, modbusTcp } from './modbus';
import { mqttJson } from './mqtt-json';
import { relay } from './relay';
import { PROTO_FILE, sparkplug } from './sparkplug';
import { sparkplugProto } from './sparkplug-proto';

export const TELEGRAF_FOLDER = resolve(__dirname, '../../deploy/telegraf');

/** Every generated file of deploy/telegraf: name and text. */
export function telegrafFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['relay.conf', relay()],
    ['mqtt-json.conf', mqttJson()],
    ['sparkplug.conf', sparkplug()],
    [PROTO_FILE, sparkplugProto()],
    ['modbus-tcp.conf', modbusTcp(PM500)],
    ['modbus-rtu.conf', modbusRtu(PM500)],
  ]);
}

if (require.main === module) {
  mkdirSync(TELEGRAF_FOLDER, { recursive: true });
  for (const [name, text] of telegrafFiles()) writeFileSync(join(TELEGRAF_FOLDER, name), text);
  console.log(`Wrote ${telegrafFiles().size} files to ${TELEGRAF_FOLDER}.`);
}
