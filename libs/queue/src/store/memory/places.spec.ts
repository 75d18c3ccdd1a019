import * as fc from 'fast-check';
import { Heap } from './heap.js';
import { Line, type Place } from './line.js';
import { Sorted } from './sorted.js';

describe('Line', () => {
  it('lets any value leave, and keeps the order of the others', () => {
    const line = new Line<string>();
    const [b, c, d] = ['b', 'c', 'd'].map((value) => line.joinTail(value));
    line.joinFront('a');

    line.leave(c!);
    expect([...line]).toEqual(['a', 'b', 'd']);
    line.leave(d!);
    line.leave(b!);
    expect([line.first, line.size]).toEqual(['a', 1]);
  });

  it('gives positions that grow from front to back, whoever joins where', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('front', 'tail', 'leave'), { maxLength: 50 }), (moves) => {
        const line = new Line<number>();
        const places = new Map<number, Place<number>>();
        moves.forEach((move, value) => {
          if (move === 'leave') {
            const [first] = places;
            if (!first) return;
            places.delete(first[0]);
            return line.leave(first[1]);
          }
          places.set(value, move === 'front' ? line.joinFront(value) : line.joinTail(value));
        });
        const positions = [...line].map((value) => places.get(value)!.position);
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        expect(new Set(positions).size).toBe(places.size);
        expect(line.size).toBe(places.size);
      }),
      { verbose: true },
    );
  });
});

describe('Heap', () => {
  it('gives items in order, whatever was added and taken out in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), (moves) => {
        const heap = new Heap<{ rank: number }>((a, b) => a.rank - b.rank);
        const inside: { rank: number }[] = [];
        for (const [rank, leaves] of moves) {
          if (leaves && inside.length > 0) heap.delete(inside.splice(rank % inside.length, 1)[0]!);
          else heap.add(inside[inside.push({ rank }) - 1]!);
        }
        const ranks: number[] = [];
        for (let item = heap.first; item; item = heap.first) {
          ranks.push(item.rank);
          heap.delete(item);
        }
        expect(ranks).toEqual(inside.map((item) => item.rank).sort((a, b) => a - b));
      }),
      { verbose: true },
    );
  });

  it('does not mind an item it never had', () => {
    const heap = new Heap<number>((a, b) => a - b);
    heap.add(1);
    heap.delete(2);

    expect([heap.size, heap.has(1), heap.has(2)]).toEqual([1, true, false]);
  });
});

describe('Sorted', () => {
  it('gives pages of what came and did not go, in order', () => {
    const texts = fc.constantFrom('a', 'B', 'a1', '~', 'b', '10', '9', 'ab');
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, fc.boolean())), fc.option(texts), fc.nat(4), (moves, cursor, limit) => {
        const sorted = new Sorted();
        const inside = new Set<string>();
        for (const [text, comes] of moves) {
          if (comes) sorted.add(text);
          else sorted.delete(text);
          if (comes) inside.add(text);
          else inside.delete(text);
        }
        const all = [...inside].sort();
        expect([sorted.size, sorted.page(undefined, Infinity)]).toEqual([all.length, all]);
        const behind = all.filter((text) => cursor === null || text > cursor);
        expect(sorted.page(cursor ?? undefined, limit)).toEqual(behind.slice(0, limit));
      }),
      { verbose: true },
    );
  });
});
