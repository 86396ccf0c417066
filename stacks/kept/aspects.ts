import { type Plan, resourcesOf } from './plan';
import { secretFilesIn } from './secret-files';
import { userOfClaim, userOfVolume, type VolumeUser } from './volume-users';

/** Something that data hangs on: what an operator calls it, and each aspect of which another value is another thing. */
export interface Thing {
  readonly address: string;
  readonly name: string;
  /** Whether it is kept for its own sake; a controller may go and come, but not become another in place. */
  readonly isKept: boolean;
  readonly aspects: ReadonlyMap<Aspect, string>;
}

export type Aspect =
  | 'name'
  | 'namespace'
  | 'size'
  | 'kind'
  | 'server'
  | 'mount'
  | 'paths'
  | 'keys'
  | 'selector'
  | 'service'
  | 'claim templates';

interface Protected {
  readonly lifecycle?: { readonly prevent_destroy?: boolean };
}

interface Named extends Protected {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What takes the place of a resource's type for a secret on Docker, whose files Terraform knows nothing of. */
export const secretFiles = 'secret_files';

/** Everything of a plan that data hangs on, of what Terraform may not destroy. */
export const thingsIn = (plan: Plan): Thing[] => [
  ...kept<Named>(plan, 'kubernetes_namespace_v1', ({ metadata }) => ({ name: metadata.name })),
  ...kept<Claim>(plan, 'kubernetes_persistent_volume_claim_v1', (claim) => ({
    ...placeOf(claim),
    size: claim.spec.resources.requests.storage,
    kind: inWords({ ...claim.spec, resources: undefined }),
    ...ofUser(userOfClaim(plan, claim.metadata.name)),
  })),
  ...kept<Secret>(plan, 'kubernetes_secret_v1', (secret) => ({
    ...placeOf(secret),
    kind: secret.type,
    keys: Object.keys(secret.data_wo ?? {}).join(', '),
  })),
  ...kept<Volume>(plan, 'docker_volume', (volume, id) => ({
    name: volume.name,
    kind: inWords({ ...volume, name: undefined, lifecycle: undefined }),
    ...ofUser(userOfVolume(plan, id)),
  })),
  ...secretFilesIn(plan).map(({ label, folder, keys }) =>
    thing(`${secretFiles}.${label}`, { name: folder, keys: keys.join(', ') }, isProtected(plan)),
  ),
  ...all<StatefulSet>(plan, 'kubernetes_stateful_set_v1', (set) => ({
    ...ofController(set),
    service: set.spec.service_name,
    'claim templates': inWords(set.spec.volume_claim_template ?? []),
  })),
  ...all<Controller>(plan, 'kubernetes_deployment_v1', ofController),
  ...all<Controller>(plan, 'kubernetes_daemon_set_v1', ofController),
];

interface Claim extends Named {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
}

interface Secret extends Named {
  readonly type?: string;
  readonly data_wo?: Readonly<Record<string, string>>;
}

interface Volume extends Protected {
  readonly name: string;
}

interface Controller extends Named {
  readonly spec: { readonly selector: { readonly match_labels: Readonly<Record<string, string>> } };
}

interface StatefulSet extends Controller {
  readonly spec: Controller['spec'] & {
    readonly service_name: string;
    readonly volume_claim_template?: readonly object[];
  };
}

/** Its state remembers what is kept. */
const isProtected = ({ resource }: Plan): boolean => resource?.terraform_data?.kept !== undefined;

type Aspects = Partial<Record<Aspect, string>>;

const kept = <T extends Protected>(plan: Plan, type: string, aspectsOf: (body: T, id: string) => Aspects): Thing[] =>
  resourcesOf<T>(plan, type)
    .filter(([, { lifecycle }]) => lifecycle?.prevent_destroy)
    .map(([id, body]) => thing(`${type}.${id}`, aspectsOf(body, id), true));

const all = <T extends object>(plan: Plan, type: string, aspectsOf: (body: T) => Aspects): Thing[] =>
  resourcesOf<T>(plan, type).map(([id, body]) => thing(`${type}.${id}`, aspectsOf(body), false));

function thing(address: string, aspects: Aspects, isKept: boolean): Thing {
  const known = Object.entries(aspects).filter(([, value]) => value !== undefined) as Array<[Aspect, string]>;
  return { address, name: aspects.name ?? address, isKept, aspects: new Map(known) };
}

const placeOf = ({ metadata: { name, namespace } }: Named) => ({ name, namespace });

const ofController = (controller: Controller) => ({
  ...placeOf(controller),
  selector: inWords(controller.spec.selector.match_labels),
});

const ofUser = (user: VolumeUser | undefined) => ({
  server: user?.server,
  mount: user?.mountPath,
  paths: user?.paths.join(', '),
});

/** Plans have their keys sorted: equal values are equal texts. */
const inWords = (value: object): string => JSON.stringify(value);
