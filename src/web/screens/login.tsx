import type { Child } from 'hono/jsx';

/** Where somebody logs in with a token. */
export function LoginForm({ error }: { readonly error?: string }): Child {
  return (
    <>
      <h1>Log in</h1>
      <form class="login" method="post" action="/login">
        {error === undefined ? null : (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <input type="text" name="username" value="token" autocomplete="username" hidden readonly />
        <label>
          Token
          <input type="password" name="token" required autocomplete="current-password" />
        </label>
        <button type="submit">Log in</button>
      </form>
      <p>
        The tokens are in <code>SYNC_WEB_TOKEN</code> (to act) and <code>SYNC_WEB_VIEW_TOKEN</code> (to look) of the
        process that serves this page. <code>cronsync web</code> also prints a link that logs in once.
      </p>
    </>
  );
}

/** After a login link. The browser goes on by itself, as a step of ours: a strict cookie would not go along otherwise. */
export function LoggedIn(): Child {
  return (
    <p>
      You are logged in. <a href="/">Go on to the overview</a>
    </p>
  );
}
