import type { MetricsPage } from './metrics-page';
import { DATABASE_FOLDER, DATABASE_STARTS_ALONE, DATABASE_STARTS_FOR_ALL, PACKAGE } from './stack-commands';

/** What a drill waits for. A page that does not come is one where Node-RED is down. */
export type DrillSign = (page: MetricsPage | undefined) => boolean;

/** What a person does. */
export interface DrillTurn {
  readonly say: string;
  /** The commands for it, for root on the stack on Debian; none where hands do it. `PACKAGE` stands for the folder of this package. */
  readonly run: readonly string[];
}

/** A fault that a person makes on purpose, and how it is seen that it is there and over. */
export interface Drill {
  readonly name: string;
  readonly title: string;
  /** How the fault is made, and how it is ended; what is left to be cleared away. */
  readonly make: DrillTurn;
  readonly end: DrillTurn;
  readonly after?: DrillTurn;
  readonly seen: DrillSign;
  readonly over: DrillSign;
  /** How long all must have been well, s, where trouble can come after the first sign of that; else two looks. */
  readonly steadySeconds?: number;
  /** The runbook that is to be followed, below docs/. */
  readonly runbook: string;
}

/** Delivery has caught up when nothing has waited for longer than this, s. */
const CAUGHT_UP_SECONDS = 60;
/** A counter that stands elsewhere is asked about after some readings. */
const QUESTION_SECONDS = 60;

const isAnyDown =
  (name: string): DrillSign =>
  (page) =>
    page?.values(name).some((value) => value === 0) ?? false;
const hasCaughtUp: DrillSign = (page) => {
  const up = page?.values('pm500_delivery_up') ?? [];
  const oldest = page?.values('pm500_delivery_oldest_seconds') ?? [];
  return up.length > 0 && up.every((value) => value === 1) && oldest.every((value) => value < CAUGHT_UP_SECONDS);
};
const metersAnswer: DrillSign = (page) => {
  const up = page?.values('pm500_up') ?? [];
  return up.length > 0 && up.every((value) => value === 1);
};
const isSinkDown = isAnyDown('pm500_delivery_up');
const isPageAway: DrillSign = (page) => page === undefined;
const allIsWell: DrillSign = (page) => hasCaughtUp(page) && metersAnswer(page);

