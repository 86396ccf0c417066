import { statusCounts } from '../../../ops/src/host/checks/watch';
import { settingsIn } from '../../../ops/src/host/kernel';
import { parseLoginLimit, parseServiceLimit } from '../../../ops/src/host/open-files';
import { parsePublished, parseSockets } from '../../../ops/src/host/ports';
import { renderUnits } from '../../../ops/src/host/units';

test('files of sysctl.d are read as sysctl reads them', () => {
  const text =
    '# a = 1\n; b = 2\n-net.core.somaxconn = 7\nfs/file-max=8\nfs.file-max = 9\nkernel.core_pattern = core\n';
  expect(Object.fromEntries(settingsIn(text))).toEqual({ 'net.core.somaxconn': 7, 'fs.file-max': 9 });
});

test.each([
  ['LimitNOFILE=infinity', { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY }],
  ['LimitNOFILE=1024:524288', { soft: 1024, hard: 524288 }],
  ['LimitNOFILE=1\nLimitNOFILE=2', { soft: 2, hard: 2 }],
  ['#LimitNOFILE=1', undefined],
])('of a unit that says %j', (text, limit) => {
  expect(parseServiceLimit(text)).toEqual(limit);
});

test.each([
  ['* - nofile unlimited', { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY }],
  ['*  hard  nofile  4096', { hard: 4096 }],
  ['postgres soft nofile 9', {}],
  ['# * soft nofile 9', {}],
])('of everybody "%s" says', (line, limit) => {
  expect(parseLoginLimit(line)).toEqual(limit);
});

test('what Docker publishes on this machine alone is not open', () => {
  const text =
    'gateway\t0.0.0.0:443->8443/tcp, [::]:443->8443/tcp, 127.0.0.1:8080->8080/tcp\napi\t0.0.0.0:8000-8001->8000-8001/tcp\nredis\t6379/tcp\n';
  expect(parsePublished(text)).toEqual([
    { container: 'gateway', address: '0.0.0.0', port: 443 },
    { container: 'gateway', address: '[::]', port: 443 },
    { container: 'api', address: '0.0.0.0', port: 8000 },
    { container: 'api', address: '0.0.0.0', port: 8001 },
  ]);
});

test('sockets of this machine alone are told from those of everybody, in both families', () => {
  const line = (local: string, state = '0A') =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 0 0 1`;
  const text = [
    'header',
    line('0100007F:1F40'),
    line('00000000:0016'),
    line('00000000000000000000000001000000:1F90'),
    line('00000000000000000000000000000000:0050'),
    line('00000000:01BB', '01'),
  ].join('\n');
  expect(parseSockets(text)).toEqual([
    { isPublic: false, port: 8000 },
    { isPublic: true, port: 22 },
    { isPublic: false, port: 8080 },
    { isPublic: true, port: 80 },
  ]);
});

test('answers are counted in the lines of our gateway and in those of any nginx', () => {
  const text = [
    '{"http.request.method":"GET","http.response.status_code":"404"}',
    '10.0.0.1 - - [26/Nov/2026:20:00:00 +0800] "GET /x HTTP/1.1" 500 12 "-" "curl"',
    '10.0.0.1 - - [26/Nov/2026:20:00:00 +0800] "GET /500 HTTP/1.1" 200 404 "-" "curl"',
    'no request',
  ].join('\n');
  const { total, counts } = statusCounts(text);
  expect([total, Object.fromEntries(counts)]).toEqual([3, { 404: 1, 500: 1, 200: 1 }]);
});

test('each timer has its service, catches up what was missed, and failures are told', () => {
  const units = renderUnits({ checkout: '/opt/stock-analysis', data: '/var/lib/stock-analysis', user: 'stock' });
  const byName = new Map(units.map(({ name, content }) => [name, content]));
  const timers = [...byName.keys()].filter((name) => name.endsWith('.timer'));
  expect(timers.sort()).toEqual(
    ['backup', 'certificates', 'drill', 'integrity', 'maintain-monthly', 'maintain'].map(
      (name) => `stock-analysis-${name}.timer`,
    ),
  );
  for (const name of timers) {
    expect(byName.get(name)).toContain('Persistent=yes');
    expect(byName.get(name.replace('.timer', '.service'))).toContain('OnFailure=stock-analysis-failed@%n.service');
  }
  expect(byName.get('stock-analysis.service')).toContain('LimitNOFILE=65535\n');
});
