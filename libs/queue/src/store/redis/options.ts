import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions as DriverOptions } from 'ioredis';
import type { Clock } from '../../time/clock.js';

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, `rediss://…` for TLS, or a path of a unix socket. Default `redis://127.0.0.1:6379`. */
  url?: string;
  /** A connection of your own. It is used for commands and never closed; hints get a duplicate of it. */
  client?: Redis | Cluster;
  /** Nodes of a Redis Cluster to begin with. */
  cluster?: ClusterNode[];
  /** Sentinels that know where the primary of the group `name` is. */
  sentinels?: { host?: string; port?: number }[];
  /** The group the sentinels watch. Default `'mymaster'`. */
  name?: string;
  /** Further options of the driver for a cluster: `redisOptions`, `natMap`, `dnsLookup` … */
  clusterOptions?: ClusterOptions;
  /** Anything else the driver understands: `tls`, `username`, `sentinelPassword`, `db` … */
  driver?: DriverOptions;
  /** Separates applications that share a server. Default `'millrace'`. */
  namespace?: string;
  /** What "now" is, for tests. Default: the server's own clock. */
  clock?: Clock;
  /** Milliseconds `open` tries to connect. Default 5000. */
  connectTimeout?: number;
  /** Milliseconds a command may take. Default 5000. */
  commandTimeout?: number;
  /** Milliseconds `enqueue` waits for a store that is away, sending again what got no answer. Default 5000. */
  enqueueTimeout?: number;
  /** Told what is not wrong but may surprise: no append-only file, an eviction policy. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}
