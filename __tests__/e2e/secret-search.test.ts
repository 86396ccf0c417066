import { secretsIn } from '../../e2e/secret-search';

const password = 'Zq3XaaB7mmN0pRstUvWx';
const acl = `user default on >${password} ~* &* +@all\n`;
const secrets = [
  { name: 'postgres/password', text: password },
  { name: 'queue/users.acl', text: acl },
  { name: 'worker/tushare-api-key', text: '' },
];
const state = (value: string) =>
  JSON.stringify({ resources: [{ instances: [{ attributes: { data: { a: value } } }] }] });

test.each([
  ['as it is', password],
  ['in a longer text', `postgresql://stock:${password}@host`],
  ['in base64', Buffer.from(password).toString('base64')],
  ['in hexadecimal digits', Buffer.from(password).toString('hex')],
  ['in hexadecimal digits of upper case', Buffer.from(`x${password}`).toString('hex').toUpperCase()],
  ['in base64 of a longer text', Buffer.from(`x${password}yz`).toString('base64')],
  ['in base64 of another longer text', Buffer.from(`xy${password}z`).toString('base64')],
])('a planted secret is found %s', (_, planted) => {
  expect(secretsIn(state(planted), secrets)).toContain('postgres/password');
});

test('a planted secret of more than one line, too: JSON writes its end of line as two characters', () => {
  expect(secretsIn(state(acl), secrets)).toEqual(['postgres/password', 'queue/users.acl']);
});

test('a secret that nobody has given is not found in everything', () => {
  expect(secretsIn(state('nothing secret'), secrets)).toEqual([]);
});

test('a planted secret with characters of its own is found in a URL, in JSON inside JSON, and in the base64 of URLs', () => {
  const text = 'a"b\\c/d?e=f&g>>>~~~';
  const planted = [
    `https://host/?key=${encodeURIComponent(text)}`,
    encodeURIComponent(text).toLowerCase(),
    JSON.stringify(JSON.stringify({ text })),
    Buffer.from(text).toString('base64url'),
  ];
  for (const each of planted) expect(secretsIn(each, [{ name: 'own', text }])).toEqual(['own']);
});
