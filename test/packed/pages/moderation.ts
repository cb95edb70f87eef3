export const looksLikeSpam = async (user: string, text: string): Promise<boolean> => text.includes(`${user} won`);
export const withoutSwearing = (text: string): string => text.replaceAll('darn', '****');
export const keepReport = async (report: {
  reporterId: string;
  conversationId: string;
  conversationSeq: number;
  senderId: string;
  reason: string;
  text: string | undefined;
  said: string;
}): Promise<void> => void report;
