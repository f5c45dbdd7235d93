import type { Evidence } from './evidence';

/** A cause: what must have been seen, what is said of it, and what to do. */
export interface CauseRow {
  /** Stable: programs and documents name it. */
  readonly code: string;
  /** Tells rows of one code that say something else from each other. */
  readonly variant?: string;
  /** Every fact that is named has one of these values. */
  readonly when: { readonly [Fact in keyof Evidence]?: readonly Evidence[Fact][] };
  /** One sentence; names in braces are words of the evidence. */
  readonly sentence: string;
  readonly remedy: string;
}

const CONNECT_FAILED = ['ENIP_CONNECT_FAILED', 'MODBUS_CONNECT_FAILED'] as const;
const CONNECT_TIMEOUT = ['ENIP_CONNECT_TIMEOUT', 'MODBUS_CONNECT_TIMEOUT'] as const;
const NETWORK = ['ethernet-ip', 'modbus-tcp', 'modbus-rtu-tcp'] as const;

/**
 * Why a meter cannot be read, or is not the right one, in the order of looking: the first row that fits counts. What is
 * said of a meter's behavior and was not read in its manual says so.
 */
export const CAUSE_ROWS = [
  {
    code: 'SETTINGS_INVALID',
    when: { error: ['CONFIG_INVALID', 'LAYOUT_INVALID'] },
    sentence: '{detail}',
    remedy: 'Correct the setting; nothing was sent.',
  },
  {
    code: 'SHARED_WITH_PLC',
    when: { error: ['METER_SHARED_WITH_PLC'] },
    sentence: 'A PLC reads this meter too, and Modbus would cut the PLC off; nothing was sent.',
    remedy:
      'Choose EtherNet/IP, explicit messages (UCMM), which works beside a PLC. For Modbus, deploy and open a maintenance window by a message.',
  },
  {
    code: 'OTHER_PROTOCOL_IN_USE',
    when: { error: ['METER_PROTOCOL_BUSY'] },
    sentence: '{detail}',
    remedy: 'Use one transport and one address for a meter in all configurations; nothing was sent.',
  },
  {
    code: 'NAME_UNKNOWN',
    when: { socket: ['ENOTFOUND'] },
    sentence: 'The name {host} does not resolve: no name server and no hosts file of the Node-RED computer knows it.',
    remedy: 'Check its spelling, or enter the IP address that the display of the meter shows.',
  },
  {
    code: 'NAME_SERVER_SILENT',
    when: { socket: ['EAI_AGAIN'] },
    sentence: 'The name {host} could not be looked up, because no name server answered.',
    remedy: 'Enter the IP address, or check the network and the name server of the Node-RED computer.',
  },
  {
    code: 'NO_ROUTE',
    when: { socket: ['ENETUNREACH'] },
    sentence: 'The Node-RED computer has no route to the network of {host}.',
    remedy: 'Check the address, then the network interface, the subnet mask and the gateway of that computer.',
  },
  {
    code: 'HOST_UNREACHABLE',
    when: { socket: ['EHOSTUNREACH', 'EHOSTDOWN'] },
    sentence:
      'The network says that {host} cannot be reached: nobody there has this address, or a router has no way to it.',
    remedy: 'Check the address, the cable, and that the meter is powered.',
  },
  {
    code: 'NOT_ALLOWED_HERE',
    when: { error: CONNECT_FAILED, socket: ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EADDRNOTAVAIL'], way: NETWORK },
    sentence: 'The Node-RED computer itself does not open this connection. {detail}',
    remedy: 'Check its firewall, the rights of Node-RED, and the local address.',
  },
  {
    code: 'MODBUS_PORT_CLOSED',
    when: { way: ['modbus-tcp'], socket: ['ECONNREFUSED'], udp: ['model', 'other-catalog-number'] },
    sentence: 'A {model} answers at {host} over EtherNet/IP, and nothing listens on its Modbus port {port}.',
    remedy:
      'Look up the Modbus TCP port at the front panel. Where the meter has but one socket for Modbus, which is reported and not tried, end the client that holds it.',
  },
  {
    code: 'WRONG_PORT',
    when: { way: ['ethernet-ip'], udp: ['model', 'other-catalog-number'], hasOtherPort: [true] },
    sentence: 'A {model} answers at {host}, and its TCP port is {announced}, not {port}.',
    remedy: 'Enter port {announced}.',
  },
  {
    code: 'CONNECTION_REFUSED',
    when: { socket: ['ECONNREFUSED'] },
    sentence: 'A computer or device at {host} refuses: nothing listens on TCP port {port} there.',
    remedy: 'Check the address and the port. A unit with the serial option (-485) is read over Modbus RTU.',
  },
  {
    code: 'TCP_BLOCKED',
    when: { way: ['ethernet-ip'], error: CONNECT_TIMEOUT, udp: ['model', 'other', 'other-catalog-number'] },
    sentence: 'The device at {host} answers by UDP, and does not answer to connections to TCP port {port}.',
    remedy: 'A firewall between them drops TCP: open TCP port {port} to the meter.',
  },
  {
    code: 'SILENT',
    when: { error: CONNECT_TIMEOUT, way: NETWORK },
    sentence: 'Nothing answers at {where}, neither yes nor no.',
    remedy:
      'Check the address and that the meter is powered. A firewall that drops what it does not allow looks the same: open TCP port {port} to the meter.',
  },
  {
    code: 'SILENT',
    when: { socket: ['ETIMEDOUT'], way: NETWORK },
    sentence: 'Nothing answers at {where}, neither yes nor no.',
    remedy:
      'Check the address and that the meter is powered. A firewall that drops what it does not allow looks the same: open TCP port {port} to the meter.',
  },
  {
    code: 'SERIAL_UNAVAILABLE',
    when: { error: [...CONNECT_FAILED, ...CONNECT_TIMEOUT, 'MODBUS_SERIAL_UNAVAILABLE'], way: ['modbus-rtu'] },
    sentence: '{detail}',
    remedy: 'Check the serial port, its adapter, and the rights of Node-RED to it.',
  },
  {
    code: 'TLS_EXPECTED',
    when: { words: ['tls'] },
    sentence:
      'What listens at {where} expects an encrypted connection (TLS), which EtherNet/IP on its usual port does not have.',
    remedy: 'Check address and port: this is a gateway or another service. Enter those of the meter itself.',
  },
  {
    code: 'OTHER_SERVICE',
    when: { words: ['http', 'others'] },
    sentence: 'What listens at {where} is no EtherNet/IP device: it answers {device}.',
    remedy: 'Check address and port; EtherNet/IP of a meter is on TCP port 44818.',
  },
  {
    code: 'OTHER_PRODUCT',
    when: { device: ['other'] },
    sentence: 'Another product answers at {where}: {device}.',
    remedy: 'Enter the address of the meter. Find lists who is on the network.',
  },
  {
    code: 'OTHER_CATALOG_NUMBER',
    when: { device: ['other-catalog-number'] },
    sentence: 'Another meter than the one that was chosen answers at {where}: {device}.',
    remedy: 'Check the address, or choose this catalog number.',
  },
  {
    code: 'CONNECTIONS_TAKEN',
    when: { error: ['ENIP_CONNECTION_LIMIT'] },
    sentence: 'The meter has no connection left: PLCs, panels and programs have taken all of them.',
    remedy: 'Read by explicit messages (UCMM), which needs none, or end a program that holds connections.',
  },
  {
    code: 'NO_OWNER',
    when: { error: ['ENIP_NO_OWNER'] },
    sentence:
      'There is nothing to listen to: no PLC has the meter send this assembly now, or it does so point-to-point.',
    remedy:
      'Listen Only works while a PLC reads the assembly by multicast. Check that the PLC runs, or choose explicit messages (UCMM).',
  },
  {
    code: 'EXCLUSIVE_OWNER',
    when: { error: ['ENIP_OWNERSHIP_CONFLICT'] },
    sentence: 'A PLC owns the meter exclusively, or the connection is in use, and the meter refuses another one.',
    remedy:
      'Choose explicit messages (UCMM), which need no ownership, or Listen Only, which takes part in what the PLC has sent.',
  },
  {
    code: 'MODBUS_ACTIVE',
    when: { way: ['ethernet-ip'], words: ['closed'], udp: ['silence'] },
    sentence:
      'The device at {where} ends every connection at once and does not say who it is: so a meter looks while Modbus is in use, which suspends EtherNet/IP (reported of this meter, not tried on one).',
    remedy:
      'End the Modbus client, wait some seconds and test again, or choose Modbus TCP where no PLC reads the meter.',
  },
  {
    code: 'SESSIONS_TAKEN',
    when: { way: ['ethernet-ip'], words: ['closed', 'hung-up'], udp: ['model', 'other-catalog-number'] },
    sentence: 'The meter at {where} says who it is by UDP and ends every connection at once: it has no session left.',
    remedy: 'End a program that is connected to the meter, or restart the meter.',
  },
  {
    code: 'SESSIONS_TAKEN',
    variant: 'refused',
    when: { error: ['ENIP_STATUS'] },
    sentence: 'The meter at {where} grants no session: other programs have taken all of them.',
    remedy: 'End a program that is connected to the meter, or restart the meter.',
  },
  {
    code: 'TLS_EXPECTED',
    variant: 'hung_up',
    when: { way: ['ethernet-ip'], words: ['hung-up'] },
    sentence:
      'What listens at {where} ends the connection as soon as it hears EtherNet/IP: so does a service that expects encryption (TLS) or speaks another protocol.',
    remedy:
      'Check address and port: EtherNet/IP of a meter is on TCP port 44818, without encryption. If this is the meter, end Modbus clients of it and test again.',
  },
  {
    code: 'MODBUS_SOCKET_TAKEN',
    when: { way: ['modbus-tcp'], error: ['MODBUS_CONNECTION_LOST'] },
    sentence:
      'What listens at {where} ends the connection at once: so a meter looks whose only Modbus socket another client holds (reported of this meter, not tried on one).',
    remedy: 'End the other Modbus client, for instance a SCADA system, a gateway or a commissioning tool.',
  },
  {
    code: 'WRONG_UNIT',
    when: { error: ['MODBUS_UNIT_ABSENT'] },
    sentence: 'The gateway at {where} is there, and reaches no unit {unit}.',
    remedy: 'Check the unit identifier at the meter, the wiring behind the gateway, and that the meter is powered.',
  },
  {
    code: 'OTHER_SERVICE',
    variant: 'no_modbus',
    when: { error: ['MODBUS_REPLY_TIMEOUT'], hasStrangeBytes: [true], way: ['modbus-tcp'] },
    sentence: 'What listens at {where} answers, and not in Modbus. {detail}',
    remedy: 'Check address and port; a transparent serial server is read over Modbus RTU over TCP.',
  },
  {
    code: 'LINE_DISTURBED',
    when: { error: ['MODBUS_REPLY_TIMEOUT'], hasStrangeBytes: [true] },
    sentence: 'What came in place of a reply of unit {unit} cannot be read. {detail}',
    remedy: 'Check rate and parity first, then the wiring, and that no two units have this identifier.',
  },
  {
    code: 'WRONG_UNIT',
    variant: 'silent',
    when: { error: ['MODBUS_REPLY_TIMEOUT'] },
    sentence: '{where} is there, and nobody answers as unit {unit}.',
    remedy:
      'Check the unit identifier first, then wiring, rate and parity, and that what listens there speaks Modbus at all.',
  },
  {
    code: 'ECHO',
    when: { error: ['MODBUS_ECHO'] },
    sentence: '{detail}',
    remedy: 'Tick "Drop the echo", or switch the echo of the adapter off.',
  },
  {
    code: 'OTHER_SERVICE',
    variant: 'bad_modbus',
    when: { error: ['MODBUS_REPLY_INVALID', 'MODBUS_CONNECTION_LOST'] },
    sentence: 'What listens at {where} does not speak Modbus as it should. {detail}',
    remedy: 'Check address and port; behind a serial server also rate, parity and the mode of the server.',
  },
  {
    code: 'NO_REPLY',
    when: { words: ['silence'] },
    sentence: 'What listens at {where} accepts a connection and then says nothing.',
    remedy: 'Check address and port. A meter that does this has hung: restart it.',
  },
  {
    code: 'NO_REPLY',
    variant: 'late',
    when: { error: ['ENIP_REPLY_TIMEOUT'] },
    sentence: 'The device at {where} answers too late or not at all.',
    remedy: 'Test again; behind a slow link set a longer reply timeout. A meter that stays so has hung: restart it.',
  },
  {
    code: 'OTHER_LAYOUT',
    when: { error: ['METER_SIZE_MISMATCH'] },
    sentence: 'The meter answers, and its data has another length than the layout says. {detail}',
    remedy: 'Give this meter a layout file that fits its firmware.',
  },
  {
    code: 'READS_REFUSED',
    when: { error: ['CIP_STATUS', 'MODBUS_EXCEPTION'] },
    sentence: 'The device at {where} is there and refuses to be read. {detail}',
    remedy: 'Check that this is the meter, and that its firmware has what is read.',
  },
  {
    code: 'ENDED_EARLY',
    when: { error: ['ABORTED', 'METER_CLOSED'] },
    sentence: 'The test was ended before it came to a result.',
    remedy: 'Test again.',
  },
] as const satisfies readonly CauseRow[];

/** Stable names of the causes. `NOT_KNOWN`: no row fits, and what the transport said is told. */
export type CauseCode = (typeof CAUSE_ROWS)[number]['code'] | 'NOT_KNOWN';
