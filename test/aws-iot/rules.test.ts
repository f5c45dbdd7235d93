import assert from 'node:assert/strict';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { pemOf } from '../../src/iot/enroll/der';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import type { Registered } from '../../testkit/aws-iot/account';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { RULES, type Rule } from '../../testkit/aws-iot/rules';
import { Services } from '../../testkit/aws-iot/services';

const HOUR_MS = 3_600_000;

interface Edge {
  readonly key: string;
  readonly certificate: Registered;
}

/** What an event of a client came with, the first time. */
const happens = (client: MqttClient, event: 'connect' | 'close' | 'disconnect' | 'packetreceive'): Promise<unknown[]> =>
  new Promise((resolve) => {
    client.once(event, (...given: unknown[]) => {
      resolve(given);
    });
  });

/** A thing with a certificate that may do what an edge may. */
function edgeOf({ account }: Services, thing: string): Edge {
  const key = makeKey();
  const certificate = account.issue(makeRequest(key, thing));
  certificate.status = 'ACTIVE';
  certificate.policies.add('pm500-edge');
  certificate.thing = thing;
  account.things.add(thing);
  return { key, certificate };
}

const from = (certificateId: string, clientId = 'a.claim'): { certificateId: string; clientId: string } => ({
  certificateId,
  clientId,
});

/** Asks as a service does; the answer with `accepted` or `rejected`. */
function ask(services: Services, topic: string, request: unknown, clientId = 'a.claim', principal = 'claim'): Answered {
  const answer = services.answer(topic, JSON.stringify(request), from(principal, clientId));
  assert.ok(answer !== undefined, topic);
  return { isAccepted: answer.topic.endsWith('/accepted'), payload: answer.payload as Record<string, string> };
}

interface Answered {
  readonly isAccepted: boolean;
  readonly payload: Record<string, string>;
}

const CREATE = '$aws/certificates/create-from-csr/json';
const CLAIM = '$aws/provisioning-templates/pm500-claim/provision/json';
const UPDATE = '$aws/things/a/jobs/j/update';

function created(services: Services): Record<string, string> {
  services.provisioning.expected.add('a');
  return ask(services, CREATE, { certificateSigningRequest: makeRequest(makeKey(), 'a') }).payload;
}

const registered = (services: Services, token: string | undefined, parameters: object = { ThingName: 'a' }): Answered =>
  ask(services, CLAIM, { certificateOwnershipToken: token, parameters });

let clock = 0;

/** Rules of the services: each breaks one, and says whether that was let pass. */
const OF_SERVICES: Partial<Record<Rule, (services: Services) => boolean>> = {
  'pending-until-registered': (services) => {
    const { certificateId = '' } = created(services);
    return services.account.mayConnect(certificateId);
  },
  'ownership-token': (services) => {
    created(services);
    return registered(services, 'another').isAccepted;
  },
  'token-age': (services) => {
    const { certificateOwnershipToken } = created(services);
    clock += HOUR_MS + 1;
    return registered(services, certificateOwnershipToken).isAccepted;
  },
  'token-once': (services) => {
    const { certificateOwnershipToken, certificateId = '' } = created(services);
    assert.ok(registered(services, certificateOwnershipToken).isAccepted);
    services.account.setStatus(certificateId, 'INACTIVE');
    return registered(services, certificateOwnershipToken).isAccepted;
  },
  'request-signature': (services) => {
    const base64 = makeRequest(makeKey(), 'a').replace(/-----.*-----|\n/g, '');
    const bytes = Buffer.from(base64, 'base64');
    // The last byte of the signature.
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const forged = pemOf('CERTIFICATE REQUEST', bytes);
    return ask(services, CREATE, { certificateSigningRequest: forged }).isAccepted;
  },
  hook: (services) => {
    const { certificateOwnershipToken } = created(services);
    services.provisioning.expected.clear();
    return registered(services, certificateOwnershipToken).isAccepted;
  },
  'template-parameters': (services) => {
    const { certificateOwnershipToken } = created(services);
    services.provisioning.templates.get('pm500-claim')!.hook = () => true;
    return registered(services, certificateOwnershipToken, {}).isAccepted;
  },
  'job-version': (services) => {
    services.jobs.create('a', 'j', {});
    return ask(services, UPDATE, { status: 'IN_PROGRESS', expectedVersion: 7 }).isAccepted;
  },
  'job-states': (services) => {
    services.jobs.create('a', 'j', {});
    services.jobs.cancel('a', 'j');
    return ask(services, UPDATE, { status: 'SUCCEEDED' }).isAccepted;
  },
  'commit-principal': (services) => {
    const { id } = edgeOf(services, 'a').certificate;
    const old = edgeOf(services, 'a').certificate;
    return ask(services, 'pm500/a/certificate/commit', { certificateId: id }, 'a.identity', old.id).isAccepted;
  },
  'commit-thing': (services) => {
    const { id } = edgeOf(services, 'b').certificate;
    return ask(services, 'pm500/a/certificate/commit', { certificateId: id }, 'b.identity', id).isAccepted;
  },
};

