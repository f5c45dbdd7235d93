import type { ErrorCode } from '../../src/support/errors';
import type { Explanation } from './statuses';

const row = (means: string, remedy: string): Explanation => ({ means, remedy });

const BUG = 'Report it, with the sentence and the log around it.';
const OF_METER = 'Press _Test connection_ in the form of the meter, or run `pm500 test HOST`.';
const OTHER_DEVICE = 'Another product may be at the address, or something between changes frames. ' + OF_METER;

/** What each stable code means, and where to begin. The sentence of the error itself has the names and numbers of the case. */
export const ERROR_EXPLANATIONS: Readonly<Record<ErrorCode, Explanation>> = {
  CONFIG_INVALID: row('A setting, option or file cannot be used.', 'The sentence names it and what is allowed.'),
  MESSAGE_INVALID: row('A message is not of a kind that the node takes.', '[Every message](messages.md) is described.'),
  MESSAGE_TIME_UNLIKELY: row(
    'A point has a time before 2000 or far in the future; it is written as it says.',
    'Mostly seconds where milliseconds belong: set `precision`.',
  ),
  LAYOUT_INVALID: row('A layout file cannot be used.', 'The sentence names the place; [its format](layout-file.md).'),
  MAPPING_UNAVAILABLE: row(
    'A JSONata expression has no process to run in, or is slower than its messages come.',
    'Simplify it, send fewer messages, or see whether memory is left.',
  ),
  ENIP_CONNECT_FAILED: row('TCP to the meter is refused or has no route.', OF_METER),
  ENIP_CONNECT_TIMEOUT: row('Nobody answers at the address.', OF_METER),
  ENIP_CONNECTION_LOST: row(
    'The meter, or something between, ended the connection.',
    'It is opened again by itself. ' + OF_METER,
  ),
  ENIP_REPLY_TIMEOUT: row(
    'The meter is connected and did not reply in time.',
    'Raise the interval, or see who else asks it. ' + OF_METER,
  ),
  ENIP_FRAME_INVALID: row('What arrives is not EtherNet/IP.', OTHER_DEVICE),
  ENIP_REPLY_MISMATCH: row('A reply belongs to no request of ours, or to another device.', OTHER_DEVICE),
  ENIP_STATUS: row('The meter refuses an EtherNet/IP command.', 'The sentence says which status. ' + OF_METER),
  ENIP_NO_OWNER: row(
    'Listen Only, and no PLC owns the connection.',
    'Start the PLC, or choose `ucmm` or `input-only`.',
  ),
  ENIP_OWNERSHIP_CONFLICT: row(
    'A PLC owns the meter with other parameters.',
    'Take over its interval, or choose `ucmm`.',
  ),
  ENIP_CONNECTION_LIMIT: row('The meter has no connection left.', 'Close others, or listen to that of the PLC.'),
  ENIP_PORT_IN_USE: row('UDP port 2222 is taken on this computer.', 'End the other program, or set _Local UDP port_.'),
  CIP_STATUS: row(
    'The meter refuses a request.',
    'The sentence says which status; a group that this type lacks is left out in the poll node.',
  ),
  CIP_REPLY_INVALID: row('A reply has a form that CIP does not know.', OTHER_DEVICE),
  CIP_REQUEST_INVALID: row('A CIP path or request cannot be built or read.', 'Check the layout file; else report it.'),
  MODBUS_CONNECT_FAILED: row('TCP to the meter or gateway is refused or has no route.', OF_METER),
  MODBUS_CONNECT_TIMEOUT: row('Nobody answers at the address.', OF_METER),
  MODBUS_CONNECTION_LOST: row(
    'The meter or gateway ended the connection.',
    'It is opened again by itself. ' + OF_METER,
  ),
  MODBUS_REPLY_TIMEOUT: row('No reply in time.', 'On a serial line check unit, rate, parity and wiring. ' + OF_METER),
  MODBUS_REPLY_INVALID: row(
    'A reply is damaged or belongs to another request.',
    'On a serial line check termination and shielding. ' + OF_METER,
  ),
  MODBUS_EXCEPTION: row('The meter refuses a request.', 'The sentence names the exception and the registers.'),
  MODBUS_REQUEST_INVALID: row(
    'Registers that cannot be asked for at once, or something other than a read.',
    'Check the layout file; nothing was sent.',
  ),
  MODBUS_UNIT_ABSENT: row(
    'The gateway is there, and reaches no such unit.',
    'Check the unit at the meter and the wiring behind the gateway.',
  ),
  MODBUS_ECHO: row(
    'The line sends our own request back.',
    'Tick _Drop the echo_, or switch the echo of the adapter off.',
  ),
  MODBUS_SERIAL_UNAVAILABLE: row(
    'The serial port does not exist or may not be opened.',
    'Check the path and the rights of the user of Node-RED.',
  ),
  BLOCK_UNSUPPORTED: row('A group cannot be read by this transport.', 'Choose the other protocol for it.'),
  METER_SIZE_MISMATCH: row(
    'The meter sends another number of bytes than the layout expects.',
    'Run `pm500 check HOST`; give it [a layout file](layout-file.md).',
  ),
  METER_CLOSED: row('The meter is read by nobody any more: its node was removed or deployed anew.', 'Deploy again.'),
  METER_BACKING_OFF: row(
    'The last attempts failed, and the next one is not due yet.',
    'The sentence has the reason and the time.',
  ),
  METER_PROTOCOL_BUSY: row(
    'The meter is in use over the other protocol, and serves one at a time.',
    'Use one transport for a meter.',
  ),
  METER_SHARED_WITH_PLC: row(
    'Modbus would cut off the PLC; nothing was sent.',
    'Open a maintenance window by message. See [Modbus](modbus.md).',
  ),
  ABORTED: row(
    'The request was given up, because its node was closed or its time was over.',
    'Nothing, if it came with a deploy.',
  ),
  OUTBOX_CLOSED: row('A message came after the outbox was closed.', 'Deploy again.'),
  OUTBOX_FULL: row(
    'Records were lost before they were delivered: the outbox passed its limit of size or age, or a file of it was damaged.',
    'Bring the database or broker back; raise the limit. See the [runbook](runbooks/records-lost.md).',
  ),
  OUTBOX_IN_USE: row('Another process uses the folder of the outbox.', 'End it, or choose another folder.'),
  OUTBOX_UNAVAILABLE: row(
    'The outbox cannot be opened or read.',
    'The sentence names the folder and the reason of the system.',
  ),
  OUTBOX_WRITE_FAILED: row(
    'The disk does not take a record; the message was not accepted.',
    'See the [runbook of a full disk](runbooks/disk-full.md).',
  ),
  DELIVERY_REFUSED: row(
    'The database or broker refuses every request; all is kept.',
    'The sentence has its words. See the [runbook](runbooks/sink-down.md).',
  ),
  DELIVERY_UNFIT: row(
    'Single records are refused for good, and were set aside.',
    'See the [runbook of refused records](runbooks/records-refused.md).',
  ),
  DELIVERY_STILL_WAITING: row(
    'A target was removed, or Node-RED ended, while records wait; they stay on the disk.',
    'Use the same folder again, and they are sent.',
  ),
  INFLUX_UNREACHABLE: row('The database cannot be reached.', 'Press _Test connection_ in the target. Points wait.'),
  INFLUX_TIMEOUT: row('The database did not answer in time.', 'Points are sent again, in smaller batches.'),
  INFLUX_BUSY: row('The database asks to wait.', 'Nothing; points are sent again.'),
  INFLUX_REFUSED: row('The database refuses every request.', 'Check token, rights, database or bucket. Points wait.'),
  INFLUX_REJECTED: row(
    'The database refuses single points.',
    'See the [runbook of refused records](runbooks/records-refused.md).',
  ),
  LINE_PROTOCOL_INVALID: row('A point cannot be written as line protocol.', 'The sentence names the field or tag.'),
  REPORT_NO_DATA: row(
    'A report finds no energies in the database.',
    'Check the names of meter, site and measurement, the time, and how far tiers have come (`pm500 influx status`); see [report](report.md).',
  ),
  SPARKPLUG_ID_INVALID: row(
    'A group, edge node, device or metric has a name that Sparkplug does not allow.',
    'Leave out `/`, `+` and `#`.',
  ),
  SPARKPLUG_VALUE_INVALID: row(
    'A value does not fit its data type.',
    'The sentence names metric and value; the others are published.',
  ),
  SPARKPLUG_PAYLOAD_INVALID: row(
    'A message on the broker is no Sparkplug B payload; it is passed over.',
    'Find the program that publishes it.',
  ),
  SPARKPLUG_OFFLINE: row('The edge node is not connected.', 'Messages wait in the store, if it is on.'),
  SPARKPLUG_TOO_LARGE: row(
    'A birth is larger than the broker takes.',
    'Raise the limit of the broker, or choose fewer metrics.',
  ),
  SPARKPLUG_ID_DUPLICATE: row('Another edge node has the same group and ID.', 'Give each an ID of its own.'),
  SPARKPLUG_BIRTH_NOT_RETURNED: row(
    'The broker did not give back our own birth.',
    'Give the user the right to publish to, and to read, its topics.',
  ),
  MQTT_REFUSED: row('The broker refuses the connection.', 'Check user, password, client ID and rights.'),
  MQTT_UNREACHABLE: row('The broker cannot be reached.', 'Check address, port and firewall.'),
  MQTT_TLS_FAILED: row(
    'The certificate of the broker, or ours, is not accepted.',
    'Check CA file, name, dates, and the clock.',
  ),
  MQTT_CONNECTION_LOST: row(
    'The broker ended the connection.',
    'It is opened again by itself; see the log of the broker.',
  ),
  MQTT_PUBLISH_REFUSED: row('The broker refuses a topic.', 'Give the user the right to publish to it. Records wait.'),
  MQTT_NO_ACKNOWLEDGMENT: row(
    'The broker does not acknowledge, or answers no ping.',
    'Check its load and the network. Records are sent again.',
  ),
  MQTT_RECORD_TOO_LARGE: row(
    'A record is larger than the broker takes, and cannot be cut.',
    'Raise the limit of the broker.',
  ),
  MQTT_CREDENTIALS_INVALID: row(
    'Key, certificate or CA cannot be read or do not belong together.',
    'The sentence names the file.',
  ),
  IDENTITY_INVALID: row(
    'What stands in the folder of an identity is damaged, missing or not one for its key.',
    'Restore the folder from a backup, or enroll into an empty one; [certificates](certificates.md).',
  ),
  IDENTITY_IN_USE: row(
    'Another `pm500 cloud` works in the folder of the identity.',
    'Wait until it has ended, and run this one again.',
  ),
  IDENTITY_WRITE_FAILED: row(
    'A key, certificate or state cannot be written.',
    'Make room on the disk, check the owner of the folder, and run the command again.',
  ),
  IDENTITY_REFUSED: row(
    'The cloud refused to make, register or commit a certificate.',
    'The sentence has its reason; see [what helps](certificates.md#what-it-says-and-what-helps).',
  ),
  IDENTITY_UNANSWERED: row(
    'The cloud took a request and did not answer it.',
    'The policy lacks `iot:Receive` on the topic, or nothing answers there.',
  ),
  IDENTITY_NOT_PROVEN: row(
    'A new certificate was not let in; the one of before is still in use.',
    'See that it is active, belongs to the thing and has a policy.',
  ),
  IDENTITY_TOKEN_FAILED: row(
    'A token (PKCS#11) did not make, use or remove a key.',
    'The sentence has its reason; see that token, module, `pkcs11-tool` and PIN are there; [certificates](certificates.md#keys-in-a-pkcs11-token).',
  ),
  SIMULATOR_BIND_FAILED: row('A port of the simulated meter is taken.', 'Choose another port.'),
  PROFILE_INVALID: row('A load file of the simulated meter cannot be used.', 'The sentence names line and column.'),
  INTERNAL: row('Something that should not happen. Nothing was shown as good because of it.', BUG),
};
