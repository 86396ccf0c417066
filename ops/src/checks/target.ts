/** What an environment is deployed to; `embedded` is what `npm start` runs. */
export type Target = 'docker' | 'kubernetes' | 'embedded';

export const allTargets: readonly Target[] = ['docker', 'kubernetes', 'embedded'];
export const deployed: readonly Target[] = ['docker', 'kubernetes'];
