/** Texts in their plain order, each once. A page of them costs what it shows. */
export class Sorted {
  private readonly items: string[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: string): void {
    const behind = this.countUpTo(item);
    if (this.items[behind - 1] !== item) this.items.splice(behind, 0, item);
  }

  /** Harmless when the item is not inside. */
  delete(item: string): void {
    const behind = this.countUpTo(item);
    if (this.items[behind - 1] === item) this.items.splice(behind - 1, 1);
  }

  /** At most `limit` of those that come after `cursor`. */
  page(cursor: string | undefined, limit: number): string[] {
    const start = cursor === undefined ? 0 : this.countUpTo(cursor);
    return this.items.slice(start, start + limit);
  }

  /** How many are not after `item`. */
  private countUpTo(item: string): number {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle]! <= item) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
