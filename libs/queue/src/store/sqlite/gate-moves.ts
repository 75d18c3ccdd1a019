import type { Lane } from './lane.js';
import type { Climber, Gated } from './row.js';
import { escapeText } from './text.js';
import type { Transaction } from './transaction.js';

/**
 * Where the jobs go that gates move, in one lane and transaction: known here at once, and written down together before anybody reads
 * jobs.
 */
export class GateMoves {
  private readonly moved = new Map<number, Gated>();
  /** Let in one behind the other: their numbers, and the position of the first. */
  private through = { pos: 0, jobs: [] as (number | null)[] };
  /** By place, who was let in one behind the other, up to the position `end`, and has not begun. */
  private arrived = { end: 0, jobs: new Map<number, Climber[]>() };
  /** Of those, who has begun: members of a JSON object, from their numbers to their fences. */
  private begun = { worker: '', jobs: [] as string[] };
  /** What became of completed jobs, by how long they are kept: members of a JSON object, from their numbers to their results. */
  private readonly completed = new Map<number, string[]>();

  constructor(
    private readonly tx: Transaction,
    private readonly lane: Lane,
  ) {}

  /** Its place, ticket or number of passed gates has changed, and will be written with those of others. */
  move(job: Gated): void {
    this.moved.set(job.n, job);
  }

  /** The same of a job that was parked, has passed one gate more and stands in line now. */
  letIn({ n, pos }: Gated): void {
    const { through } = this;
    if (pos !== through.pos + through.jobs.length) {
      this.write();
      through.pos = pos!;
    }
    through.jobs.push(n);
  }

  /** A job was let in, and stands at the tail of its line. */
  arrive(job: Climber): void {
    const { arrived } = this;
    if (job.pos !== arrived.end) arrived.jobs.clear();
    arrived.end = job.pos! + 1;
    const line = arrived.jobs.get(job.place!);
    if (line) line.push(job);
    else arrived.jobs.set(job.place!, [job]);
  }

  /** At the tail of this line, those that this transaction let in: they may begin before their rows say so. None when others came after. */
  arrivedAt(place: number): Climber[] {
    return (this.arrived.end === this.lane.tail && this.arrived.jobs.get(place)) || [];
  }

  /** Whoever was let in may have changed since. */
  forgetArrived(): void {
    this.arrived.jobs.clear();
  }

  /** A job that was let in, at this position, has begun. */
  begin({ n }: Gated, pos: number, worker: string, fence: number): void {
    const { through, begun } = this;
    if (through.jobs[pos - through.pos] === n) through.jobs[pos - through.pos] = null;
    this.moved.delete(n);
    begun.worker = worker;
    begun.jobs.push(`"${n}":${fence}`);
  }

  /** It has completed, as the row of this number will say before anybody reads it. */
  complete(n: number, keep: number, result?: string): void {
    const ending = `"${n}":${result === undefined ? null : JSON.stringify(escapeText(result))}`;
    const alike = this.completed.get(keep);
    if (alike) alike.push(ending);
    else this.completed.set(keep, [ending]);
  }

  /** Comes before whatever reads jobs. */
  write(): void {
    const { now, db } = this.tx;
    for (const [keep, endings] of this.completed) db.run('gate.complete', now, now + keep, `{${endings.join()}}`);
    this.completed.clear();
    this.writeThrough();
    this.writeMoved();
    const { worker, jobs } = this.begun;
    if (jobs.length > 0) db.run('gate.begin', worker, now, `{${jobs.splice(0).join()}}`);
  }

  private writeThrough(): void {
    const { pos, jobs } = this.through;
    if (jobs.some((n) => n !== null)) this.tx.db.run('gate.let_in', pos, JSON.stringify(jobs));
    jobs.length = 0;
  }

  private writeMoved(): void {
    if (this.moved.size === 0) return;
    const rows = [...this.moved.values()].map(({ n, place, pos, gating }) => [
      n,
      place,
      pos,
      gating!.passed,
      gating!.ticket,
    ]);
    this.moved.clear();
    this.tx.db.run('gate.move', JSON.stringify(rows));
  }
}
