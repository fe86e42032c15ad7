import { usePeople } from '../people';
import { ago, instant, t } from '../text';

/** A member by name; one whom the caller's list lacks by what is left of the id. */
export function Person({ id }: { id: string | null | undefined }) {
  const { members } = usePeople();
  if (!id) return <span class="faint">{t('name.nobody')}</span>;
  const found = members.get(id);
  if (found === undefined) return <span class="faint">{id.slice(0, 8)}</span>;
  return <span class={found.active ? '' : 'faint'}>{found.name}</span>;
}

export function useName(): (id: string | null | undefined) => string {
  const { members } = usePeople();
  return (id) => (id ? (members.get(id)?.name ?? id.slice(0, 8)) : t('name.nobody'));
}

/** A moment as one says it, with the exact one behind it. */
export function When({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="faint">—</span>;
  return (
    <time dateTime={at} title={instant(at)}>
      {ago(at)}
    </time>
  );
}
