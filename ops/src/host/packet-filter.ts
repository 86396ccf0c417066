import { Readable } from 'node:stream';
import { Refusal } from '../failures';
import { runTool, runWell } from '../place/tool';
import { firewallFile, table } from './firewall';
import type { HostRoot } from './host-root';

/** The packet filter of the kernel, in this network or in another namespace of networks. */
export class PacketFilter {
  readonly #words: readonly string[];

  /** @param namespace as `ip netns` names it. @default - the network of this process */
  constructor(namespace?: string) {
    this.#words = [...(namespace ? ['ip', 'netns', 'exec', namespace] : []), 'nft'];
  }

  async isLoaded(): Promise<boolean> {
    const { status } = await this.#nft(['list', 'table', ...table.split(' ')]);
    return status === 0;
  }

  /** Loads nothing. @throws as `load`, and CannotTell where there is no nft */
  async requireTaking(rules: string): Promise<void> {
    await this.#take(['-c', '-f', '-'], rules);
  }

  /** @throws Refusal with what nft says when it does not take the rules; then nothing is changed */
  async load(rules: string): Promise<void> {
    await this.#take(['-f', '-'], rules);
  }

  async #take(words: readonly string[], rules: string): Promise<void> {
    const { status, said } = await this.#nft(words, rules);
    if (status !== 0) throw new Refusal(`nft does not take the rules, and changed nothing: ${said.trim()}`);
  }

  /** Brings it to what the file of a host says; to nothing of ours where there is none. */
  async follow(root: HostRoot): Promise<void> {
    const rules = await root.read(firewallFile);
    if (rules !== undefined) await this.load(rules);
    else if (await this.isLoaded())
      await runWell(this.#program, [...this.#rest, 'delete', 'table', ...table.split(' ')]);
  }

  /** What `follow` does, as words of a shell without this program. */
  commandToFollow(root: HostRoot): string {
    const nft = this.#words.join(' ');
    const file = root.at(firewallFile);
    return `if [ -e '${file}' ]; then ${nft} -f '${file}'; else ${nft} delete table ${table}; fi`;
  }

  get #program(): string {
    return this.#words[0] as string;
  }

  get #rest(): readonly string[] {
    return this.#words.slice(1);
  }

  #nft(words: readonly string[], input?: string) {
    return runTool(
      this.#program,
      [...this.#rest, ...words],
      input === undefined ? {} : { input: Readable.from(input) },
    );
  }
}
