import { Cluster, Redis, type RedisOptions as DriverOptions } from 'ioredis';
import { ConfigInvalid, StoreUnavailable } from '../../job/errors.js';
import { systemClock } from '../../time/clock.js';
import { failureOf, hidePassword, translate } from './failures.js';
import type { RedisOptions } from './options.js';
import { compose, type Script, type ScriptName, type Scripts } from './scripts.js';

type Client = Redis | Cluster;

/** Again and again, ever slower up to two seconds, never all at once. */
export const reconnect = (times: number): number =>
  Math.round(Math.min(2000, 50 * 2 ** Math.min(times, 6)) * (0.5 + systemClock.random() / 2));

/**
 * The connection for commands. It reconnects for ever, but nothing waits in it: a command without a connection fails at
 * once, a command without an answer after `commandTimeout`, and the driver never sends anything twice by itself.
 */
export class Connection {
  readonly url: string;
  private readonly own: boolean;
  private made?: Client;
  private scripts: Scripts = compose({ flags: false, sharded: false });
  private lastError?: Error;
  /** Whether channels live in the slot of their lane. */
  sharded = false;
  /** Called whenever a connection is there (again). */
  onReady: () => void = () => {};
  /** Scripts on their way to a server, by their first key, for in a cluster each has to be told. */
  private readonly telling = new Map<string, Promise<unknown>>();
  /** Calls over a client that is not ours and that have no answer yet. */
  private readonly unanswered = new Set<(error: Error) => void>();

  constructor(private readonly options: RedisOptions) {
    this.own = !options.client;
    this.url = urlOf(options);
    this.made = options.client;
  }

  get client(): Client {
    if (!this.made) throw new StoreUnavailable(this.url, { cause: new Error('it was not opened') });
    return this.made;
  }

  get isCluster(): boolean {
    return this.made instanceof Cluster || !!this.options.cluster || this.made?.isCluster === true;
  }

  get ready(): boolean {
    return this.made?.status === 'ready';
  }

  /** Connects, or throws `StoreUnavailable` at the deadline; at once when it is told no. */
  async open(): Promise<void> {
    if (!this.made) this.made = this.make();
    const client = this.made;
    client.off('error', this.hearError).on('error', this.hearError);
    client.off('ready', this.hearReady).on('ready', this.hearReady);
    if (!this.own) this.watchLosses(client, 'on');
    if (client.status === 'wait') client.connect().catch(() => {});
    if (await this.whenReady(this.options.connectTimeout ?? 5000, true)) return;
    const cause = this.lastError;
    await this.close();
    throw new StoreUnavailable(this.url, { cause: cause ?? new Error('no answer in time') });
  }

  /** Speaks the dialect of this server from now on. */
  speak(dialect: { flags: boolean; sharded: boolean }): void {
    this.sharded = dialect.sharded;
    this.scripts = compose(dialect);
  }

  async close(): Promise<void> {
    const client = this.made;
    client?.off('error', this.hearError).off('ready', this.hearReady);
    if (client && !this.own) this.watchLosses(client, 'off');
    if (!client || !this.own) return;
    this.made = undefined;
    client.on('error', () => {});
    client.disconnect();
  }

