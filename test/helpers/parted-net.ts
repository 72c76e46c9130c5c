import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** A server that others reach through this net only. It calls them from an address of its own, by which the net knows it. */
export interface Host {
  /** The port under which the others know it. */
  readonly port: number;
  /** The same of the bus of a cluster. */
  readonly busPort: number;
  /** The address that its connections come from. */
  readonly address: string;
  /** Where the server really listens: nothing reaches it before this is called. */
  serves(port: number): void;
}

/** Clients that are not hosts come from here. */
const clients = '127.0.0.1';

interface Link {
  readonly from: string;
  readonly to: Host;
  readonly ends: readonly [Socket, Socket];
}

/**
 * The network between servers, which can part: TCP as it is when packets are dropped. What was sent waits, a connection that
 * is opened meanwhile does not stand, and nobody learns of it. When the net is whole again, everything arrives, in order.
 */
export class PartedNet implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #links = new Set<Link>();
  #hosts = 0;
  #isCut: (from: string, to: string) => boolean = () => false;
  #whole = Promise.withResolvers<void>();

  /** Makes room for one server. */
  async addHost(): Promise<Host> {
    this.#hosts += 1;
    const address = `127.0.1.${this.#hosts}`;
    const [port, busPort] = [await freePort(), await freePort()];
    let served = 0;
    const host: Host = {
      ...{ port, busPort, address },
      serves: (at) => {
        served = at;
      },
    };
    await this.#listen(port, host, () => served);
    await this.#listen(busPort, host, () => served + 10_000);
    return host;
  }

  /** Nothing passes between these hosts and the others any more; with `andClients`, nothing between them and clients either. */
  part(away: readonly Host[], { andClients }: { readonly andClients: boolean }): void {
    const addresses = new Set(away.map(({ address }) => address));
    this.#isCut = (from, to) => {
      if (from === clients) return andClients && addresses.has(to);
      return addresses.has(from) !== addresses.has(to);
    };
    for (const link of this.#links) this.#hold(link);
  }

  heal(): void {
    this.#isCut = () => false;
    for (const { ends } of this.#links) for (const end of ends) end.resume();
    this.#whole.resolve();
    this.#whole = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    for (const { ends } of this.#links) for (const end of ends) end.destroy();
    for (const server of this.#servers) {
      server.close();
      await once(server, 'close');
    }
  }

  async #listen(port: number, to: Host, served: () => number): Promise<void> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (caller) => {
      void this.#join(caller, to, served).catch(() => caller.destroy());
    });
    this.#servers.push(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
  }

  async #join(caller: Socket, to: Host, served: () => number): Promise<void> {
    caller.on('error', () => {});
    const from = caller.remoteAddress ?? clients;
    while (this.#isCut(from, to.address)) await this.#whole.promise;
    if (caller.destroyed) return;
    const callee = connect({ port: served(), host: '127.0.0.1', allowHalfOpen: true });
    callee.on('error', () => {});
    const link: Link = { from, to, ends: [caller, callee] };
    this.#links.add(link);
    for (const [end, other] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      end.setNoDelay(true);
      end.on('data', (bytes) => other.write(bytes));
      end.on('end', () => other.end());
      end.on('close', () => {
        this.#links.delete(link);
        other.destroy();
      });
    }
    caller.resume();
    this.#hold(link);
  }

  #hold({ from, to, ends }: Link): void {
    if (!this.#isCut(from, to.address)) return;
    for (const end of ends) end.pause();
  }
}