type Probe = (client: MqttClient, double: AwsIotDouble) => unknown;
interface Connection {
  /** What it connects with, other than right. */
  readonly options?: Partial<IClientOptions>;
  readonly before?: (double: AwsIotDouble, edge: Edge) => void;
  readonly probe?: Probe;
}

const publish =
  (topic: string, payload = '{}', qos: 0 | 1 | 2 = 1): Probe =>
  (client) =>
    client.publish(topic, payload, { qos });

/** Rules of the broker: each breaks one, and the connection ends where it is enforced. */
const OF_BROKER: Partial<Record<Rule, Connection>> = {
  'certificate-status': {
    before: (_double, { certificate }) => {
      certificate.status = 'INACTIVE';
    },
  },
  'connect-policy': { options: { clientId: 'b' } },
  'client-id-bytes': {
    options: { clientId: `a${'x'.repeat(128)}` },
    before: ({ services }) => services.account.policies.set('pm500-edge', EVERYTHING),
  },
  'publish-policy': { probe: publish('pm500/b/telemetry') },
  'subscribe-policy': { probe: (client) => client.subscribe('pm500/b/#') },
  'payload-bytes': { probe: publish('pm500/a/t', 'x'.repeat(131_073)) },
  'topic-slashes': { probe: publish('pm500/a/3/4/5/6/7/8/9') },
  'topic-bytes': { probe: publish(`pm500/a/${'x'.repeat(250)}`) },
  'qos-2': { probe: publish('pm500/a/t', '{}', 2) },
  filters: {
    probe: (client) => client.subscribe(Array.from({ length: 9 }, (_, at) => `$aws/things/a/jobs/${at}`)),
  },
  'publish-rate': {
    probe: (client) => Array.from({ length: 101 }, () => client.publish('pm500/a/t', '{}', { qos: 1 })),
  },
  throughput: {
    probe: (client) => Array.from({ length: 5 }, () => client.publish('pm500/a/t', 'x'.repeat(110_000), { qos: 1 })),
  },
  unacknowledged: {
    before: (double) => {
      double.acknowledges = false;
    },
    probe: async (client) => {
      for (const count of [60, 41]) {
        for (let each = 0; each < count; each++) client.publish('pm500/a/t', '{}', { qos: 1 });
        client.sendPing();
        await Promise.race([happens(client, 'packetreceive'), happens(client, 'close')]);
        // Slowly enough.
        clock += 1000;
      }
    },
  },
  'revoked-is-cut': {
    probe: (_client, { services: { account } }) => {
      account.setStatus(account.activeOf('a')[0]!.id, 'REVOKED');
    },
  },
};
const EVERYTHING = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
} as const;

