import type { ServerAnswer } from './facts';
import type { Sentence } from '../support/sentence';
import { unseen, type Unseen } from './looked';

/** Why something of a server is not known: it did not answer, it was not asked, or it did not tell. */
export function notFoundOut({ problem, unseen: reason }: ServerAnswer, otherwise: Sentence): Unseen {
  return unseen(problem ?? reason ?? otherwise);
}
