import {
  DescribeCertificateCommand,
  DescribeThingCommand,
  paginateListThingPrincipals,
  ResourceNotFoundException,
  type IoTClient,
} from '@aws-sdk/client-iot';
import type { Registry } from './hook';

/** IDs of the certificates of a thing. */
export async function certificatesOf(client: IoTClient, thing: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of paginateListThingPrincipals({ client }, { thingName: thing }))
    for (const principal of page.principals ?? []) {
      const id = /:cert\/([0-9a-f]+)$/.exec(principal)?.[1];
      if (id !== undefined) found.push(id);
    }
  return found;
}

/**
 * The registry of AWS IoT. A thing is expected when it was made beforehand.
 * @param thingType of edges
 */
export function registryOf(client: IoTClient, thingType: string): Registry {
  return {
    isExpected: async (thing) => {
      try {
        const { thingTypeName } = await client.send(new DescribeThingCommand({ thingName: thing }));
        return thingTypeName === thingType;
      } catch (thrown) {
        if (thrown instanceof ResourceNotFoundException) return false;
        throw thrown;
      }
    },
    hasActiveCertificate: async (thing) => {
      for (const certificateId of await certificatesOf(client, thing)) {
        const { certificateDescription } = await client.send(new DescribeCertificateCommand({ certificateId }));
        if (certificateDescription?.status === 'ACTIVE') return true;
      }
      return false;
    },
  };
}
