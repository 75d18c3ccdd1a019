import type { TaskOptions } from './definition.js';

/** The exact name, or the longest prefix followed by `*`. */
export function overrideOf(name: string, overrides: Readonly<Record<string, TaskOptions>>): TaskOptions | undefined {
  let best: string | undefined;
  for (const key of Object.keys(overrides)) {
    if (key === name) return overrides[key];
    const fits = key.endsWith('*') && name.startsWith(key.slice(0, -1));
    if (fits && key.length > (best?.length ?? 0)) best = key;
  }
  return best === undefined ? undefined : overrides[best];
}
