/** What each status text of the nodes means, and what a person does about it. The texts themselves are the catalogs'. */

/** An explanation; nothing to do is `-`. */
export interface Explanation {
  readonly means: string;
  readonly remedy: string;
}

const NOTHING = '-';

const row = (means: string, remedy: string = NOTHING): Explanation => ({ means, remedy });

const CHECK_SETTINGS = row(
  'A setting cannot be used; the node does nothing. The log of Node-RED names the setting.',
  'Open the node: the field that is wrong is marked. Deploy again.',
);

/** By the key of the status in the catalog of the node. */
type Explanations = Readonly<Record<string, Explanation>>;

const OF_WIDGETS: Explanations = {
  invalid: CHECK_SETTINGS,
  noTelemetry: row(
    'No telemetry and no alarm has come since the last deploy.',
    'Wire the outputs of a _normalize_ node to it.',
  ),
  meters: row('Messages of so many meters have come since the last deploy.'),
};

const OF_SINKS: Explanations = {
  ready: row('The database or broker can be reached; nothing has been handed in yet.'),
  written: row('So many records were acknowledged by the database or broker since the last deploy.'),
  waiting: row(
    'The database or broker does not answer, or answers that it is busy. So many records wait in the outbox, and are sent when it is back.',
    'Look at the database or broker. Nothing has to be done at the node.',
  ),
  held: row(
    'The database or broker answers, and refuses everything: a token, a right, a database or a certificate. Records are kept.',
    'Read the sentence in the log, or open the target and press _Test connection_. What waits is sent once it is put right.',
  ),
  lost: row(
    'So many records are gone: over the limit of the outbox in bytes or age, or damaged on the disk. The causes are counted in diagnostics and in `pm500/metrics`.',
    'See the [runbook of lost records](runbooks/records-lost.md).',
  ),
  refusedRecords: row(
    'So many records were refused for good, for instance a field of another type; they stand in the dead letters. The others were written.',
    'See the [runbook of refused records](runbooks/records-refused.md).',
  ),
  messageRefused: row(
    'The last message was not understood, and `done` was called with the reason. Messages before and after are not affected.',
    'Read the error with a _catch_ node or in the debug sidebar; [every message](messages.md) is described.',
  ),
  outboxFailed: row(
    'The disk takes no more: it is full, read-only, or the folder is gone. New messages end with an error.',
    'Free the disk or correct the folder. See the [runbook of a full disk](runbooks/disk-full.md).',
  ),
  outboxUnavailable: row(
    'The outbox cannot be opened: another Node-RED uses its folder, or its rights are wrong.',
    'Read the sentence in the log. End the other process, or choose another folder.',
  ),
  unreachable: row(
    'Nothing was handed in yet, and the database or broker cannot be reached.',
    'Open the target and press _Test connection_.',
  ),
  unwelcome: row(
    'Nothing was handed in yet, and the database or broker would refuse it.',
    'Open the target and press _Test connection_.',
  ),
};

