import type { IdentityPlace, IdentityState, PairNumber } from './state';

/** What is wanted beside that everything begun is brought to its end. */
export interface EnrollWish {
  /** A new pair, though there is a good one. */
  readonly renews: boolean;
  /** The certificate of a new pair is made by a person. */
  readonly isByHand: boolean;
  /** The job could not be told in this run: that is left to the next one. */
  readonly leavesReport?: boolean;
}

/**
 * What to do next.
 * - `make key`: a new private key, on the disk before anything of it leaves
 * - `ask`: have a certificate made for the request of the key
 * - `wait`: a person has it made
 * - `register`: make it active
 * - `prove`: connect with it, and commit
 * - `remove`: the files of a pair that is not used any more
 * - `report`: tell the job that it is done
 * - `done`: nothing
 */
export type EnrollStep =
  | { readonly kind: 'make key' | 'ask' | 'wait' | 'register' | 'prove' | 'remove'; readonly number: PairNumber }
  | { readonly kind: 'report' | 'done' };

/** What has happened, once it is certain. */
export type Happening =
  | { readonly kind: 'key made'; readonly number: PairNumber; readonly isByHand: boolean }
  | { readonly kind: 'issued'; readonly certificateId: string; readonly token: string }
  | { readonly kind: 'signed by hand'; readonly certificateId: string }
  | { readonly kind: 'registered' | 'proven' | 'committed' | 'abandoned' | 'reported' }
  | { readonly kind: 'moved'; readonly place: IdentityPlace }
  | { readonly kind: 'removed'; readonly number: PairNumber }
  | { readonly kind: 'job begun'; readonly jobId: string; readonly version: number };

/** The rules of enrolling and of rotating, in one function of what stands in `identity.json`. */
export function nextStep({ current, next, newest, retired, job }: IdentityState, wish: EnrollWish): EnrollStep {
  if (next !== undefined) {
    const { number, stage, isByHand } = next;
    if (stage === 'requested') return { kind: isByHand ? 'wait' : 'ask', number };
    return { kind: stage === 'issued' ? 'register' : 'prove', number };
  }
  const [gone] = retired;
  if (gone !== undefined) return { kind: 'remove', number: gone };
  const isAskedByJob = job !== undefined && job.from === current?.number;
  if (job !== undefined && !isAskedByJob && wish.leavesReport !== true) return { kind: 'report' };
  if (current === undefined || wish.renews || isAskedByJob) return { kind: 'make key', number: newest + 1 };
  return { kind: 'done' };
}

/** What stands in `identity.json` after something has happened. Happenings that do not fit change nothing. */
export function after(state: IdentityState, happening: Happening): IdentityState {
  const { current, next, retired, job, ...rest } = state;
  const base = {
    ...{ ...rest, retired },
    ...(current === undefined ? {} : { current }),
    ...(job === undefined ? {} : { job }),
  };
  switch (happening.kind) {
    case 'key made': {
      const { number, isByHand } = happening;
      return { ...base, newest: number, next: { number, stage: 'requested', isByHand } };
    }
    case 'issued': {
      if (next?.stage !== 'requested') return state;
      const { certificateId, token } = happening;
      return { ...base, next: { ...next, stage: 'issued', certificateId, token } };
    }
    case 'signed by hand': {
      // While it is not let in a person may give another one for the same request.
      if (next?.stage !== 'requested' && !(next?.stage === 'registered' && next.isByHand)) return state;
      return { ...base, next: { ...next, stage: 'registered', certificateId: happening.certificateId } };
    }
    case 'registered': {
      if (next?.stage !== 'issued') return state;
      const { number, isByHand, certificateId = '' } = next;
      // A token that was used is worth nothing any more.
      return { ...base, next: { ...{ number, isByHand, certificateId }, stage: 'registered' } };
    }
    case 'proven': {
      return next?.stage === 'registered' ? { ...base, next: { ...next, stage: 'proven' } } : state;
    }
    case 'committed': {
      if (next?.certificateId === undefined) return state;
      const { number, certificateId, isByHand } = next;
      const gone = current === undefined ? [] : [current.number];
      return {
        ...base,
        current: { number, certificateId, ...(isByHand ? { isByHand } : {}) },
        retired: [...retired, ...gone],
      };
    }
    case 'abandoned':
      return next === undefined ? state : { ...base, retired: [...retired, next.number] };
    case 'moved':
      return current === undefined ? { ...state, place: happening.place } : state;
    case 'removed':
      return { ...state, retired: retired.filter((number) => number !== happening.number) };
    case 'job begun': {
      if (current === undefined || job !== undefined) return state;
      const { jobId, version } = happening;
      return { ...state, job: { jobId, version, from: current.number } };
    }
    case 'reported': {
      return {
        ...rest,
        retired,
        ...(current === undefined ? {} : { current }),
        ...(next === undefined ? {} : { next }),
        ...(job === undefined ? {} : { lastJob: job.jobId }),
      };
    }
  }
}
