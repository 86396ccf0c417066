import { mark, ownFile, type Wanted } from './own-file';
import { apiPort, openPorts } from './wanted';

export const firewallFile = '/etc/stock-analysis/firewall.nft';
const unit = 'stock-analysis-firewall.service';

/** Our own table of nftables: what it drops stays dropped whatever the rules of Docker and ufw say, and they stay as they are. */
export const table = 'inet stock_analysis';

/**
 * The rules as nft(8) reads them, which replaces all of them at once.
 *
 * @param allowed ports of TCP that are open to everybody
 */
export function firewallRules(allowed: readonly number[]): string {
  const ports = [...new Set(allowed)].sort((a, b) => a - b);
  return `${mark}
table ${table}
delete table ${table}
table ${table} {
  chain input {
    type filter hook input priority -5; policy accept;
    ct state established,related accept
    iifname "lo" accept
    # Containers, by their bridges.
    iifname "docker0" ip saddr 172.16.0.0/12 accept
    iifname "br-*" ip saddr 172.16.0.0/12 accept
    meta l4proto { icmp, ipv6-icmp } accept
    # Leases of addresses.
    udp dport { 68, 546 } accept
    tcp dport ${apiPort} drop
    tcp dport { ${ports.join(', ')} } accept
    drop
  }
  chain forward {
    type filter hook forward priority -5; policy accept;
    ct state established,related accept
    ct status dnat iifname "docker0" accept
    ct status dnat iifname "br-*" accept
    # Docker's published ports come this way, not through the one above.
${openPorts.map((port) => `    ct status dnat meta l4proto tcp ct original proto-dst ${port} accept`).join('\n')}
    ct status dnat drop
  }
}
`;
}

/** What has the rules loaded at each start, before there is a network. */
export function firewallFiles(rules: string): Wanted[] {
  return [
    { path: firewallFile, entry: { kind: 'file', content: rules, mode: 0o644 } },
    ownFile(`/etc/systemd/system/${unit}`, [
      '[Unit]',
      'Description=Firewall of the stock-analysis platform',
      'DefaultDependencies=no',
      'Wants=network-pre.target',
      'Before=network-pre.target shutdown.target',
      'After=local-fs.target',
      'Conflicts=shutdown.target',
      '',
      '[Service]',
      'Type=oneshot',
      'RemainAfterExit=yes',
      `ExecStart=/usr/sbin/nft -f ${firewallFile}`,
      `ExecStop=/usr/sbin/nft delete table ${table}`,
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ]),
    {
      path: `/etc/systemd/system/multi-user.target.wants/${unit}`,
      entry: { kind: 'link', content: `../${unit}`, mode: 0o777 },
    },
  ];
}
