/** What people see first, and where to look. */
export const SYMPTOMS: readonly (readonly [symptom: string, look: string])[] = [
  [
    'No meter answers',
    'Press _Test connection_ in the form of the meter, deployed or not: it names [the cause](connection-test.md) and what to do.',
  ],
  [
    '_Find_ shows nothing',
    'It asks by broadcast, which no router passes on. Enter the address, or run `pm500 scan ADDRESS`.',
  ],
  [
    'The PLC lost its meter',
    'Stop Modbus at once: it suspends EtherNet/IP in the meter. Use `listen-only` or `ucmm`. See [transports](transports.md).',
  ],
  [
    'Every value is _uncertain_',
    'Nobody has confirmed the layout. Compare with the display, then tick _Layout confirmed_.',
  ],
  [
    'A value is off by a power of ten',
    'The layout does not fit the firmware: `pm500 check HOST` compares the values among themselves.',
  ],
  ['Values are _bad_', 'The `reason` beside each `quality` says why; [every message](messages.md) lists them.'],
  [
    '`period_incomplete` on a new installation',
    'The month, day or demand window began before the node ran. It ends by itself with the period.',
  ],
  [
    'Nothing arrives in InfluxDB',
    'Look at the status of `influx-out`: _away_ is the database, _held_ a right or a name, _written_ another database or bucket than you look at.',
  ],
  ['Points of the past hour are missing', 'They wait in the outbox. Newest first is a setting of the target.'],
  [
    'Nothing arrives in Ignition',
    'Status _waiting for host_: the ID of the primary host differs. Status _sent_: see [hosts](sparkplug-hosts.md).',
  ],
  [
    'Tags in Ignition are stale',
    'The device died with its meter, or the edge node lost the broker. The status says which.',
  ],
  [
    'Old values arrive as new',
    'They do not: history carries `is_historical`. See [hosts](sparkplug-hosts.md) for the setting of the host.',
  ],
  [
    'Node-RED uses too much of a core',
    'Raise intervals, group by group; report by exception in `pm500-normalize`. Read [many meters](fleet.md).',
  ],
  ['A node says _check settings_', 'Open it: the field is marked, and the log of Node-RED has the sentence.'],
];