describe('the double of AWS IoT', () => {
  const opened: { readonly double: AwsIotDouble; readonly clients: MqttClient[] }[] = [];

  const start = async (without?: Rule): Promise<AwsIotDouble> => {
    const double = await new AwsIotDouble({ now: () => clock, ...(without === undefined ? {} : { without }) }).start();
    opened.push({ double, clients: [] });
    return double;
  };
  const open = (
    double: AwsIotDouble,
    { key, certificate }: Edge,
    options: Partial<IClientOptions> = {},
  ): MqttClient => {
    const client = connect({
      ...{ protocol: 'mqtts', host: '127.0.0.1', port: double.port, protocolVersion: 4, clientId: 'a' },
      ...{ reconnectPeriod: 0, ca: double.ca, cert: certificate.pem, key, ...options },
    });
    client.on('error', () => undefined);
    opened.at(-1)!.clients.push(client);
    return client;
  };
  /** True where the connection outlives the attempt: seen by a ping that is answered. */
  const survives = async (double: AwsIotDouble, { options, before, probe }: Connection): Promise<boolean> => {
    const edge = edgeOf(double.services, 'a');
    before?.(double, edge);
    const client = open(double, edge, options);
    const closed = happens(client, 'close').then(() => false);
    if (!(await Promise.race([happens(client, 'connect').then(() => true), closed]))) return false;
    await probe?.(client, double);
    if (!client.connected) return false;
    const answered = new Promise<boolean>((resolve) => {
      client.on('packetreceive', ({ cmd }) => {
        if (cmd === 'pingresp') resolve(true);
      });
    });
    client.sendPing();
    return Promise.race([answered, closed]);
  };

  afterEach(async () => {
    for (const { double, clients } of opened.splice(0)) {
      for (const client of clients) client.end(true);
      await double.stop();
    }
  });

  for (const rule of RULES) {
    const ofServices = OF_SERVICES[rule];
    if (ofServices !== undefined) {
      it(`enforces ${rule}, and does not without it`, () => {
        assert.equal(ofServices(new Services({ now: () => clock })), false);
        assert.equal(ofServices(new Services({ now: () => clock, without: rule })), true);
      });
    }
    const ofBroker = OF_BROKER[rule];
    if (ofBroker !== undefined) {
      it(`ends the connection over ${rule}, and does not without it`, async () => {
        const strict = await start();
        assert.equal(await survives(strict, ofBroker), false);
        assert.deepEqual(
          [...new Set(strict.violations.map((each) => each.rule))],
          rule === 'revoked-is-cut' ? [] : [rule],
        );
        const lax = await start(rule);
        assert.equal(await survives(lax, ofBroker), true);
        assert.deepEqual(lax.violations, []);
      });
    }
  }

  it('has a try for every rule', () => {
    const apart: readonly Rule[] = ['receive-policy', 'connect-rate', 'takeover'];
    const tried = [...Object.keys(OF_SERVICES), ...Object.keys(OF_BROKER), ...apart];
    assert.deepEqual([...tried].sort(), [...RULES].sort());
  });

  /** Connects with the same client ID again: whether that is let in, and whether the first connection outlives it. */
  const connectTwice = async (without: Rule | undefined, afterMs: number): Promise<readonly boolean[]> => {
    const double = await start(without);
    const edge = edgeOf(double.services, 'a');
    const first = open(double, edge);
    await happens(first, 'connect');
    clock += afterMs;
    const again = open(double, edge);
    const closed = happens(again, 'close').then(() => false);
    const isAdmitted = await Promise.race([happens(again, 'connect').then(() => true), closed]);
    const ended = happens(first, 'close').then(() => false);
    const answered = happens(first, 'packetreceive').then(() => true);
    if (first.connected) first.sendPing();
    return [isAdmitted, first.connected && (await Promise.race([answered, ended]))];
  };

  it('ends the connection of before when a client ID comes again', async () => {
    assert.deepEqual(await connectTwice(undefined, 1000), [true, false]);
    assert.deepEqual(await connectTwice('takeover', 1000), [true, true]);
  });

  it('takes one CONNECT of a client ID a second', async () => {
    assert.deepEqual(await connectTwice(undefined, 999), [false, true]);
    assert.deepEqual(await connectTwice('connect-rate', 999), [true, false]);
  });

  it('hands on what a policy lets a client receive', async () => {
    for (const without of [undefined, 'receive-policy'] as const) {
      const double = await start(without);
      const edge = edgeOf(double.services, 'a');
      const policy = double.services.account.policies.get('pm500-edge')!;
      const Statement = policy.Statement.filter(({ Action }) => Action !== 'iot:Receive');
      double.services.account.policies.set('pm500-edge', { ...policy, Statement });
      const client = open(double, edge);
      await happens(client, 'connect');
      const got: string[] = [];
      client.on('message', (topic) => got.push(topic));
      await client.publishAsync('$aws/things/a/jobs/start-next', '{}', { qos: 1 });
      client.sendPing();
      await happens(client, 'packetreceive');
      assert.deepEqual(got, without === undefined ? [] : ['$aws/things/a/jobs/start-next/accepted']);
    }
  });

  it('hands out jobs one after another, and tells of each change', async () => {
    const double = await start();
    const edge = edgeOf(double.services, 'a');
    const client = open(double, edge);
    await happens(client, 'connect');
    const jobs = '$aws/things/a/jobs';
    const told: string[] = [];
    client.on('message', (topic, payload) => {
      const { execution } = JSON.parse(payload.toString()) as { execution?: { jobId: string; status: string } };
      if (topic === `${jobs}/notify-next`)
        told.push(execution === undefined ? '' : `${execution.jobId} ${execution.status}`);
    });
    await client.subscribeAsync([`${jobs}/notify-next`, `${jobs}/notify`], { qos: 1 });
    const request = (topic: string, payload: object): Promise<Record<string, unknown>> =>
      new Promise((resolve) => {
        client.on('message', (answered, text) => {
          if (answered.startsWith(`${topic}/`)) resolve(JSON.parse(text.toString()) as Record<string, unknown>);
        });
        client.publish(topic, JSON.stringify({ clientToken: 'x', ...payload }), { qos: 1 });
      });
    double.services.jobs.create('a', 'one', { operation: 'rotate-certificate' });
    double.services.jobs.create('a', 'two', {});
    const { queuedJobs } = (await request(`${jobs}/get`, {})) as { queuedJobs: { jobId: string }[] };
    assert.deepEqual(
      queuedJobs.map(({ jobId }) => jobId),
      ['one', 'two'],
    );
    const started = await request(`${jobs}/start-next`, {});
    assert.deepEqual(Object.keys(started).sort(), ['clientToken', 'execution', 'timestamp']);
    const done = { status: 'SUCCEEDED', expectedVersion: 2 };
    assert.equal((await request(`${jobs}/one/update`, done))['clientToken'], 'x');
    const again = await request(`${jobs}/one/update`, { status: 'SUCCEEDED' });
    assert.equal(again['code'], 'InvalidStateTransition');
    assert.equal((await request(`${jobs}/three/update`, done))['code'], 'ResourceNotFound');
    double.services.jobs.cancel('a', 'two');
    assert.deepEqual(await request(`${jobs}/$next/get`, {}).then(({ execution }) => execution), undefined);
    assert.deepEqual(told, ['one QUEUED', 'one QUEUED', 'two QUEUED', '']);
  });

  it('lets Basic Ingest have three levels more, and hands it to no client', async () => {
    const double = await start();
    const edge = edgeOf(double.services, 'a');
    double.services.account.policies.set('pm500-edge', EVERYTHING);
    const client = open(double, edge);
    await happens(client, 'connect');
    await client.publishAsync('$aws/rules/pm500/1/2/3/4/5/6/7/8', '{}', { qos: 1 });
    assert.equal(double.messages.length, 1);
    assert.deepEqual(double.violations, []);
  });

  it('speaks MQTT 5, and then says why', async () => {
    const double = await start();
    const edge = edgeOf(double.services, 'a');
    const client = open(double, edge, { protocolVersion: 5 });
    await happens(client, 'connect');
    client.publish('pm500/b/t', '{}', { qos: 1 });
    const [{ reasonCode }] = (await happens(client, 'disconnect')) as [{ reasonCode: number }];
    assert.equal(reasonCode, 135);
  });
});
