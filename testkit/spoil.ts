/** What a function node can do to everything that it was given: change every value, take members away, add its own. */
export function spoil(given: unknown, seen = new Set<unknown>()): void {
  if (typeof given !== 'object' || given === null || seen.has(given)) return;
  seen.add(given);
  const members = given as Record<string, unknown>;
  for (const [place, name] of Object.keys(members).entries()) {
    spoil(members[name], seen);
    // What cannot be changed is harmless: a function node is not in strict mode and goes on.
    if (place % 2 === 0) Reflect.deleteProperty(members, name);
    else Reflect.set(members, name, typeof members[name] === 'number' ? -1 : 'spoiled');
  }
  Reflect.set(members, 'mine', 'spoiled');
}
