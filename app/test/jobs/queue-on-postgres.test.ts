import { describeQueue } from '../support/queue-behaviour';

describeQueue('PostgreSQL', ({ environment }) => environment);
