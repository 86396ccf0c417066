import { isWithin } from '../../config/cidr';

test.each([
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.1.0.0/16', false],
  ['192.168.0.0/16', '10.0.0.0/8', false],
  ['169.254.0.0/16', '0.0.0.0/0', true],
  ['fd00:ec2::254/128', '::/0', true],
  ['fe80::/10', '0.0.0.0/0', false],
  ['169.254.0.0/16', '::/0', false],
])('%s is within %s: %s', (inner, outer, expected) => {
  expect(isWithin(inner, outer)).toBe(expected);
});
