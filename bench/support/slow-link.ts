import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SlowLink {
  /** Connect here, on 127.0.0.1, instead of to the server itself. */
  readonly port: number;
  /** Ends every connection through it. */
  stop(): Promise<void>;
}

/**
 * A longer way to a server on 127.0.0.1: every chunk arrives half of `roundTripMs` late, each way and in order.
 * Only the way is longer, not narrower: any number of chunks are under way at once. Chunks move within about 0.1 ms of
 * their time, so keep the process that holds the link free of other work.
 */
export async function slowLink(port: number, roundTripMs: number): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const way = new Way(roundTripMs / 2);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(near, far, way, sockets);
    join(far, near, way, sockets);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      way.stop();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function join(from: Socket, to: Socket, way: Way, sockets: Set<Socket>): void {
  sockets.add(from);
  from.on('data', (chunk) => way.send(() => to.write(chunk)));
  from.on('end', () => way.send(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => {
    sockets.delete(from);
    way.send(() => to.destroy());
  });
}

/** What is under way, in the order of its arrival, moved by one timer. */
class Way {
  private readonly underWay: { at: number; arrive: () => void }[] = [];
  private timer?: NodeJS.Timeout;
  private nap?: NodeJS.Immediate;
  private readonly pillow = new Int32Array(new SharedArrayBuffer(4));

  constructor(private readonly delayMs: number) {}

  send(arrive: () => void): void {
    this.underWay.push({ at: performance.now() + this.delayMs, arrive });
    if (!this.timer && !this.nap) this.wait();
  }

  stop(): void {
    this.underWay.length = 0;
    clearTimeout(this.timer);
    clearImmediate(this.nap);
  }

  /** A timer counts whole milliseconds and comes late; so it is trusted with all but the last two. */
  private wait(): void {
    const [next] = this.underWay;
    if (!next) return;
    const left = next.at - performance.now();
    if (left > 3) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.wait();
      }, left - 2);
      return;
    }
    this.nap = setImmediate(() => {
      this.nap = undefined;
      this.move();
      this.wait();
    });
  }

  /** Moves what is due, or sleeps for an instant: looking again and again would take a core from what is measured. */
  private move(): void {
    const now = performance.now();
    let due = 0;
    while (due < this.underWay.length && this.underWay[due]!.at <= now) due++;
    for (const { arrive } of this.underWay.splice(0, due)) arrive();
    if (due === 0) Atomics.wait(this.pillow, 0, 0, 0.02);
  }
}
