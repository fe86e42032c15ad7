import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/problem';
import type { Asked } from '../ask';
import { called, t } from '../text';

/** What went wrong, in the reader's words, and the relay's own for whoever must mend it. */
export function Failure({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{called('problem', problem.code)}</p>
      {problem.fields.length > 0 && <p class="faint">{problem.fields.join(' · ')}</p>}
      {problem.detail && problem.fields.length === 0 && <p class="faint">{problem.detail}</p>}
      {again && (
        <button type="button" onClick={again}>
          {t('state.again')}
        </button>
      )}
    </div>
  );
}

/** Shows an answer; while there is none, that it is awaited; where it failed, why. */
export function Answer<T>({ asked, children }: { asked: Asked<T>; children: (value: T) => ComponentChildren }) {
  if (asked.value === undefined) {
    if (asked.problem !== undefined) return <Failure problem={asked.problem} again={asked.again} />;
    return (
      <p class="waiting" role="status">
        {t('state.loading')}
      </p>
    );
  }
  return (
    <>
      {asked.problem && <Failure problem={asked.problem} again={asked.again} />}
      {children(asked.value)}
    </>
  );
}
