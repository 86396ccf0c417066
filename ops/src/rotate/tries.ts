import { Readable } from 'node:stream';
import { CannotTell } from '../failures';
import { ask } from '../place/ask';
import type { Place } from '../place/place';
import { prefixOf, stock } from '../place/verification';
import { type Checker, loginOf, type RotatedSecret } from './rotated-secrets';

/** Asks whoever checks a secret whether a text of it is good, as the login of a revision. */
type Try = (place: Place, secret: RotatedSecret, revision: number, text: string) => Promise<boolean>;

const tries: Readonly<Record<Checker, Try>> = {
  postgres: (place, secret, revision, text) =>
    isLetIn(place, secret.server, postgresLogin, loginOf(secret, revision), text),
  redis: (place, secret, revision, text) => isLetIn(place, secret.server, redisLogin, loginOf(secret, revision), text),
  api: (place, _secret, _revision, text) => provesApiKeys(place, text),
  page: (place, secret, _revision, text) => opensPage(place, secret, text),
};

/** Whether a text of a secret is good. The text is neither a word of a command nor in the environment of a program. */
export const isGood: Try = (place, secret, revision, text) => tries[secret.checker](place, secret, revision, text);

/** It reads the password, of which a file in the memory of the container is what psql takes. */
export const postgresLogin = `read -r given
umask 077
passfile=$(mktemp -p /dev/shm)
trap 'rm -f "$passfile"' EXIT
printf '*:*:*:*:%s\\n' "$given" >"$passfile"
PGPASSFILE="$passfile" psql --no-password -h 127.0.0.1 -U "$0" -d stockdb -Atc "SELECT 'yes'" 2>/dev/null
true`;

/** The answer to AUTH counts: redis-cli goes on as the default user where a login fails. */
export const redisLogin = `read -r given
[ "$(printf 'AUTH %s %s\\n' "$0" "$given" | redis-cli 2>/dev/null)" = OK ] && echo yes
true`;

async function isLetIn(place: Place, server: string, script: string, login: string, text: string): Promise<boolean> {
  const input = Readable.from([`${text}\n`]);
  const { output } = await place.run(server, ['sh', '-c', script, login], { input });
  return output.trim() === 'yes';
}

/** As a browser does that was told a password; nginx' file has more than that. */
async function opensPage(place: Place, { login, page }: RotatedSecret, text: string): Promise<boolean> {
  const password = text.trim().replace(/^\w+:\{PLAIN\}/, '');
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
  const { status = 0 } = await place.withGateway((address) => ask(`${address}${page}`, place.host, { authorization }));
  if (status === 401) return false;
  if (status > 0 && status < 400) return true;
  throw new CannotTell(`${page} answered ${status}`);
}

/** It reads the secret key, and makes an API key that no other one proves. */
export const keyOf = `read -r given
umask 077
keyfile=$(mktemp -p /dev/shm)
trap 'rm -f "$keyfile"' EXIT
printf '%s' "$given" >"$keyfile"
unset FORMER_SECRET_KEY_FILE
SECRET_KEY_FILE="$keyfile" node /app/dist/stock.js apikey create --name 'stockops rotate' --scopes read`;

/** Asks as a customer whose API key is hashed with a secret key. */
async function provesApiKeys(place: Place, secretKey: string): Promise<boolean> {
  const input = Readable.from([`${secretKey}\n`]);
  const { status, output, said } = await place.run('api', ['sh', '-c', keyOf], { input });
  const apiKey = output.trim();
  if (status !== 0) throw new CannotTell(`no API key could be made to try the secret key with: ${said.trim()}`);
  try {
    const answer = await place.withGateway((address) =>
      ask(`${address}/api/v1/stocks?limit=1`, place.host, { 'x-api-key': apiKey }),
    );
    if (answer.status === 200) return true;
    if (answer.status === 401) return false;
    throw new CannotTell(`the API answered ${answer.status}: ${answer.body}`);
  } finally {
    await stock(place, ['apikey', 'revoke', prefixOf(apiKey)]);
  }
}
