import type { Context, Hono } from 'hono';
import { messageOf } from '../../errors.ts';
import type { Actions } from '../actions.ts';
import type { Env } from '../env.ts';
import { Notice } from '../parts/notice.tsx';
import { Foreign } from '../parts/text.tsx';
import type { Content, ScreenRequest } from '../screen.ts';
import type { ActScreen } from './act-screen.ts';
import { actScreens } from './act-screens.ts';

/** How an act is shown: as a screen is. */
export interface Acting {
  readonly actions: Actions;
  request(context: Context<Env>): ScreenRequest;
  show(context: Context<Env>, screen: ActScreen, content: Promise<Content>): Promise<Response>;
}

/** Adds the forms of operators and what they do. Where nobody can act, these routes do not exist. */
export function addActs(app: Hono<Env>, { actions, request, show }: Acting): void {
  for (const screen of actScreens) {
    app.get(screen.path, (context) =>
      show(
        context,
        screen,
        forOperators(context, () => screen.show(request(context))),
      ),
    );
    app.post(screen.path, async (context) => {
      const form = new URLSearchParams(await context.req.text());
      const why = form.get('reason')?.trim() || null;
      const actor = { who: `page (${context.get('role')})`, why };
      const asked = request(context);
      const act = () =>
        screen
          .act({ ...asked, form, actions, actor })
          .catch(refusal)
          .finally(() => asked.sources.forget());
      return show(context, screen, forOperators(context, act));
    });
  }
}

async function forOperators(context: Context<Env>, work: () => Promise<Content>): Promise<Content> {
  return context.get('role') === 'operate' ? work() : notAllowed;
}

const notAllowed: Content = {
  title: 'Not allowed',
  status: 403,
  body: (
    <Notice tone="bad" title="You may look, and not act">
      <p>Log in with the token for operators. Nothing was done.</p>
    </Notice>
  ),
};

function refusal(error: unknown): Content {
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
  return {
    title: 'Not done',
    status: 409,
    body: (
      <Notice tone="bad" title="This was not done">
        <p>
          <Foreign text={messageOf(error)} limit={600} />
        </p>
        {hint === null ? null : (
          <p>
            <Foreign text={hint} limit={600} />
          </p>
        )}
        <p>
          <a href="/">Overview</a>
        </p>
      </Notice>
    ),
  };
}
