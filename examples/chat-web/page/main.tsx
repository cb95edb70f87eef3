import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SignIn } from './account/sign-in.tsx';
import { OneUser } from './shell/one-user.tsx';
import { followTheme } from './shell/theme.ts';
import { SideBySide } from './side-by-side/side-by-side.tsx';
import './tokens.css';
import './base.css';

/** `/` two people side by side · `/?user=alice` one of them · `/?sign-in` nobody yet. */
function Page() {
  const asked = new URLSearchParams(location.search);
  const user = asked.get('user');
  if (user) return <OneUser userId={user} />;
  return asked.has('sign-in') ? <SignIn /> : <SideBySide />;
}

followTheme();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
