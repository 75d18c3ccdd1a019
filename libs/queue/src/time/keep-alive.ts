const hour = 3_600_000;

/**
 * Keeps the process alive until the answered function is called. No wait of a `Clock` does, so whoever is the reason
 * for a process to live (a boot that tries again, a worker) says so.
 */
export function keepAlive(): () => void {
  const handle = setInterval(() => undefined, hour);
  return () => clearInterval(handle);
}
