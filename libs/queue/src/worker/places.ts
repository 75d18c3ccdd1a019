/** The concurrency of one queue, shared by its lanes. A place is taken from the claim until the code has come back. */
export class Places {
  taken = 0;
  /** Asked for by exchanges on their way. */
  promised = 0;

  constructor(readonly capacity: number) {}

  get free(): number {
    return Math.max(0, this.capacity - this.taken - this.promised);
  }
}
