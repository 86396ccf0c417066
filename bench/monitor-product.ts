import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedMonitor } from '../app/src/embedded/monitor/monitor';
import { EmbeddedProduct } from '../app/src/embedded/product';

// The embedded product whose monitor can be stopped and be asked what a reading costs, by messages of its parent.
const [port, metricsPort, folder] = process.argv.slice(2) as [string, string, string];

let isOn = true;
let monitor: EmbeddedMonitor | undefined;
const { sample } = EmbeddedMonitor.prototype;
EmbeddedMonitor.prototype.sample = async function (seconds) {
  monitor = this;
  if (isOn) await sample.call(this, seconds);
};

/** CPU time of one reading with all its rules, in milliseconds, where the process does nothing else. */
async function costOf(readings: number): Promise<number> {
  const began = process.cpuUsage();
  for (let reading = 0; reading < readings; reading++) {
    if (monitor) await sample.call(monitor, Date.now() / 1000);
    // Two readings of one moment would be one.
    await sleep(10);
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / readings;
}

process.on('message', async (message: 'on' | 'off' | { readings: number }) => {
  if (typeof message === 'object') return process.send?.({ milliseconds: await costOf(message.readings) });
  isOn = message === 'on';
  process.send?.(message);
});

const product = new EmbeddedProduct({ port: Number(port), metricsPort: Number(metricsPort), folder, sample: true });
product.lost.then((error) => {
  throw error;
});
// Without its parent it measures nothing.
for (const end of ['SIGTERM', 'disconnect'] as const) {
  process.on(end, () => void product.stop().finally(() => process.exit(0)));
}
void product.start().then(() => process.send?.('ready'));
