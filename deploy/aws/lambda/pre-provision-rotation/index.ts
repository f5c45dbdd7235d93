import { mayRotate, type HookAnswer, type HookEvent } from '../hook';

/** The pre-provisioning hook of the template pm500-rotation. */
export function handler(event: HookEvent): Promise<HookAnswer> {
  return Promise.resolve({ allowProvisioning: mayRotate(event) });
}
