// Runs in a pod of the application's image, as `node -e`: needs nothing but Node. Sends reads at a steady rate, every other one
// on a new connection, and prints what became of them as one line of JSON.
const http = require('node:http');
const { URL: url, API_KEY, RATE = '30', SECONDS = '60' } = process.env;
const kept = new http.Agent({ keepAlive: true });
const total = Number(RATE) * Number(SECONDS);
const answers = {};
const failures = [];
let done = 0;

// Another range of days each time, so that no cache holds the answers of an earlier run.
const start = new Date(Date.UTC(2000, 0, 1 + Math.floor(Math.random() * 8000))).toISOString().slice(0, 10);

// Three of four ask for what a cache may hold, the fourth for what none has yet.
const pathOf = (number) =>
  number % 4 === 3
    ? `/api/v1/stocks/604981.SH/daily?start=${start}&end=2024-03-31&limit=${1 + ((number >> 2) % 1000)}`
    : '/api/v1/stocks/604981.SH/daily?start=2024-01-01&end=2024-03-31';

function note(number, began, status) {
  const kind = `${number % 4 === 3 ? 'uncached' : 'cached'} ${status}`;
  answers[kind] = (answers[kind] ?? 0) + 1;
  if (status !== 200) failures.push(began);
  done += 1;
  if (done === total) report();
}

function report() {
  const [first, last] = [failures[0], failures.at(-1)];
  const spanSeconds = failures.length > 0 ? Math.round((last - first) / 100) / 10 : 0;
  console.log(JSON.stringify({ total, failed: failures.length, spanSeconds, answers }));
  process.exit(0);
}

function send(number) {
  const began = performance.now();
  let noted = false;
  const end = (status) => {
    if (!noted) note(number, began, status);
    noted = true;
  };
  const agent = number % 2 === 0 ? kept : false;
  const headers = { host: 'localhost', 'x-api-key': API_KEY };
  const request = http.get(`${url}${pathOf(number)}`, { agent, headers, timeout: 10_000 }, (response) => {
    response.resume();
    response.on('end', () => end(response.complete ? response.statusCode : 'cut off'));
    response.on('error', (error) => end(error.code ?? error.message));
  });
  request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
  request.on('error', (error) => end(error.code ?? error.message));
}

let sent = 0;
let next = performance.now();
function tick() {
  if (sent === total) return;
  send(sent++);
  next = Math.max(next + 1000 / Number(RATE), performance.now());
  setTimeout(tick, next - performance.now());
}
tick();