  /** Runs a script; a server that does not know it yet is told. Errors are those of the driver: see `translate`. */
  async run(name: ScriptName, keys: string[], args: (string | number)[]): Promise<unknown> {
    const script = this.scripts[name];
    try {
      return await this.runKnown(script, keys, args);
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
    const at = `${script.sha} ${keys[0]}`;
    const telling = this.telling.get(at);
    // Whoever enqueues waits for nobody: after its deadline nothing may be sent.
    if (!telling || name === 'enqueue') return this.tell(at, script, keys, args);
    // Of many calls that find it unknown one tells it; it is long.
    await telling.catch(() => {});
    try {
      return await this.runKnown(script, keys, args);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      return this.tell(at, script, keys, args);
    }
  }

  private runKnown({ sha }: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    return this.once(this.client.evalsha(sha, keys.length, ...keys, ...args));
  }

  private async tell(at: string, { text }: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    const told = this.once(this.client.eval(text, keys.length, ...keys, ...args));
    this.telling.set(at, told);
    try {
      return await told;
    } finally {
      this.telling.delete(at);
    }
  }

  /**
   * The first answer, or an error when the connection was lost before it. A client that is not ours may send a call
   * again by itself, and then answers what the second run gave: jobs that the first one handed out would be nobody's.
   */
  private once<T>(answer: Promise<T>): Promise<T> {
    if (this.own) return answer;
    return new Promise<T>((resolve, reject) => {
      this.unanswered.add(reject);
      void answer.then(resolve, reject).finally(() => this.unanswered.delete(reject));
    });
  }

  /** Of a cluster, any node: a call in doubt is cheaper than a job that is lost. */
  private watchLosses(client: Client, how: 'on' | 'off'): void {
    client[how]('close', this.hearClose);
    if (!this.isCluster) return;
    client[how]('+node', this.hearNode);
    for (const node of (client as Cluster).nodes()) node[how]('close', this.hearClose);
  }

  /** Something else than a script, its errors translated. */
  async ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await question(this.client);
    } catch (error) {
      throw this.translated(error);
    }
  }

  translated(error: unknown): Error {
    return translate(error, this.url, this.options.namespace ?? 'millrace');
  }

  /** True once there is a connection, false after `ms` without one. */
  whenReady(ms: number, unlessDenied = false): Promise<boolean> {
    const client = this.made;
    if (!client) return Promise.resolve(false);
    if (client.status === 'ready') return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (ready: boolean) => {
        timer.cancel();
        client.off('ready', onReady).off('error', onError);
        resolve(ready);
      };
      const onReady = () => end(true);
      const onError = (error: Error) => unlessDenied && failureOf(error) === 'denied' && end(false);
      const timer = systemClock.after(ms, () => end(false));
      client.on('ready', onReady).on('error', onError);
    });
  }

  /** A connection of the same kind for hints. The caller closes it. */
  forHints(): Client {
    const { client } = this;
    if (client instanceof Cluster) {
      return client.duplicate([], { shardedSubscribers: true, lazyConnect: true, enableOfflineQueue: true });
    }
    return client.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: reconnect,
    });
  }

  private readonly hearError = (error: Error) => void (this.lastError = error);
  private readonly hearReady = () => this.onReady();
  private readonly hearNode = (node: Redis) => void node.on('close', this.hearClose);
  private readonly hearClose = () => {
    for (const reject of this.unanswered) reject(new Error('Connection is closed.'));
  };

  private make(): Client {
    const { url, cluster, clusterOptions, driver } = this.options;
    const { connectTimeout = 5000, commandTimeout = 5000, enqueueTimeout = 5000 } = this.options;
    const common: DriverOptions = {
      ...driver,
      ...sentinelsOf(this.options),
      // Replies in one shape whatever the driver's default; older drivers know nothing else.
      protocol: 2,
      connectTimeout,
      commandTimeout,
      // A connection that says nothing is given up early enough for an enqueue to be sent again over the next one.
      socketTimeout: Math.max(1, Math.min(commandTimeout, enqueueTimeout / 2)),
      enableAutoPipelining: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // A primary that was demoted refuses writes: look for the new one. Redis 6.2 says so in the middle of what a script says.
      reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
    };
    if (cluster) {
      return new Cluster(cluster, {
        ...clusterOptions,
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: reconnect,
        // A call without an answer may have been run: it is not sent again.
        retryDelayOnFailover: 0,
        redisOptions: { ...common, ...clusterOptions?.redisOptions },
      });
    }
    const single = { ...common, lazyConnect: true, enableOfflineQueue: false, retryStrategy: reconnect };
    return url === undefined ? new Redis(single) : new Redis(url, single);
  }
}

function isUnknown(error: unknown): boolean {
  return (error as Error).message.includes('NOSCRIPT');
}

function sentinelsOf({ sentinels, name = 'mymaster' }: RedisOptions): DriverOptions {
  return sentinels ? { sentinels, name, sentinelRetryStrategy: reconnect } : {};
}

/** Where it is, for people. */
function urlOf(options: RedisOptions): string {
  const { url, client, cluster, driver, sentinels } = options;
  const given = [url, client, cluster, sentinels].filter((way) => way !== undefined).length;
  if (given > 1) {
    throw new ConfigInvalid('redis', "Say where Redis is in one way: 'url', 'sentinels', 'cluster' or 'client'.");
  }
  if (url !== undefined) return hidePassword(url);
  if (cluster) {
    const names = cluster.map((node) =>
      typeof node === 'object' ? `${node.host ?? '127.0.0.1'}:${node.port ?? 6379}` : hidePassword(String(node)),
    );
    return `redis-cluster://${names.join(',')}`;
  }
  const at = client instanceof Redis ? client.options : { ...driver, ...sentinelsOf(options) };
  if (at?.sentinels) return `redis-sentinel://${at.name ?? ''}`;
  return at?.path ?? `redis://${at?.host ?? '127.0.0.1'}:${at?.port ?? 6379}`;
}
