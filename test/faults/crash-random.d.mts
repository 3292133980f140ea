export function randomFrom(seed: number): (below: number) => number;