export const STATUS_EXPLANATIONS: Readonly<Record<string, Explanations>> = {
  shared: OF_SINKS,
  'pm500-poll': {
    invalid: CHECK_SETTINGS,
    idle: row('Nothing has been read yet: the first interval is not over, or the node waits for a message.'),
    connecting: row('The connection to the meter is being opened.'),
    group: row('This group was read; the time is that of the slowest block.'),
    groups: row('So many groups were read; the time is that of the slowest block.'),
    part: row(
      'Some blocks came, others did not; what came is used.',
      'The reading names the blocks and their errors. A meter of another type or firmware may lack one: leave its group out.',
    ),
    noAnswer: row(
      'The meter, or the gateway before it, has never answered.',
      'Check address, power and cable; press _Test connection_ in the form of the meter.',
    ),
    unreachable: row(
      'The computer at this address refuses the connection, or no route leads to it.',
      'Check address and port; press _Test connection_.',
    ),
    connectionLost: row(
      'The connection ends before a reply comes.',
      'Mostly another product at this address, or a meter without a free session. Press _Test connection_.',
    ),
    notMeter: row('Something answers, but not by EtherNet/IP.', 'Check address and port; press _Test connection_.'),
    wrongSize: row(
      'The meter sends another number of bytes than the layout expects; no value is read from it.',
      'Run `pm500 check HOST`, and give the meter [a layout file](layout-file.md) for its firmware.',
    ),
    noOwner: row(
      'Listen Only works only while a PLC owns the connection, and none does now.',
      'Wait until the PLC runs. Without a PLC choose `ucmm` or `input-only`.',
    ),
    conflict: row(
      'A PLC owns the meter with other parameters than those asked for.',
      'Take over the interval and the connection point of the PLC, or choose `ucmm`. See [transports](transports.md).',
    ),
    noConnection: row(
      'The meter has no connection left.',
      'Close others: a second Node-RED, a test tool, a SCADA driver. Or listen to the connection of the PLC.',
    ),
    portInUse: row(
      'Another program on this computer holds UDP port 2222, at which implicit data comes.',
      'End it, or set _Local UDP port_, or choose `ucmm`.',
    ),
    failed: row(
      'The last read failed, and no meter answered before.',
      'The log has the sentence; press _Test connection_.',
    ),
    stale: row(
      'The meter answered before, and has not since this time. Values downstream turn stale.',
      'Check power and network of the meter. Reading goes on by itself when it is back.',
    ),
    sharedWithPlc: row(
      'The meter is shared with a PLC, which Modbus would cut off; the node opens with a maintenance window, and sends nothing before.',
      'Send `payload.maintenance` to open one. See [Modbus](modbus.md).',
    ),
    protocolBusy: row(
      'Another node reads this meter over the other protocol, and the meter serves one at a time.',
      'Use one transport for a meter, or wait until the other one has ended.',
    ),
    noSerial: row(
      'The serial port does not exist, or may not be opened.',
      'Check the path, and that the user of Node-RED is in the group that owns it (`dialout` on Debian).',
    ),
    fleet: row('So many meters of the list answer.', 'For the others see the diagnostics, one message each.'),
    fleetRows: row(
      'So many meters answer; some lines of the list cannot be used. The others are read.',
      'The log names line and column.',
    ),
    fleetFile: row(
      'The file of the list cannot be read any more; the list before stays in force.',
      'The log has the reason.',
    ),
    noList: row('There is no list that can be used.', 'The log names the file and the reason.'),
  },
  'pm500-normalize': {
    invalid: CHECK_SETTINGS,
    partly: row('Part of the settings cannot be used; the rest works.', 'The log names them.'),
    idle: row('No reading has come yet.', 'Connect a `pm500-poll` node.'),
    silent: row('Readings came, and come no more.', 'Look at the poll node.'),
    someSilent: row('So many meters send no readings any more.', 'Look at the poll node and at its diagnostics.'),
    partSilent: row('Some groups of a meter come no more.', 'Look at the poll node.'),
    metric: row('One metric, and it is good.'),
    metrics: row('So many metrics, all of them good.'),
    uncertain: row(
      'So many values are uncertain, each with a `reason` beside its `quality`.',
      'Read the reasons in a debug node; [every message](messages.md) lists them.',
    ),
    unconfirmed: row(
      'So many values have a place that the manual does not name, and nobody has confirmed the layout.',
      'Compare with the display of the meter; when they agree, tick _Layout confirmed_ in the form of the meter.',
    ),
    contradicted: row(
      'The values contradict each other (for instance line voltages and phase voltages): the layout is the wrong one.',
      'Run `pm500 check HOST`. See the [runbook](runbooks/layout-contradicted.md).',
    ),
    unjudged: row(
      'So many alarms cannot be judged, because their value is missing or bad.',
      'See the [runbook](runbooks/alarms-unjudged.md).',
    ),
    problem: row('One setting cannot be used, and is left out; the rest works.', 'The log names it.'),
    problems: row('Some settings cannot be used, and are left out; the rest works.', 'The log names them.'),
    bad: row(
      'So many values are bad: failed, impossible, overloaded or stale. They are never shown as good.',
      'Read the reasons in a debug node; [every message](messages.md) lists them.',
    ),
    question: row(
      'A counter jumped in a way that has more than one explanation, and a person has to say which.',
      'Read the question in the alarms output. See the [runbook](runbooks/counter-question.md).',
    ),
    alarm: row('One alarm is active.', 'See [alarms](alarms.md).'),
    alarms: row('So many alarms are active.', 'See [alarms](alarms.md).'),
    critical: row('So many critical alarms are active.', 'See [alarms](alarms.md).'),
    refused: row('The last message is no reading.', 'Connect the first output of a `pm500-poll` node.'),
    mapping: row('The JSONata expression failed.', 'The error names the place; try the expression in its editor.'),
  },
  'influx-out': {
    invalid: CHECK_SETTINGS,
    unwelcome: row(
      'Nothing was handed in yet, and the database would refuse it.',
      'Open the target and press _Test connection_.',
    ),
  },
  'iot-out': {
    invalid: CHECK_SETTINGS,
    renewing: row('The target makes, registers or proves a certificate. Records go on with the one of before.'),
    certificate: row(
      'Delivery is well, and the certificate of the target is not renewed: something stops it, or a person has to have one made.',
      'Read the sentence in the log; `pm500 cloud status` says how long the certificate is good. See [certificates](certificates.md).',
    ),
  },
  'sparkplug-out': {
    invalid: CHECK_SETTINGS,
    ready: row('Connected; no device has been born yet.'),
    connecting: row('The connection to the broker is being opened.'),
    waitingForHost: row(
      'The primary host is offline, or has never said that it is online. Data is kept, as the specification demands.',
      'Start the host, or correct its ID in the edge node. Without a primary host leave the field empty.',
    ),
    published: row('So many messages were taken by the broker since the last deploy.'),
    deviceDead: row(
      'The edge node is born, and this device is not: its meter does not answer.',
      'Look at the poll node.',
    ),
    offline: row('There is no connection to the broker.', 'The log has the sentence.'),
    refused: row(
      'The broker refuses the connection: user, password, client ID or rights.',
      'Correct them in the edge node; the log has the answer of the broker.',
    ),
    unreachable: row('The broker cannot be reached.', 'Check address, port and firewall in the edge node.'),
    tlsFailed: row(
      'The broker can be reached, and its certificate or ours is not accepted.',
      'Check the CA file, the name in the certificate, its dates, and the clock.',
    ),
    notStored: row(
      'A message could not be stored on the disk.',
      'See the [runbook of a full disk](runbooks/disk-full.md).',
    ),
    duplicate: row(
      'Another edge node with the same group and ID is on this broker; hosts cannot tell them apart.',
      'Give each an ID of its own.',
    ),
    notReturned: row(
      'The broker did not give back our own birth: it may drop what this user publishes.',
      'Give the user the right to publish to, and to read, the topics of this edge node.',
    ),
    forwarding: row('So many stored values are on their way as history; live data goes beside them.'),
    fullIn: row(
      'The broker or host is away, and the store is full at this rate in so much time; then the oldest values go.',
      'Bring broker or host back, or raise the limit of the store.',
    ),
  },
  'pm500-sim': {
    invalid: CHECK_SETTINGS,
    starting: row('The simulated meter starts.'),
    power: row('The simulated meter runs, and shows this active power.'),
    many: row('So many simulated meters run.'),
    portInUse: row('Another program holds the port.', 'Choose another port, or end the program.'),
    failed: row('The port cannot be opened.', 'The log has the reason; ports below 1024 need rights.'),
    fault: row('This fault is on, because a message asked for it.'),
    faults: row('This fault and others are on, because messages asked for them.'),
  },
  'pm500-meter': { invalid: CHECK_SETTINGS },
  'influx-target': { invalid: CHECK_SETTINGS },
  'sparkplug-edge': { invalid: CHECK_SETTINGS },
  'iot-target': { invalid: CHECK_SETTINGS },
  'ui-pm500-meter': OF_WIDGETS,
  'ui-pm500-phasor': OF_WIDGETS,
};
