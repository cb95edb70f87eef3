/** The server counts unread messages to a bound, and beyond a thousand nobody cares how many. */
export function unreadCount(unread: number): string {
  return unread > 999 ? '999+' : String(unread);
}
