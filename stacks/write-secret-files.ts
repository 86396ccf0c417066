import '../config/report-errors';

import { environments } from '../config/environments';
import { writeSecretsOf } from './environment-secrets';

/** Makes the files that the secrets of every environment on Docker are read from, before its first deployment. */
for (const config of environments.filter(({ target }) => target === 'docker')) writeSecretsOf(config);
