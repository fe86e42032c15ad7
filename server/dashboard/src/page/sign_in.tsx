import { useState } from 'preact/hooks';
import { api, told } from '../api/client';
import { Problem } from '../api/problem';
import { Failure } from '../part/state';
import { choose, LANGUAGES, speak, spoken, t } from '../text';

/** The secret of the link stands behind `#`: it is taken out of the address before anything else happens. */
const secret = location.pathname === '/sign-in' ? location.hash.slice(1) : '';
if (secret !== '') history.replaceState(null, '', `/sign-in${location.search}`);

/** Nothing is used up by merely opening the link: somebody presses a button. */
export function SignIn({ entered }: { entered: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    try {
      await told(api.POST('/v1/sign-in', { body: { code: secret } }));
      entered();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
      setBusy(false);
    }
  };
  return (
    <main class="alone">
      <img src="/favicon.svg" alt="" width="56" height="56" />
      <h1>{t('sign_in.title')}</h1>
      {secret === '' ? (
        <>
          <p>{t('sign_in.how')}</p>
          <ul>
            <li>{t('sign_in.by_device')}</li>
            <li>
              {t('sign_in.by_operator')} <code>satchel admin sign-in NAME</code>
            </li>
          </ul>
        </>
      ) : (
        <>
          <p>{t('sign_in.ready', { host: location.host })}</p>
          <button type="button" class="main large" onClick={enter} disabled={busy}>
            {t('sign_in.enter')}
          </button>
        </>
      )}
      {problem && <Failure problem={problem} />}
      <p class="languages">
        {LANGUAGES.map((one) => (
          <button
            key={one}
            type="button"
            class="plain"
            lang={one}
            aria-pressed={spoken() === one}
            onClick={() => {
              choose(one);
              speak();
            }}
          >
            {one === 'en' ? 'English' : '简体中文'}
          </button>
        ))}
      </p>
    </main>
  );
}
