/** One place in a line. */
export interface Place<T> {
  readonly line: Line<T>;
  readonly value: T;
  /** Grows from front to back; what a cursor remembers. */
  readonly position: number;
  before?: Place<T>;
  behind?: Place<T>;
}

/** A waiting line: joining at either end and leaving from anywhere cost the same, however long it is. */
export class Line<T> implements Iterable<T> {
  size = 0;
  private head?: Place<T>;
  private tail?: Place<T>;

  get first(): T | undefined {
    return this.head?.value;
  }

  joinTail(value: T): Place<T> {
    const place: Place<T> = { line: this, value, position: (this.tail?.position ?? 0) + 1, before: this.tail };
    if (this.tail) this.tail.behind = place;
    else this.head = place;
    this.tail = place;
    this.size++;
    return place;
  }

  joinFront(value: T): Place<T> {
    const place: Place<T> = { line: this, value, position: (this.head?.position ?? 0) - 1, behind: this.head };
    if (this.head) this.head.before = place;
    else this.tail = place;
    this.head = place;
    this.size++;
    return place;
  }

  leave(place: Place<T>): void {
    if (place.before) place.before.behind = place.behind;
    else this.head = place.behind;
    if (place.behind) place.behind.before = place.before;
    else this.tail = place.before;
    this.size--;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let place = this.head; place; place = place.behind) yield place.value;
  }
}
