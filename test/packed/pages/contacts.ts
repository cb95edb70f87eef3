export const areContacts = async (user: string, others: readonly string[]): Promise<boolean> =>
  others.every((other) => other !== user);
