/**
 * What one job's fate means to another that waits for it. `link`: the child (`from`) waits for the parent (`to`).
 * `completed`, `ended`: the parent (`from`) tells the child (`to`) how it ended.
 */
export interface Effect {
  kind: 'link' | 'completed' | 'ended';
  from: string;
  to: string;
}

/**
 * Effects that a verb has raised, held back until its own work is done, and carried in the order that all stores keep:
 * first those that stay in the shard they were raised in, then shard by shard those that travel.
 */
export class Effects {
  /** By the shard they were raised in. */
  private readonly raised = new Map<string, Effect[]>();

  raise(effect: Effect): void {
    const shard = shardOf(effect.from);
    const known = this.raised.get(shard);
    if (known) known.push(effect);
    else this.raised.set(shard, [effect]);
  }

  get none(): boolean {
    return this.raised.size === 0;
  }

  /** All that were not carried, which is none unless `carry` was told to stop. */
  take(): Effect[] {
    const left = [...this.raised.values()].flat();
    this.raised.clear();
    return left;
  }

  /** Carries until none is left, also those that are raised meanwhile; stops early after about `most`. */
  carry(apply: (effect: Effect) => void, most = Infinity): void {
    if (this.none) return;
    let left = most;
    const counted = (effect: Effect) => {
      left--;
      apply(effect);
    };
    const shards = [...this.raised.keys()];
    for (const shard of shards) this.carryWithin(shard, counted, left);
    for (let shard = shards.shift(); shard !== undefined && left > 0; shard = shards.shift()) {
      const travelling = this.raised.get(shard) ?? [];
      this.raised.delete(shard);
      for (const [target, effects] of byTarget(travelling)) {
        for (const effect of effects) counted(effect);
        this.carryWithin(target, counted, left);
        if (this.raised.has(target) && !shards.includes(target)) shards.push(target);
      }
    }
  }

  /** Carries what stays in one shard, at most `most`. */
  carryWithin(shard: string, apply: (effect: Effect) => void, most = Infinity): void {
    const away: Effect[] = [];
    for (let left = most, found = this.raised.get(shard); found && left > 0; found = this.raised.get(shard)) {
      this.raised.delete(shard);
      for (const effect of found) {
        if (shardOf(effect.to) !== shard || left-- <= 0) away.push(effect);
        else apply(effect);
      }
    }
    if (away.length > 0) this.raised.set(shard, [...away, ...(this.raised.get(shard) ?? [])]);
  }
}

/** `<queue>~<shard>`, as every id of the shard begins. */
function shardOf(id: string): string {
  return id.slice(0, id.lastIndexOf('~'));
}

function byTarget(effects: Effect[]): Map<string, Effect[]> {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const target = shardOf(effect.to);
    const group = groups.get(target);
    if (group) group.push(effect);
    else groups.set(target, [effect]);
  }
  return groups;
}
