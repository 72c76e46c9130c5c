/** Where a list goes on: to its start, and to what is older. */
export function Paging({
  newest,
  older,
  olderText = 'Older',
}: {
  readonly newest: string | null;
  readonly older: string | null;
  readonly olderText?: string;
}) {
  if (newest === null && older === null) return null;
  return (
    <nav class="paging" aria-label="Pages">
      {newest === null ? null : <a href={newest}>Newest</a>}
      {older === null ? null : (
        <a href={older} rel="next">
          {olderText}
        </a>
      )}
    </nav>
  );
}
