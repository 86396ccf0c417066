import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../failures';
import { mark } from './own-file';
import { openFiles } from './wanted';

/** A unit of systemd. */
export interface Unit {
  name: string;
  content: string;
}

/** When, as systemd.time(7) has it, and what. The times are those of the manual's machine: Asia/Shanghai. */
const timed = [
  { name: 'backup', text: 'copy of the database', when: '*-*-* 02:30:00', command: 'backup create' },
  { name: 'drill', text: 'restore of the newest copy, to see that it can be', when: 'Sun 04:30:00', command: 'drill' },
  { name: 'maintain', text: 'weekly upkeep of the database', when: 'Sat 03:45:00', command: 'maintain' },
  {
    name: 'maintain-monthly',
    text: 'monthly upkeep of the database',
    when: 'Sat *-*-01..07 05:00:00',
    command: 'maintain --monthly',
  },
] as const;

/** Where a host without Docker has the product, what it keeps, and who runs it. */
export interface Installation {
  /** A checkout with its packages installed. */
  checkout: string;
  /** What STOCK_FOLDER names. */
  data: string;
  user: string;
}

/**
 * The units of a host: the product itself where there is no Docker, and what is done at times. A run that was missed while the machine was off is
 * caught up once, and none begins while the one before runs.
 */
export function renderUnits({ checkout, data, user }: Installation): Unit[] {
  const hardening = [
    'NoNewPrivileges=yes',
    'PrivateTmp=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    `ReadWritePaths=${data} ${data}-backups`,
  ];
  const service = [`User=${user}`, `WorkingDirectory=${checkout}`, `Environment=STOCK_FOLDER=${data}`];
  const product = unit('stock-analysis.service', {
    Unit: ['Description=Stock analysis platform', 'Wants=network-online.target', 'After=network-online.target'],
    Service: [
      'Type=exec',
      ...service,
      'ExecStart=/usr/bin/env npm start --silent',
      'Restart=on-failure',
      'RestartSec=5',
      // It ends what is under way, and its database after that.
      'TimeoutStopSec=120',
      'KillMode=mixed',
      `LimitNOFILE=${openFiles}`,
      ...hardening,
    ],
    Install: ['WantedBy=multi-user.target'],
  });
  const scheduled = timed.flatMap(({ name, text, when, command }) => [
    unit(`stock-analysis-${name}.service`, {
      Unit: [`Description=${text}`, 'OnFailure=stock-analysis-failed@%n.service'],
      Service: [
        'Type=oneshot',
        ...service,
        `ExecStart=/usr/bin/env npm run --silent stockops -- ${command}`,
        'TimeoutStartSec=6h',
        'Nice=10',
        ...hardening,
      ],
    }),
    timer(name, text, when),
  ]);
  return [product, ...scheduled, ...ofRoot(), failed];
}

/** What the system itself needs at times, also beside Docker. */
function ofRoot(): Unit[] {
  const works = [
    {
      name: 'certificates',
      text: 'renewal of certificates',
      when: '*-*-* 00,12:10:00',
      command: '/usr/bin/certbot renew --quiet',
    },
    {
      name: 'integrity',
      text: 'comparison of the files of the system',
      when: 'Sun 06:00:00',
      command: '/usr/bin/aide --check --config /etc/aide/aide.conf',
    },
  ];
  return works.flatMap(({ name, text, when, command }) => [
    unit(`stock-analysis-${name}.service`, {
      Unit: [`Description=${text}`, 'OnFailure=stock-analysis-failed@%n.service'],
      Service: ['Type=oneshot', `ExecStart=${command}`, 'TimeoutStartSec=2h', 'Nice=10'],
    }),
    timer(name, text, when),
  ]);
}

const timer = (name: string, text: string, when: string): Unit =>
  unit(`stock-analysis-${name}.timer`, {
    Unit: [`Description=${text}, at its times`],
    Timer: [`OnCalendar=${when} Asia/Shanghai`, 'Persistent=yes', 'RandomizedDelaySec=120'],
    Install: ['WantedBy=timers.target'],
  });

/** What fails is in the journal with the priority that who reads it looks for. */
const failed = unit('stock-analysis-failed@.service', {
  Unit: ['Description=Tells of the failure of %i'],
  Service: ['Type=oneshot', 'ExecStart=/usr/bin/logger -p daemon.err -t stock-analysis "%i failed: journalctl -u %i"'],
});

function unit(name: string, sections: Readonly<Record<string, readonly string[]>>): Unit {
  const texts = Object.entries(sections).map(([section, lines]) => [`[${section}]`, ...lines].join('\n'));
  return {
    name,
    content: `${mark.replace('`stockops host apply`; taken back by `stockops host revert`', '`stockops host units`')}\n${texts.join('\n\n')}\n`,
  };
}

/** Writes units into a folder. @throws Refusal where one of them is there already: nothing is written then */
export async function writeUnits(folder: string, units: readonly Unit[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, content } of units) {
    await writeFile(path.join(folder, name), content, { flag: 'wx', mode: 0o644 }).catch(({ code }) => {
      const reason = code === 'EEXIST' ? 'is there already; choose an empty folder' : `cannot be written (${code})`;
      throw new Refusal(`${path.join(folder, name)} ${reason}`);
    });
  }
}
