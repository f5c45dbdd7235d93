import { IoTClient } from '@aws-sdk/client-iot';
import { mayClaim, type HookAnswer, type HookEvent } from '../hook';
import { registryOf } from '../registry';

const registry = registryOf(new IoTClient({}), process.env['THING_TYPE'] ?? '');

/** The pre-provisioning hook of the template pm500-claim. */
export async function handler(event: HookEvent): Promise<HookAnswer> {
  return { allowProvisioning: await mayClaim(event, registry) };
}
