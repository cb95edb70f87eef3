export declare const appRouter: import('@trpc/server').TRPCBuiltRouter<
  {
    ctx: {
      user: {
        id: string;
      };
    };
    meta: object;
    errorShape: import('@trpc/server').TRPCDefaultErrorShape;
    transformer: false;
  },
  import('@trpc/server').TRPCDecorateCreateRouterOptions<{
    chat: import('@tidemark/server').MessagingProcedures<
      {
        order: {
          orderId: string;
          note?: string | undefined;
        };
        text: {
          text: string;
        };
      },
      {
        order: {
          orderId: string;
          note?: string | undefined;
        };
        text: {
          text: string;
        };
      }
    >;
  }>
>;
export type AppRouter = typeof appRouter;
export declare const server: import('http').Server<
  typeof import('http').IncomingMessage,
  typeof import('http').ServerResponse
>;
