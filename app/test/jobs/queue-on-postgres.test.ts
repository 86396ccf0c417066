import { appRole, ownerRole, readRole } from '../../src/database/roles';
import { describeQueue } from '../support/queue-behaviour';

const roles = { api: readRole, worker: appRole, owner: ownerRole } as const;

describeQueue('PostgreSQL', ({ environmentOf }, who) => environmentOf(roles[who]));
