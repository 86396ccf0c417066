/** An attempt was stopped from outside; what it threw when stopped does not matter. */
export abstract class AttemptStopped extends Error {}

/** The job ran for CELERY_TASK_SOFT_TIME_LIMIT and stopped when asked; it is tried again. */
export class SoftTimeLimitExceeded extends AttemptStopped {
  constructor(softTimeLimitSeconds: number) {
    super(`stopped after ${softTimeLimitSeconds} s (CELERY_TASK_SOFT_TIME_LIMIT)`);
  }
}

/** The job did not stop when asked, and the worker no longer waits for it; it is tried again. */
export class HardTimeLimitExceeded extends AttemptStopped {
  constructor(hardTimeLimitSeconds: number) {
    super(`given up after ${hardTimeLimitSeconds} s (CELERY_TASK_TIME_LIMIT)`);
  }
}

/** Somebody revoked the job while it ran. */
export class JobRevoked extends AttemptStopped {
  constructor() {
    super('revoked');
  }
}
