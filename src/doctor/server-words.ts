import type { ServerAnswer } from './facts';
import { unseen } from './looked';

/** Why something of a server is not known: it did not answer, it was not asked, or it did not tell. */
export function notFoundOut({ problem, unseen: reason }: ServerAnswer, otherwise: string): { readonly unseen: string } {
  return unseen(problem?.replace(/\.$/, '') ?? reason ?? otherwise);
}
