/** `1,234,567`. */
export function count(amount: number): string {
  return amount.toLocaleString('en-US');
}
