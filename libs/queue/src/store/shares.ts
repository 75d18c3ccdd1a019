/**
 * How many of the next `want` takes belong to each band by its weight, given how many jobs stand in each and how many were
 * taken before: the takes go round in as many as the weights of the bands with jobs come to, and in each round first those
 * of band 0, then those of band 1, and so on. Together they are `want`, or none at all.
 */
export function sharesOf(sizes: readonly number[], weights: readonly number[], takes: number, want: number): number[] {
  const busy = weights.map((weight, band) => (sizes[band]! > 0 ? weight : 0));
  const round = busy.reduce((total, weight) => total + weight, 0);
  if (round === 0) return busy;
  let before = 0;
  return busy.map((weight) => {
    const share = (takes: number) =>
      Math.floor(takes / round) * weight + Math.min(Math.max((takes % round) - before, 0), weight);
    const part = share(takes + want) - share(takes);
    before += weight;
    return part;
  });
}
