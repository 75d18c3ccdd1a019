import { isFinal, jobStates } from '../../job/state.js';
import { checkAfter } from '../fsck-rules/after.js';
import { checkGates } from '../fsck-rules/gates.js';
import { checkLedger } from '../fsck-rules/ledger.js';
import { checkSchedules } from '../fsck-rules/schedules.js';
import { checkUnique } from '../fsck-rules/unique.js';
import type { Violation } from '../store.js';
import type { Job } from './job.js';
import { counts } from './look.js';
import type { Final, Shard } from './shard.js';
import type { World } from './world.js';

/** Every invariant that can be read off this store, over all of it. */
export function fsck(world: World): Violation[] {
  return [
    ...world
      .shards()
      .flatMap((shard) => [
        ...checkPlaces(shard),
        ...checkHolds(shard),
        ...checkUnique(shard.jobs.values()),
        ...checkGates(shard.jobs.values(), shard.gates.figures(), shard.settings, world.now()),
        ...checkKeys(shard),
      ]),
    ...checkAfter(
      world.shards().flatMap((shard) => [...shard.jobs.values()]),
      (id) => world.job(id),
    ),
    ...counts(world).flatMap(checkLedger),
    ...checkSchedules(world.book.byId.values(), new Map([...world.book.due].map(({ id, next }) => [id, next!]))),
  ];
}

/** I1: every job is in the place of its state and in no other, and the counts know it. */
function checkPlaces(shard: Shard): Violation[] {
  const found = new Map<string, number>();
  const places = [...shard.lines, shard.scheduled, ...Object.values(shard.kept)].flatMap((place) => [...place]);
  const held = [...shard.holds.values()].flatMap((jobs) => [...jobs.values()]);
  for (const { id } of [...places, ...held, ...shard.gates.parked()]) found.set(id, (found.get(id) ?? 0) + 1);

  const jobs = [...shard.jobs.values()];
  const lost = jobs.filter((job) => job.state !== 'blocked' && (found.get(job.id) !== 1 || !isInPlace(shard, job)));
  const strangers = [...found.keys()].filter((id) => !shard.jobs.has(id));
  const miscounted = jobStates.filter(
    (state) => shard.counts[state] !== jobs.filter((job) => job.state === state).length,
  );
  return [
    ...violation('I1', 'not in exactly the place of their state', [...lost.map((job) => job.id)]),
    ...violation('I1', 'in a place without a record', strangers),
    ...miscounted.map((state) => ({ invariant: 'I1', says: `the count of ${state} jobs is wrong`, jobs: [] })),
  ];
}

function isInPlace(shard: Shard, job: Job): boolean {
  if (job.state === 'ready') return job.place ? shard.lines.includes(job.place.line) : job.ticket !== undefined;
  if (job.state === 'scheduled') return shard.scheduled.has(job) && job.dueAt !== undefined;
  if (job.state === 'active') return shard.holds.get(job.worker!)?.get(job.id) === job;
  return isFinal(job.state) && shard.kept[job.state as Final].has(job);
}

/** I2: who holds jobs has a lease, if only one that ran out. I3: fences are all different, and none is ahead of the counter. */
function checkHolds(shard: Shard): Violation[] {
  const held = [...shard.holds.values()].flatMap((jobs) => [...jobs.values()]);
  const orphans = held.filter((job) => !shard.leases.knows(job.worker!));
  const fences = new Set(held.map((job) => job.fence));
  const ahead = held.filter((job) => job.fence! > shard.fence);
  return [
    ...violation(
      'I2',
      'held by a worker without a lease',
      orphans.map((job) => job.id),
    ),
    ...violation(
      'I3',
      'with a fence that was never given',
      ahead.map((job) => job.id),
    ),
    ...(fences.size === held.length
      ? []
      : violation(
          'I3',
          'share a fence',
          held.map((job) => job.id),
        )),
  ];
}

/** I8: no key outlives the record it points to, unless its time is not over. */
function checkKeys(shard: Shard): Violation[] {
  return shard.keys.strays().map((key) => ({ invariant: 'I8', says: `the key ${key} points to nothing`, jobs: [] }));
}

function violation(invariant: string, says: string, jobs: string[]): Violation[] {
  return jobs.length > 0 ? [{ invariant, says, jobs }] : [];
}
