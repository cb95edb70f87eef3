export const looksLikeSpam = async (user: string, text: string): Promise<boolean> => text.includes(`${user} won`);
export const withoutSwearing = (text: string): string => text.replaceAll('darn', '****');
