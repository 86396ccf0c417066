import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { SetUpRequest } from '../log-setup/requests';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { filesDirectory, Workload } from '../workload/workload';
import type { Kibana } from './kibana';
import { kibanaPath } from './kibana-config';
import { renderSavedObjects, savedObjects } from './saved-objects';

export interface KibanaSetupProps {
  /** One with Node.js. */
  readonly image: ContainerImage;
  readonly kibana: Kibana;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

const objectsFile = 'objects.ndjson';

/** What is there already is written over: these objects are ours. */
export const importRequests: readonly SetUpRequest[] = [
  { method: 'POST', path: `${kibanaPath}api/saved_objects/_import?overwrite=true`, uploadedFile: objectsFile },
];

/** Makes the data view, the searches and their page in Kibana once it runs, and again when one of them is to be another. */
export class KibanaSetup extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: KibanaSetupProps) {
    super(scope, id);
    const { kibana } = props;
    const { config } = Environment.of(this);
    this.workload = new Workload(this, 'workload', {
      kind: 'once',
      component: id,
      purpose: 'set-up',
      image: props.image,
      command: ['node', `${filesDirectory}/set-up.mjs`, kibana.address, kibana.setUpUser, filesDirectory],
      user: { uid: 10001, gid: 10001 },
      files: {
        'set-up.mjs': { content: readFileSync(join(__dirname, '../log-setup/set-up.mjs'), 'utf8') },
        'requests.json': { content: JSON.stringify(importRequests, null, 2) },
        [objectsFile]: { content: renderSavedObjects(savedObjects(config.name)) },
      },
      timeLimitSeconds: 600,
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
    });
    kibana.allowSetUp(this);
  }
}
