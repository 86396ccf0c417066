/**
 * Loads the largest modules without reading their source maps, so that a synthesis starts sooner; our own modules keep
 * theirs. Imported first by what starts a synthesis.
 */
const largest = [
  'cdktf',
  '@cdktf/provider-kubernetes/lib/deployment-v1',
  '@cdktf/provider-kubernetes/lib/stateful-set-v1',
  '@cdktf/provider-kubernetes/lib/cron-job-v1',
  '@cdktf/provider-kubernetes/lib/daemon-set-v1',
  '@cdktf/provider-kubernetes/lib/job-v1',
  '@cdktf/provider-docker/lib/container',
];
process.setSourceMapsEnabled(false);
for (const name of largest) require(name);
process.setSourceMapsEnabled(true);
// cdktf takes a stack trace for each of its tokens, and every one would be mapped to its source.
require('cdktf/lib/tokens/private/stack-trace').captureStackTrace = () => [];
