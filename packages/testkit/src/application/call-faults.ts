import { TidemarkError, TRANSPORT_CODES } from '@tidemark/core';
import { type AnyTRPCRouter, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from '@trpc/server';
import type { FrameFilter, ServerEnd } from './memory-socket.ts';

type Call = { readonly id: number | string; readonly method: string; readonly path: string };

interface LostAnswer {
  readonly path: string | undefined;
  readonly lost: () => void;
}

interface Refusal {
  readonly path: string | undefined;
  readonly error: Error;
}

/** What goes wrong with calls, on all sockets of a server. */
export class CallFaults {
  readonly #losing = new Set<LostAnswer>();
  readonly #refusing = new Set<Refusal>();

  loseAnswer(path: string | undefined): Promise<void> {
    return new Promise((resolve) => {
      const lost: LostAnswer = {
        path,
        lost: () => {
          this.#losing.delete(lost);
          resolve();
        },
      };
      this.#losing.add(lost);
    });
  }

  refuse(error: Error, path: string | undefined): () => void {
    const refusal = { error, path };
    this.#refusing.add(refusal);
    return () => void this.#refusing.delete(refusal);
  }

  filterFor(end: ServerEnd, router: AnyTRPCRouter): FrameFilter {
    /** Mutations without an answer yet. */
    const mutations = new Map<number | string, Call>();
    return {
      incoming: (frame) => {
        const calls = callsIn(frame);
        for (const call of calls) if (call.method === 'mutation') mutations.set(call.id, call);
        const refusals = calls.map((call) => this.#refusalOf(call));
        if (!refusals.some((refusal) => refusal !== undefined)) return true;
        for (const [index, call] of calls.entries()) {
          const error =
            refusals[index] ?? new TidemarkError('unavailable', 'sent in one frame with a call that was refused');
          mutations.delete(call.id);
          end.reply(errorFrame(router, call, error));
        }
        return false;
      },
      outgoing: (frame) => {
        const id = answeredBy(frame);
        const call = id === undefined ? undefined : mutations.get(id);
        if (!call) return true;
        mutations.delete(call.id);
        const lost = [...this.#losing].find((each) => reaches(each, call));
        if (!lost) return true;
        end.terminate();
        lost.lost();
        return false;
      },
    };
  }

  #refusalOf(call: Call): Error | undefined {
    return [...this.#refusing].find((each) => reaches(each, call))?.error;
  }
}

/** `send` reaches `chat.send`, and so does `chat.send`. */
function reaches({ path }: { readonly path: string | undefined }, call: Call): boolean {
  return path === undefined || call.path === path || call.path.endsWith(`.${path}`);
}

function callsIn(frame: string): Call[] {
  if (!frame.startsWith('{') && !frame.startsWith('[')) return [];
  const parsed = JSON.parse(frame) as unknown;
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((message: Partial<WireCall>) =>
    message.id !== undefined && message.params?.path !== undefined
      ? [{ id: message.id, method: String(message.method), path: message.params.path }]
      : [],
  );
}

interface WireCall {
  readonly id: number | string;
  readonly method: string;
  readonly params: { readonly path: string };
}

function answeredBy(frame: string): number | string | undefined {
  if (!frame.startsWith('{')) return undefined;
  const { id } = JSON.parse(frame) as { readonly id?: number | string | null };
  return id ?? undefined;
}

function errorFrame(router: AnyTRPCRouter, { id, path, method }: Call, thrown: Error): string {
  const { _config: config } = router._def;
  const error =
    thrown instanceof TidemarkError
      ? new TRPCError({ code: TRANSPORT_CODES[thrown.code], message: thrown.message, cause: thrown })
      : getTRPCErrorFromUnknown(thrown);
  const type = method as 'mutation' | 'query' | 'subscription';
  const shape = getTRPCErrorShape({ config, error, type, path, input: undefined, ctx: undefined });
  return JSON.stringify({ id, error: config.transformer.output.serialize(shape) });
}
