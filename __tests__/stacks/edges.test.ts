import { environmentNames } from '../../config/environment';
import { environmentSystem } from '../synthesized';

const architecture = [
  'api -> cache:6379',
  'api -> postgres:5432',
  'api -> queue:6379',
  'gateway -> api:8000',
  'maintenance -> postgres:5432',
  'outside -> gateway:8080',
  'scheduler -> postgres:5432',
  'scheduler -> queue:6379',
  'worker -> cache:6379',
  'worker -> postgres:5432',
  'worker -> queue:6379',
];

test.each(environmentNames)('in %s, who may open a connection to whom is exactly this', (name) => {
  expect(environmentSystem(name).environment.connections.describe()).toEqual(architecture);
});
