import { useState } from 'preact/hooks';
import type { Schema } from '../api/client';
import { duplicates } from '../api/insight';
import { edit, record } from '../api/record';
import { useAsk } from '../ask';
import { address } from '../place';
import { called, percent, t } from '../text';
import { Dialog } from './dialog';
import { Answer } from './state';

type Pair = Schema<'Pair'>;

/** Customers that are likely there twice; one of them may be said to be the other. */
export function Duplicates() {
  const asked = useAsk('duplicates', duplicates, ['customer']);
  const [about, setAbout] = useState<{ keep: string; keepName: string; lose: string; loseName: string } | null>(null);
  const link = (id: string, name: string) => <a href={address(['record', 'customers', id])}>{name}</a>;
  const choice = (pair: Pair, first: boolean) => {
    const [one, other] = [
      { id: pair.one, name: pair.one_name ?? pair.one.slice(0, 8) },
      { id: pair.other, name: pair.other_name ?? pair.other.slice(0, 8) },
    ];
    const [keep, lose] = first ? [one, other] : [other, one];
    return (
      <div class="choice">
        <p class="value">{link(keep.id, keep.name)}</p>
        <button
          type="button"
          onClick={() => setAbout({ keep: keep.id, keepName: keep.name, lose: lose.id, loseName: lose.name })}
        >
          {t('duplicates.keep')}
          <span class="unseen"> {keep.name}</span>
        </button>
      </div>
    );
  };
  return (
    <section class="card" aria-labelledby="duplicates">
      <h2 id="duplicates">
        {t('decide.duplicates')} <span class="badge">{asked.value?.pairs.length ?? '…'}</span>
      </h2>
      <p class="what">{t('decide.duplicates.what')}</p>
      <Answer asked={asked}>
        {({ pairs, limited }) => (
          <>
            {limited && <p class="badge warn">{t('duplicates.limited')}</p>}
            {pairs.length === 0 && <p class="empty">{t('decide.duplicates.none')}</p>}
            {pairs.map((pair) => (
              <div class="decision" key={`${pair.one} ${pair.other}`}>
                <h3>
                  {pair.one_name} · {pair.other_name}
                </h3>
                <p class="faint">
                  {t('duplicates.likely', { bp: percent(pair.score_bp, 0) })}:{' '}
                  {pair.reasons.map((reason) => called('likeness', reason)).join(' · ')}
                </p>
                <div class="choices">
                  {choice(pair, true)}
                  {choice(pair, false)}
                </div>
              </div>
            ))}
          </>
        )}
      </Answer>
      {about !== null && (
        <Dialog
          title={t('duplicates.title', { lose: about.loseName, keep: about.keepName })}
          word={t('duplicates.merge')}
          close={() => setAbout(null)}
          act={async () => {
            const found = await record('customers', about.lose);
            await edit(found, { aliases: { append: [{ event: 'merge', survivor: about.keep }] } });
            asked.again();
          }}
        >
          <p>{t('duplicates.merge.what')}</p>
        </Dialog>
      )}
    </section>
  );
}
