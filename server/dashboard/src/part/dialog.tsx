import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Problem } from '../api/problem';
import { t } from '../text';
import { Failure } from './state';

interface Given {
  title: string;
  children: ComponentChildren;
  close: () => void;
  /** The word on the button that does it; none for a dialog that only tells. */
  word?: string;
  /** Does it; the dialog closes where it went well, and says why where not. */
  act?: () => Promise<void>;
  /** It cannot be undone. */
  grave?: boolean;
}

/** A dialog of the browser's own: it holds the focus, and Escape closes it. */
export function Dialog({ title, children, close, word, act, grave = false }: Given) {
  const element = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<Problem | undefined>();
  const [busy, setBusy] = useState(false);
  const heading = useId();
  useEffect(() => {
    element.current?.showModal();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (act === undefined || busy) return;
    setBusy(true);
    try {
      await act();
      close();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
      setBusy(false);
    }
  };
  return (
    <dialog ref={element} aria-labelledby={heading} onClose={close}>
      <form onSubmit={submit}>
        <h2 id={heading}>{title}</h2>
        {children}
        {problem && <Failure problem={problem} />}
        <div class="buttons">
          <button type="button" class="plain" onClick={close}>
            {act === undefined ? t('dialog.close') : t('dialog.cancel')}
          </button>
          {act !== undefined && (
            <button type="submit" class={grave ? 'grave' : 'main'} disabled={busy}>
              {word}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
