import { X509Certificate } from 'node:crypto';
import {
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  IoTClient,
  paginateListAttachedPolicies,
  paginateListCertificates,
  paginateListPrincipalThings,
} from '@aws-sdk/client-iot';
import { cleanUp, type CleanUpCloud } from '../clean-up';
import { registryOf } from '../registry';

/**
 * AWS IoT itself.
 * @param thingType of edges
 * @param arnOf the ARN of a certificate
 */
export function cleanUpCloudOf(client: IoTClient, thingType: string, arnOf: (id: string) => string): CleanUpCloud {
  const registry = registryOf(client, thingType);
  return {
    hasActiveCertificate: (thing) => registry.hasActiveCertificate(thing),
    isEdge: (thing) => registry.isExpected(thing),
    revoked: async function* () {
      for await (const { certificates = [] } of paginateListCertificates({ client }, {}))
        for (const { certificateId, status } of certificates)
          if (certificateId !== undefined && status === 'REVOKED') yield certificateId;
    },
    describe: async (id) => {
      const { certificateDescription: found } = await client.send(
        new DescribeCertificateCommand({ certificateId: id }),
      );
      const subject = found?.certificatePem === undefined ? '' : new X509Certificate(found.certificatePem).subject;
      return {
        id,
        status: found?.status ?? '',
        // Without a time it is as new as can be.
        changedMs: found?.lastModifiedDate?.getTime() ?? Infinity,
        commonName: /^CN=(.*)$/m.exec(subject)?.[1],
      };
    },
    thingsOf: async (id) => {
      const found: string[] = [];
      for await (const { things = [] } of paginateListPrincipalThings({ client }, { principal: arnOf(id) }))
        found.push(...things);
      return found;
    },
    detachPolicies: async (id) => {
      const target = arnOf(id);
      const names: string[] = [];
      for await (const { policies = [] } of paginateListAttachedPolicies({ client }, { target }))
        names.push(...policies.flatMap(({ policyName }) => policyName ?? []));
      for (const policyName of names) await client.send(new DetachPolicyCommand({ policyName, target }));
    },
    detachThing: async (id, thingName) => {
      await client.send(new DetachThingPrincipalCommand({ thingName, principal: arnOf(id) }));
    },
    delete: async (certificateId) => {
      await client.send(new DeleteCertificateCommand({ certificateId, forceDelete: false }));
    },
  };
}

const { THING_TYPE = '', CERTIFICATE_ARN = '', KEEP_DAYS = '' } = process.env;

/** Asked each day by a schedule. */
export async function handler(): Promise<void> {
  const cloud = cleanUpCloudOf(new IoTClient({}), THING_TYPE, (id) => `${CERTIFICATE_ARN}${id}`);
  const { deleted, kept } = await cleanUp(cloud, { nowMs: Date.now(), keepDays: Number(KEEP_DAYS) });
  process.stdout.write(`${JSON.stringify({ deleted: deleted.length, kept: kept.slice(0, 10) })}\n`);
}
