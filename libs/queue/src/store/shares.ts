/**
 * How many of the next `want` takes belong to each band by its weight, given how many jobs stand in each and how many were
 * taken before. Together they may come to more than `want`: the first bands are served first. What is left over goes top down.
 */
export function sharesOf(sizes: readonly number[], weights: readonly number[], takes: number, want: number): number[] {
  const busy = weights.map((weight, band) => (sizes[band]! > 0 ? weight : 0));
  const whole = busy.reduce((total, weight) => total + weight, 0);
  if (whole === 0) return busy;
  return busy.map((weight) => Math.floor(((takes + want) * weight) / whole) - Math.floor((takes * weight) / whole));
}
