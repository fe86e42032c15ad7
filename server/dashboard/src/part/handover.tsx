import { useState } from 'preact/hooks';
import { api, told } from '../api/client';
import { charges, usePeople } from '../people';
import { compare, t } from '../text';
import { Dialog } from './dialog';

export interface Held {
  scope: string;
  name: string;
}

/** Hands records over from one member to another, one by one: each is a step of its own. */
export function Handover({
  records,
  from,
  close,
  done,
}: {
  records: Held[];
  from: string | null;
  close: () => void;
  done: () => void;
}) {
  const people = usePeople();
  const takers = charges(people)
    .filter((one) => one.active && one.id !== from && one.role !== 'admin')
    .sort((a, b) => compare(a.name, b.name));
  const [to, setTo] = useState('');
  const [gone, setGone] = useState(0);
  const act = async () => {
    for (const [at, record] of records.entries()) {
      if (at < gone) continue;
      const body = from === null ? { to } : { from, to };
      await told(
        api.POST('/v1/scopes/{id}/handover', { params: { path: { id: record.scope } }, body: body as { to: string } }),
      );
      setGone(at + 1);
    }
    done();
  };
  return (
    <Dialog title={t('handover.title', { n: records.length })} word={t('handover.do')} act={act} close={close}>
      <ul class="picked">
        {records.map((one) => (
          <li key={one.scope}>{one.name}</li>
        ))}
      </ul>
      <label>
        <span>{t('handover.to')}</span>
        <select required value={to} onChange={(event) => setTo(event.currentTarget.value)}>
          <option value="">{t('pick.choose')}</option>
          {takers.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <p class="faint">{t('handover.what')}</p>
      {gone > 0 && <p role="status">{t('handover.gone', { n: gone, of: records.length })}</p>}
    </Dialog>
  );
}
