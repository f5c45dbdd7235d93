/** Whether a version such as 20.19.1 or 4.1.0-beta.2 is another one or newer. */
export function isAtLeast(version: string, oldest: string): boolean {
  const numbers = (text: string): readonly number[] => (text.split('-')[0] ?? '').split('.').map(Number);
  const [own, least] = [numbers(version), numbers(oldest)];
  for (const [index, number] of least.entries()) {
    const found = own[index] ?? 0;
    if (found !== number) return found > number;
  }
  return true;
}
