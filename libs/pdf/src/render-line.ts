/** Jobs that wait for their turn, each of an account, or of the service itself. */
export interface RenderLine<Job> {
  readonly length: number;
  /** False where too many wait already, or too many of this account (API-11); the service's own always may. */
  push(accountId: string | undefined, job: Job): boolean;
  /** Takes out the next one. */
  shift(): Job | undefined;
  /** Takes one out whose caller left; false where it does not wait any more. */
  remove(job: Job): boolean;
}

/** One account may fill a quarter of the line. */
const partOfAnAccount = 4;

/**
 * Accounts have their turns one after the other, however many jobs of each wait, and the service itself, which seals,
 * has every second turn: nobody waits for ever because of another.
 *
 * @param longest how many jobs of accounts may wait together.
 */
export function openRenderLine<Job>(longest: number): RenderLine<Job> {
  const accounts = new Map<string, Job[]>();
  const own: Job[] = [];
  let waiting = 0;
  let ownWasLast = false;
  const ofAnAccount = Math.ceil(longest / partOfAnAccount);

  /** The first account, which then goes to the end, or away where it has no more. */
  function shiftAccount(): Job | undefined {
    for (const [accountId, jobs] of accounts) {
      accounts.delete(accountId);
      const job = jobs.shift();
      if (jobs.length > 0) accounts.set(accountId, jobs);
      waiting -= 1;
      return job;
    }
    return undefined;
  }

  return {
    get length() {
      return waiting + own.length;
    },
    push(accountId, job) {
      if (accountId === undefined) return own.push(job) > 0;
      const jobs = accounts.get(accountId) ?? [];
      if (waiting >= longest || jobs.length >= ofAnAccount) return false;
      accounts.set(accountId, jobs);
      jobs.push(job);
      waiting += 1;
      return true;
    },
    shift() {
      ownWasLast = own.length > 0 && (!ownWasLast || waiting === 0);
      return ownWasLast ? own.shift() : shiftAccount();
    },
    remove(job) {
      if (removeFrom(own, job)) return true;
      for (const [accountId, jobs] of accounts) {
        if (!removeFrom(jobs, job)) continue;
        if (jobs.length === 0) accounts.delete(accountId);
        waiting -= 1;
        return true;
      }
      return false;
    },
  };
}

function removeFrom<Job>(jobs: Job[], job: Job): boolean {
  const at = jobs.indexOf(job);
  if (at !== -1) jobs.splice(at, 1);
  return at !== -1;
}