/** The drills whose beginning and end the metrics page shows. */
export const DRILLS: readonly Drill[] = [
  {
    name: 'broker-lost',
    title: 'The MQTT broker is away',
    make: { say: 'Stop the broker, or take its network away.', run: ['systemctl stop pm500-mosquitto'] },
    end: { say: 'Start it again.', run: ['systemctl start pm500-mosquitto'] },
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/sink-down.md',
  },
  {
    name: 'database-lost',
    title: 'The database is away',
    make: { say: 'Stop the database, or take its network away.', run: ['systemctl stop pm500-influxdb'] },
    end: { say: 'Start it again.', run: ['systemctl start pm500-influxdb pm500-influxdb-setup'] },
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/sink-down.md',
  },
  {
    name: 'restore',
    title: 'The database is lost and restored from its backup',
    make: {
      say: 'Let the database run where no one writes, so that outboxes keep what is read from now on; back it up, stop it, and move its data away.',
      run: [
        'systemctl stop pm500-rollup.timer pm500-rollup pm500-tier-status.timer pm500-tier-status pm500-backup.timer pm500-influxdb-setup',
        ...DATABASE_STARTS_ALONE,
        'systemctl start pm500-backup',
        'systemctl stop pm500-influxdb',
        `mv ${DATABASE_FOLDER} ${DATABASE_FOLDER}.drill`,
      ],
    },
    end: {
      say: 'Restore the backup into an empty database, give it its users and queries, and let everybody at it.',
      run: [
        'systemctl start pm500-influxdb',
        `sh ${PACKAGE}/deploy/backup/restore-v1.sh "$(ls -d /var/lib/private/pm500-backup/2*Z | tail -n 1)"`,
        `sh -c 'set -a; . /etc/pm500/site.env; INFLUX_URL=http://127.0.0.1:18086 sh ${PACKAGE}/deploy/debian/influxdb-setup.sh'`,
        ...DATABASE_STARTS_FOR_ALL,
        'systemctl start pm500-influxdb-setup pm500-rollup.timer pm500-tier-status.timer pm500-backup.timer',
      ],
    },
    after: {
      say: 'The record knows what delivery lost, not what the backup lacks: compare a report of a month before and after. Then remove the data that were moved away.',
      run: [`rm -rf ${DATABASE_FOLDER}.drill`],
    },
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'backup.md',
  },
  {
    name: 'disk-full',
    title: 'The disk of the database is full',
    make: {
      say: 'Fill its volume with one large file. Only where it is not that of Node-RED, whose outboxes would have no room either: the command looks.',
      run: [
        `test "$(stat -c %d ${DATABASE_FOLDER})" != "$(stat -c %d /var/lib/private/pm500-node-red)" && fallocate -l "$(df --output=avail -B1 ${DATABASE_FOLDER} | tail -n 1)" ${DATABASE_FOLDER}/drill`,
      ],
    },
    end: {
      say: 'Remove the file. InfluxDB 1 needs more than room: it is started twice, the first time where no one writes.',
      run: [`rm ${DATABASE_FOLDER}/drill`, ...DATABASE_STARTS_ALONE, ...DATABASE_STARTS_FOR_ALL],
    },
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/disk-full.md',
  },
  {
    name: 'certificate-expired',
    title: 'The certificate of the broker has expired',
    make: {
      say: 'Give the broker a certificate of its key that has ended, and start it again.',
      run: [
        'openssl req -new -key /etc/pm500/secrets/mosquitto.key -subj /CN=mosquitto | openssl x509 -req -CA /etc/pm500/ca.crt -CAkey /etc/pm500/secrets/ca.key -set_serial 1 -days -1 -out /etc/pm500/secrets/mosquitto.ended',
        'mv /etc/pm500/secrets/mosquitto.ended /etc/pm500/secrets/mosquitto.crt',
        'systemctl restart pm500-mosquitto',
      ],
    },
    end: {
      say: 'Let the bootstrap make another, and start the broker with it.',
      run: [`sh ${PACKAGE}/deploy/debian/bootstrap.sh`, 'systemctl restart pm500-mosquitto'],
    },
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/certificate-expires.md',
  },
  {
    name: 'failover',
    title: 'The computer of Node-RED is away, and another takes over',
    make: {
      say: 'Stop Node-RED and the broker beside it, and pack their state, as if you had taken the disk out of the computer.',
      run: [
        'systemctl stop pm500-node-red pm500-mosquitto',
        `sh ${PACKAGE}/deploy/backup/backup-files.sh /var/backups/pm500`,
      ],
    },
    end: {
      say: 'Copy the newest archive into /var/backups/pm500 of the standby, which is installed as this one and stopped. There, as root; --url must reach it:',
      run: [
        'systemctl stop pm500-node-red pm500-mosquitto',
        'mkdir -p /var/backups/pm500/before',
        'find /var/lib/private/pm500-node-red -mindepth 1 -maxdepth 1 ! -name node_modules -exec mv -t /var/backups/pm500/before {} +',
        `sh ${PACKAGE}/deploy/backup/restore-files.sh "$(ls /var/backups/pm500/2*-files.tar.gz | tail -n 1)"`,
        'systemctl start pm500-mosquitto pm500-node-red',
      ],
    },
    after: {
      say: 'Do not start the first computer beside it: both would have the same outboxes and Sparkplug IDs. The way back is the same drill in the other direction. On the standby, when all is well:',
      run: ['rm -rf /var/backups/pm500/before'],
    },
    seen: isPageAway,
    over: allIsWell,
    runbook: 'runbooks/gateway-down.md',
  },
  {
    name: 'meter-exchanged',
    title: 'A meter is exchanged',
    make: { say: 'Take the network of a meter away, as for an exchange.', run: [] },
    end: {
      say: 'Connect the other meter; where its counter stands elsewhere, answer the question of pm500-normalize (docs/kpis.md).',
      run: [],
    },
    seen: isAnyDown('pm500_up'),
    over: (page) => metersAnswer(page) && (page?.values('pm500_counter_questions') ?? []).every((value) => value === 0),
    steadySeconds: QUESTION_SECONDS,
    runbook: 'runbooks/counter-question.md',
  },
  {
    name: 'plc-complains',
    title: 'A PLC engineer wants everything off the meters at once',
    make: { say: 'End all reading.', run: ['systemctl stop pm500-node-red'] },
    end: {
      say: 'Let the engineer confirm that the PLC is as it was, then start Node-RED again.',
      run: ['systemctl start pm500-node-red'],
    },
    seen: isPageAway,
    over: allIsWell,
    runbook: 'transports.md',
  },
];
