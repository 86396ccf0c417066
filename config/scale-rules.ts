import { maxReplicas, minReplicas, type Scale } from './fields';
import type { Place } from './place';
import type { Rule } from './rule';

/** What one Node.js process can use of its processors before it is as busy as it gets: one thread, and a little beside it. */
const mostUsedMillicores = 1000;

/** What any component with replicas has to keep to. */
export const scaleRules = (path: string, scale: Scale, { target, tier }: Pick<Place, 'target' | 'tier'>): Rule[] => [
  {
    isBroken: minReplicas(scale) > maxReplicas(scale),
    path: `${path}.scale.minReplicas`,
    got: minReplicas(scale),
    allowed: `at most maxReplicas, ${maxReplicas(scale)}`,
  },
  {
    isBroken: target === 'docker' && maxReplicas(scale) > 1,
    path: `${path}.scale`,
    got: scale,
    allowed: '{ replicas: 1 } (one container each on Docker)',
  },
  {
    isBroken: tier === 'production' && minReplicas(scale) < 2,
    path: `${path}.scale`,
    got: scale,
    allowed: '2 replicas or more in production (one keeps serving while another restarts)',
  },
];

/** An autoscaler of a component whose process is one thread must be able to see it busy. */
export function processorRule(path: string, scale: Scale, cpuMillicores: number): Rule {
  const wanted = 'cpuPercent' in scale ? (scale.cpuPercent * cpuMillicores) / 100 : 0;
  return {
    isBroken: wanted >= mostUsedMillicores,
    path: `${path}.scale.cpuPercent`,
    got: 'cpuPercent' in scale ? scale.cpuPercent : undefined,
    allowed: `less than ${mostUsedMillicores} millicores of cpuMillicores, ${cpuMillicores}: one process cannot use more, and would never be joined by another`,
  };
}
