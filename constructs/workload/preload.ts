/**
 * Loads the largest modules without reading their source maps, so that a synthesis starts sooner; our own modules keep
 * theirs. Imported first by what starts a synthesis.
 */
const largest = [
  'cdktf',
  '@cdktf/provider-kubernetes/lib/deployment-v1',
  '@cdktf/provider-kubernetes/lib/stateful-set-v1',
  '@cdktf/provider-kubernetes/lib/cron-job-v1',
];
process.setSourceMapsEnabled(false);
for (const name of largest) require(name);
process.setSourceMapsEnabled(true);
