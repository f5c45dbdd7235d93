import { IoTClient, UpdateCertificateCommand } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { commit, type CommitCloud, type CommitRequest } from '../commit';
import { certificatesOf } from '../registry';

/** AWS IoT itself. */
export function cloudOf(registry: IoTClient, broker: IoTDataPlaneClient): CommitCloud {
  return {
    certificatesOf: (thing) => certificatesOf(registry, thing),
    revoke: async (certificateId) => {
      await registry.send(new UpdateCertificateCommand({ certificateId, newStatus: 'REVOKED' }));
    },
    publish: async (topic, payload) => {
      await broker.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(JSON.stringify(payload)) }));
    },
  };
}

const cloud = cloudOf(new IoTClient({}), new IoTDataPlaneClient({}));

/** Asked by the rule pm500_certificate_commit. */
export async function handler(request: CommitRequest): Promise<void> {
  await commit(request, cloud, Date.now());
}
