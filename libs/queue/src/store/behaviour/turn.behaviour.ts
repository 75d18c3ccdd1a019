import type { ClaimedJob } from '../store.js';
import { Gated, group, ids, order, task } from './gated.js';
import { completed, lane, released, retried, type Stage } from './stage.js';

export function describeTurn(stage: Stage): void {
  const gated = new Gated(stage);
  const turn = (key: string, count = 1) => ({ gates: [group(key, { turn: count })] });

  describe('a turn', () => {
    it('is served to groups and plain jobs alike, however many a group has', async () => {
      await stage.workers('ann');
      const [a1, a2, a3, a4] = await stage.addMany(4, turn('a'));
      const [b1, b2] = await stage.addMany(2, turn('b'));
      const plain = await stage.addMany(2);

      expect(await gated.drain('ann')).toEqual([a1, b1, ...plain, a2, b2, a3, a4]);
    });

    it('is over for a whole exchange at once: a lone group fills it', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(25, turn('a'));

      expect(await gated.claim('ann', 20)).toEqual(jobs.slice(0, 20));
      expect(await gated.ready()).toEqual(jobs.slice(20));
    });

    it('comes to a late group after one round, not after what waits in others', async () => {
      await stage.workers('ann');
      await stage.addMany(300, turn('a'));
      await stage.addMany(300, turn('b'));
      await stage.claim('ann', 50);

      const late = await stage.add(turn('late'));

      expect((await gated.claim('ann', 3))[2]).toBe(late);
    });

    it('weighs: a group of three has three jobs in each round', async () => {
      await stage.workers('ann');
      const heavy = await stage.addMany(6, turn('heavy', 3));
      const light = await stage.addMany(2, turn('light'));
      const [a, b, c, d, e, f] = heavy;

      expect(await gated.drain('ann')).toEqual([a, b, c, light[0], d, e, f, light[1]]);
    });

    it('is counted per priority: an urgent job of a group does not wait for its others', async () => {
      await stage.workers('ann');
      const normal = await stage.addMany(2, turn('a'));
      const urgent = await stage.addMany(2, { ...turn('a'), priority: 0 });

      expect(await gated.drain('ann')).toEqual([...urgent, ...normal]);
    });

    it('is not taken by jobs that run', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(3, turn('a'));

      expect(await gated.claim('ann', 1)).toEqual([jobs[0]]);
      expect(await gated.claim('ann', 1)).toEqual([jobs[1]]);
    });

    it.each([
      ['is cancelled', (id: string) => stage.store.cancel([id])],
      ['is removed', (id: string) => stage.store.remove([id])],
      ['is put off', (id: string) => stage.store.reschedule([id], { in: 1000 })],
    ])('goes to the next of the group when the job in line %s', async (_, control) => {
      await stage.workers('ann');
      const [first, second, third] = await stage.addMany(3, turn('a'));

      await control(first!);

      expect(await stage.exchange('ann')).toMatchObject({ more: true });
      expect(await gated.claim('ann')).toEqual([second, third]);
    });

    it('is not waited for by a job that comes back to the front', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(3, turn('a'));
      const [held] = await stage.claim('ann', 1);

      await stage.settle('ann', released(held!));

      expect(await gated.ready()).toEqual(jobs);
      expect(await gated.claim('ann')).toEqual(jobs);
    });

    it('opens only once both are begun where a second job of a group stands in line', async () => {
      await stage.workers('ann');
      const [a, b, c] = await stage.addMany(3, turn('a'));
      const [held] = await stage.claim('ann', 1);
      await stage.settle('ann', released(held!));
      expect(await gated.claim('ann', 1)).toEqual([a]);
      expect(await gated.parked(c!)).toEqual(group('a', { turn: 1 }));

      expect(await gated.claim('ann', 1)).toEqual([b]);
      expect(await gated.parked(c!)).toBeUndefined();
    });

    it('says no time at which it comes', async () => {
      await stage.addMany(2, turn('a'));
      const { jobs } = await stage.store.list({ states: ['ready'] });

      expect(jobs.map(({ parked }) => parked)).toEqual([undefined, group('a', { turn: 1 })]);
    });

    it('is over for jobs that begin one after the other, whatever their groups, in the order of the round', async () => {
      await stage.workers('ann');
      const groups = ['a', 'b', 'c', 'd'];
      const jobs: string[][] = [];
      for (const key of groups) jobs.push(await stage.addMany(3, turn(key)));

      expect(await gated.claim('ann', 12)).toEqual([0, 1, 2].flatMap((round) => jobs.map((own) => own[round])));
    });
  });

  describe('a group with a max and a turn', () => {
    const both = { gates: [group('a', { max: 2, turn: 1 })] };

    it('runs so many at once, and has so many in line', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(4, both);
      const plain = await stage.add();
      expect(await gated.ready()).toEqual([jobs[0], plain, ...jobs.slice(1)]);

      const taken = await stage.claim('ann', 10);
      expect(ids(taken)).toEqual([jobs[0], plain, jobs[1]]);

      const { jobs: next } = await stage.exchange('ann', { settle: [completed(taken[0]!)], want: 10 });
      expect(ids(next)).toEqual([jobs[2]]);
    });

    it('holds nobody else up while it is full', async () => {
      await stage.workers('ann');
      await stage.addMany(200, both);
      const others = await stage.addMany(3, { gates: [group('b', { max: 2, turn: 1 })] });

      expect((await gated.claim('ann', 100)).filter((id) => others.includes(id))).toEqual(others.slice(0, 2));
    });
  });

  describe('several gates in a row', () => {
    const all = (key: string, more = {}) => ({
      gates: [order(key), group('tenant', { max: 2 }), task('grind', 3)],
      ...more,
    });

    it('are passed innermost first, and the first closed one is named', async () => {
      await stage.workers('ann');
      const [a1, a2] = [await stage.add(all('a')), await stage.add(all('a'))];
      const [b, c] = [await stage.add(all('b')), await stage.add(all('c'))];
      const plain = await stage.add({ gates: [task('grind', 3)] });
      const last = await stage.add({ gates: [task('grind', 3)] });

      expect(await gated.parked(a2)).toEqual(order('a'));
      expect(await gated.parked(c)).toEqual(group('tenant', { max: 2 }));
      expect(await gated.parked(last)).toEqual(task('grind', 3));
      expect(await gated.claim('ann')).toEqual([a1, b, plain]);
    });

    it('let a job climb through all that are open when the first opens', async () => {
      await stage.workers('ann');
      const [a1, a2] = [await stage.add(all('a')), await stage.add(all('a'))];
      const [first] = await stage.claim('ann', 10);
      expect(first!.id).toBe(a1);

      const { jobs } = await stage.exchange('ann', { settle: [completed(first!)], want: 1 });

      expect(ids(jobs)).toEqual([a2]);
    });

    it('keep a job at the next closed one on its way, and let the next one as far', async () => {
      await stage.workers('ann');
      const narrow = { gates: [group('narrow', { max: 1 }), task('grind', 1)] };
      const held = await stage.add({ gates: [task('grind', 1)] });
      const [first, second] = await stage.addMany(2, narrow);
      const [running] = await stage.claim('ann', 10);
      expect(running!.id).toBe(held);
      expect([await gated.parked(first!), await gated.parked(second!)]).toEqual([narrow.gates[1], narrow.gates[0]]);

      await stage.store.cancel([first!]);
      expect(await gated.parked(second!)).toEqual(narrow.gates[1]);

      await stage.settle('ann', completed(running!));
      expect(await gated.claim('ann')).toEqual([second]);
    });

    it('free all that a job has passed when it ends, fails or waits again', async () => {
      await stage.workers('ann');
      const [a, b, c] = [await stage.add(all('a')), await stage.add(all('b')), await stage.add(all('c'))];
      const taken = await stage.claim('ann', 10);
      expect(ids(taken)).toEqual([a, b]);

      const { jobs } = await stage.exchange('ann', { settle: [retried(taken[0]!, 60_000)], want: 10 });

      expect(ids(jobs)).toEqual([c]);
    });

    it('open outermost first, so that whoever has come further goes on first', async () => {
      const both = { gates: [group('a', { max: 1 }), task('grind', 1)] };
      const held = await stage.held('ann', both);
      const near = await stage.add(both);
      const far = await stage.add({ gates: [task('grind', 1)] });

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(jobs)).toEqual([far]);
      expect(await gated.parked(near)).toEqual(task('grind', 1));
    });

    it('are kept by a job that comes back to the front', async () => {
      const held = await stage.held('ann', all('a'));
      const next = await stage.add(all('a'));
      await stage.settle('ann', released(held));

      expect(await gated.claim('ann', 10)).toEqual([held.id]);
      expect(await gated.parked(next)).toEqual(order('a'));
    });

    it('hold nobody up behind a tenant whose jobs wait further out', async () => {
      await stage.workers('ann');
      const tenant = (key: string) => ({ gates: [group(key, { turn: 1 }), task('grind', 2)] });
      const [a1, a2] = await stage.addMany(200, tenant('a'));
      const [b1, b2] = await stage.addMany(2, tenant('b'));

      const ran: string[] = [];
      let jobs: ClaimedJob[] = await stage.claim('ann', 10);
      for (let i = 0; i < 2; i++) {
        ran.push(...ids(jobs));
        jobs = (await stage.exchange('ann', { settle: jobs.map((job) => completed(job)), want: 10 })).jobs;
      }

      expect(new Set(ran)).toEqual(new Set([a1, a2, b1, b2]));
    });
  });

  describe('gates by the hundred', () => {
    it('are let through bit by bit, all within the exchanges that ask', async () => {
      await stage.workers('ann');
      await stage.store.configure(lane.queue, { tasks: { grind: { paused: true } } });
      const jobs = await stage.addMany(250);
      await stage.store.configure(lane.queue, { tasks: { grind: null } });

      const ran: string[] = [];
      for (let i = 0; i < 3; i++) ran.push(...(await gated.claim('ann', 1000)));

      expect(ran).toEqual(jobs);
    });

    it('say that there is more to let through at once', async () => {
      await stage.workers('ann');
      await stage.store.configure(lane.queue, { tasks: { grind: { paused: true } } });
      await stage.addMany(101);
      expect(await stage.exchange('ann', { want: 1000 })).toMatchObject({ jobs: [], more: false });
      await stage.store.configure(lane.queue, { tasks: { grind: { paused: false } } });

      const answer = await stage.exchange('ann');

      expect(answer).toMatchObject({ more: true, dueIn: 0 });
    });
  });
}
