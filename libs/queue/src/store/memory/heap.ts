/** A binary heap that knows where each item is, so that any of them can leave in O(log n). */
export class Heap<T> implements Iterable<T> {
  private readonly items: T[] = [];
  private readonly at = new Map<T, number>();

  /** `order` is negative when `a` comes before `b`, and must not change while an item is inside. */
  constructor(private readonly order: (a: T, b: T) => number) {}

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    this.items.push(item);
    this.rise(this.items.length - 1);
  }

  /** Harmless when the item is not inside. */
  delete(item: T): void {
    const index = this.at.get(item);
    if (index === undefined) return;
    this.at.delete(item);
    const last = this.items.pop()!;
    if (last === item) return;
    this.items[index] = last;
    this.sink(this.rise(index));
  }

  has(item: T): boolean {
    return this.at.has(item);
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }

  private rise(index: number): number {
    const item = this.items[index]!;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (this.order(item, this.items[above]!) >= 0) break;
      this.put(this.items[above]!, index);
      index = above;
    }
    this.put(item, index);
    return index;
  }

  private sink(index: number): void {
    const item = this.items[index]!;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= this.items.length) break;
      if (below + 1 < this.items.length && this.order(this.items[below + 1]!, this.items[below]!) < 0) below++;
      if (this.order(item, this.items[below]!) <= 0) break;
      this.put(this.items[below]!, index);
      index = below;
    }
    this.put(item, index);
  }

  private put(item: T, index: number): void {
    this.items[index] = item;
    this.at.set(item, index);
  }
}

/** Plain order of code units, the same in every store. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
