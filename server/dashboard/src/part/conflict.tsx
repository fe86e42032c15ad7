import { useState } from 'preact/hooks';
import { Problem } from '../api/problem';
import { type AnyRecord, conflicts, plural, resolve } from '../api/record';
import { useAsk } from '../ask';
import { called, t } from '../text';
import { Person, When } from './name';
import { Answer, Failure } from './state';
import { Value } from './value';

/** Values that were written apart, beside each other; whoever may write chooses one. */
export function Conflicts({ record, decided }: { record: AnyRecord; decided: () => void }) {
  const collection = plural(record.kind);
  const asked = useAsk(`conflicts ${record.id} ${record.heads.join()}`, () => conflicts(collection, record.id));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const choose = async (field: string, value: unknown) => {
    setBusy(true);
    try {
      await resolve(collection, record.id, field, value);
      setProblem(null);
      decided();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
    }
    setBusy(false);
  };
  return (
    <Answer asked={asked}>
      {(found) => (
        <>
          {problem && <Failure problem={problem} />}
          {found.map((conflict) => {
            const [field = '', key] = conflict.field.split('/');
            const name = called('field', field) + (key === undefined ? '' : ` · ${called('field', key)}`);
            return (
              <fieldset key={conflict.field} class="plainset">
                <legend>{name}</legend>
                <div class="choices">
                  {conflict.siblings.map((one, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: two may have written the same
                    <div class="choice" key={at}>
                      <p class="value">
                        <Value field={key ?? field} value={one.value} />
                      </p>
                      <p class="faint">
                        <Person id={one.by} /> · <When at={one.at} />
                      </p>
                      <button type="button" disabled={busy} onClick={() => choose(conflict.field, one.value)}>
                        {t('decide.keep')}
                        <span class="unseen">
                          {' '}
                          {name}: {typeof one.value === 'object' ? JSON.stringify(one.value) : String(one.value)}
                        </span>
                      </button>
                    </div>
                  ))}
                </div>
              </fieldset>
            );
          })}
        </>
      )}
    </Answer>
  );
}
