/** Default bounds. Each is refused with a typed error, before anything is written. */
export const limits = {
  /** Bytes of an encoded payload or result. */
  payload: 256 * 1024,
  /** Nothing may raise `payload` above this. */
  payloadCeiling: 1024 * 1024,
  /** Jobs, or settlements, of one call to the store. */
  batch: 1000,
  /** Bytes of one call to the store. */
  batchBytes: 1024 * 1024,
  /** Characters of a unique key or of the caller's own `jobId`. */
  key: 256,
  /** Milliseconds a job may be delayed: one year. */
  delay: 366 * 24 * 3600 * 1000,
  /** Jobs that one job may wait for. */
  parents: 1000,
  /** Charged attempts of one job. */
  attempts: 1000,
  /** A job survives two lost workers; the third fails it. */
  crashes: 3,
  /** Bytes of the key of a group or an order. */
  gateKey: 256,
  /** Jobs that a limit may allow to be active at once. */
  maxActive: 1_000_000,
  /** Share of a group beside others, and of a band of priority. */
  weight: 100,
  /** Times a payload is merged into one that others change as well. */
  merges: 20,
  /** Places of one worker and queue. */
  concurrency: 10_000,
  /** Threads of one worker. */
  threads: 1000,
  /** Bytes of heap a thread needs at least. */
  threadMemory: 16 * 1024 * 1024,
  /** Characters of a stored error: name, message, stack and causes together. */
  error: 16 * 1024,
  /** Attempts that stay readable with a job. */
  history: 20,
  /** Log lines kept with a job. */
  log: 200,
  /** Milliseconds a completed or cancelled job is kept. */
  keepFinished: 3600 * 1000,
  /** Milliseconds a failed job is kept. */
  keepFailed: 7 * 24 * 3600 * 1000,
  /** Completed, cancelled and failed jobs kept per queue shard, whatever their age: this many of each. */
  keepCount: 10_000,
  /** Nesting of a payload. */
  depth: 64,
  /** Milliseconds of a worker's lease. */
  lease: 15_000,
  /** Milliseconds. A job scheduled for sooner than this is hinted at once, as an idle worker may sleep as long. */
  soon: 5000,
  /** Scheduled jobs that one exchange promotes at most. */
  promote: 200,
  /** Parked jobs that one gate lets through in one go. */
  through: 100,
  /** Gates that one exchange opens by the clock. */
  wake: 200,
  /** Jobs that one call to `reap` or `prune` touches at most. */
  page: 500,
  /** Schedules of one namespace. */
  schedules: 100_000,
  /** Slots that stay readable with a schedule. */
  slots: 20,
  /** Missed slots of one schedule that are caught up at once. */
  catchUp: 1000,
  /** Milliseconds after which a slot that nobody dealt with is late: what becomes of it then is its schedule's `misfire`. */
  punctual: 5000,
  /** Functions of one process that wait or run after responses. */
  background: 1000,
  /** One take in this many goes to the lowest band that has jobs. */
  lowestShare: 16,
} as const;
