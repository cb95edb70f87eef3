export const session: { token(options?: { refresh: boolean }): Promise<string | null> } = {
  token: async () => localStorage.getItem('token'),
};
export const showSignIn = (): void => undefined;
